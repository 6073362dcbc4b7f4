//! `/bans`: players and addresses that cannot buy.

use axum::response::Response;
use serde::Serialize;
use tradepost_app::{App, bans};
use tradepost_model::Timestamp;
use tradepost_model::bans::{Ban, BanDraft, Banned, MAX_REASON};
use tradepost_model::fields::Given;
use tradepost_model::ids::BanId;
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{Purpose, boolean, members, paragraph, timestamp, uuid, verbatim};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Id, Time};

pub(super) fn routes() -> Routes {
    let (view, edit, delete) = (
        (Area::Bans, Access::View),
        (Area::Bans, Access::Edit),
        (Area::Bans, Access::Delete),
    );
    Routes::of("Bans", "Players and addresses that cannot buy.")
        .get(
            "/bans",
            list,
            operation("listBans", "List the bans", view)
                .about("All bans, newest first.")
                .lists::<BanQuery, BanView>(),
        )
        .post(
            "/bans",
            create,
            operation("createBan", "Ban a player or addresses", edit)
                .about("Takes `playerUsername`, and `playerUuid` beside it, or `ipAddress`; not both.")
                .takes(BanBody, Purpose::Create)
                .gives::<BanView>(),
        )
        .get(
            "/bans/{id}",
            find,
            operation("getBan", "Get a ban", view).gives::<BanView>(),
        )
        .patch(
            "/bans/{id}",
            change,
            operation("updateBan", "Change a ban", edit)
                .about("Whom it is of stays: for that, delete it and make another.")
                .takes(change::BanBody, Purpose::Change)
                .gives::<BanView>(),
        )
        .delete(
            "/bans/{id}",
            remove,
            operation("deleteBan", "Delete a ban", delete)
                .about("Whom it was of can buy again. To keep it on record set `isActive` to false instead."),
        )
}

/// What a new ban is made of.
#[derive(Clone)]
pub(super) struct NewBan {
    player_username: Given<String>,
    player_uuid: Given<Uuid>,
    ip_address: Given<String>,
    reason: Given<String>,
    expires_at: Given<Timestamp>,
    is_active: Given<bool>,
}

members! {
    /// Whom to ban, and why.
    pub(super) struct BanBody -> NewBan {
        /// The player's name.
        player_username = verbatim(64).nullable().example("griefer123"),
        /// The player's UUID, where the game has such.
        player_uuid = uuid().nullable().example("069a79f4-44e9-4726-a5be-fca90e38aaf5"),
        /// An address, such as `192.0.2.7`, or a network, such as `192.0.2.0/24` or `2001:db8::/32`.
        ip_address = verbatim(64).nullable().example(serde_json::Value::Null),
        /// Why; for the store's team alone.
        reason = paragraph(MAX_REASON).nullable().example("Chargeback fraud"),
        /// When it ends; null for never.
        expires_at = timestamp().nullable().example(serde_json::Value::Null),
        /// Whether it counts.
        is_active = boolean().default(true).example(true),
    }
}

impl From<NewBan> for BanDraft {
    fn from(new: NewBan) -> Self {
        let NewBan {
            player_username,
            player_uuid,
            ip_address,
            reason,
            expires_at,
            is_active,
        } = new;
        Self {
            player_username,
            player_uuid: match player_uuid {
                Given::Absent => Given::Absent,
                Given::Null => Given::Null,
                Given::Value(uuid) => Given::Value(uuid.to_string()),
            },
            ip_address,
            reason,
            expires_at,
            is_active,
        }
    }
}

/// A change has fewer members, so it has a body of its own, with the same name in the description.
mod change {
    use super::{BanDraft, Given, MAX_REASON, Timestamp};
    use crate::body::{boolean, members, paragraph, timestamp};

    const WHOM: &str = "cannot be changed: delete this ban and make another";

    #[derive(Clone)]
    pub(in crate::v1) struct BanChange {
        reason: Given<String>,
        expires_at: Given<Timestamp>,
        is_active: Given<bool>,
    }

    members! {
        /// What can be changed of a ban.
        pub(in crate::v1) struct BanBody -> BanChange {
            /// Why; for the store's team alone.
            reason = paragraph(MAX_REASON).nullable().example("Chargeback fraud"),
            /// When it ends; null for never.
            expires_at = timestamp().nullable().example("2027-01-01T00:00:00Z"),
            /// Whether it counts.
            is_active = boolean().example(false),
        }
        refuses {
            "playerUsername" => WHOM,
            "playerUuid" => WHOM,
            "ipAddress" => WHOM,
        }
    }

    impl From<BanChange> for BanDraft {
        fn from(change: BanChange) -> Self {
            let BanChange {
                reason,
                expires_at,
                is_active,
            } = change;
            Self {
                reason,
                expires_at,
                is_active,
                ..Self::default()
            }
        }
    }
}

query! {
    /// Bans have no filters.
    pub(super) struct BanQuery: PAGED {}
}

/// A ban: of a player, or of addresses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BanView {
    id: Id,
    /// The player's name; null where addresses are banned.
    #[schema(example = "griefer123")]
    player_username: Option<String>,
    /// The player's UUID, where it is known.
    player_uuid: Option<Id>,
    /// The address or network; null where a player is banned.
    #[schema(example = json!(null))]
    ip_address: Option<String>,
    #[schema(example = "Chargeback fraud")]
    reason: Option<String>,
    /// When it ends; null for never.
    expires_at: Option<Time>,
    #[schema(example = true)]
    is_active: bool,
    created_at: Time,
    updated_at: Time,
}

async fn list(call: Call) -> Result<Success<List<BanView>>, Failure> {
    let (part, BanQuery {}) = call.query()?;
    let found = bans::list(&call.app, &call.actor, part.span()).await?;
    Ok(Success(List::of(part, found.map(view))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let ban = bans::find(&call.app, &call.actor, call.id(WHAT)?).await?;
    Ok(reply(ban))
}

async fn create(call: Call) -> Result<Response, Failure> {
    call.create(BanBody, async move |app: App, tx, actor, draft| {
        let ban = bans::create(&app, tx, &actor, draft.into()).await?;
        Ok(reply(ban))
    })
    .await
}

async fn change(call: Call) -> Result<Response, Failure> {
    let id: BanId = call.id(WHAT)?;
    call.change(
        change::BanBody,
        async move |app: App, tx, actor, draft, expect| {
            let changed = bans::update(&app, tx, &actor, id, draft.into(), &expect).await?;
            Ok(reply(changed))
        },
    )
    .await
}

async fn remove(call: Call) -> Result<Response, Failure> {
    let id: BanId = call.id(WHAT)?;
    call.remove(async move |_: App, tx, actor, expect| {
        bans::delete(tx, &actor, id, &expect).await?;
        Ok(Reply::nothing())
    })
    .await
}

const WHAT: &str = "ban";

fn reply(ban: Ban) -> Reply {
    Reply::versioned(ban.version, &view(ban))
}

fn view(ban: Ban) -> BanView {
    let Ban {
        id,
        banned,
        reason,
        expires_at,
        is_active,
        version: _,
        created_at,
        updated_at,
    } = ban;
    let (player, ip_address) = match banned {
        Banned::Player(player) => (Some(player), None),
        Banned::Addresses(addresses) => (None, Some(addresses.to_string())),
    };
    BanView {
        id: Id(id.0),
        player_uuid: player.as_ref().and_then(|player| player.uuid).map(Id),
        player_username: player.map(|player| player.username.to_string()),
        ip_address,
        reason,
        expires_at: expires_at.map(Time),
        is_active,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
