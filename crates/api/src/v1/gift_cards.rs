//! `/gift-cards`: money paid in before. Their codes are in no answer: who holds one can spend it.

use axum::response::Response;
use serde::Serialize;
use tradepost_app::{App, gift_cards};
use tradepost_model::Timestamp;
use tradepost_model::applies_to::{MAX_LISTED, Vocabulary};
use tradepost_model::fields::Given;
use tradepost_model::gift_cards::{GiftCard, GiftCardDraft};
use tradepost_model::ids::GiftCardId;
use tradepost_model::names::mask_email;
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applies_to;
use crate::body::{Purpose, email, ids, members, money, paragraph, text, timestamp, words};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Amount, Id, Time, amount};

pub(super) fn routes() -> Routes {
    let (view, edit, delete) = (
        (Area::GiftCards, Access::View),
        (Area::GiftCards, Access::Edit),
        (Area::GiftCards, Access::Delete),
    );
    Routes::of("Gift cards", "Money paid in before, which a code gives access to.")
        .get(
            "/gift-cards",
            list,
            operation("listGiftCards", "List the gift cards", view)
                .about("Gift cards, newest first. No answer has their codes.")
                .lists::<GiftCardQuery, GiftCardView>(),
        )
        .post(
            "/gift-cards",
            create,
            operation("createGiftCard", "Create a gift card", edit)
                .about("Its code is not in the answer either: members of the store read it in the dashboard.")
                .takes(GiftCardBody, Purpose::Create)
                .gives::<GiftCardView>(),
        )
        .get(
            "/gift-cards/{id}",
            find,
            operation("getGiftCard", "Get a gift card", view).gives::<GiftCardView>(),
        )
        .patch(
            "/gift-cards/{id}",
            change,
            operation("updateGiftCard", "Change a gift card", edit)
                .about("What it is worth and what it is for stay: for that, void it and make another.")
                .takes(change::GiftCardBody, Purpose::Change)
                .gives::<GiftCardView>(),
        )
        .delete(
            "/gift-cards/{id}",
            remove,
            operation("deleteGiftCard", "Void a gift card", delete)
                .about("What is on it is gone; it can be read as before, with the status `void`."),
        )
}

/// What a gift card is made of, as it was sent.
#[derive(Clone)]
pub(super) struct NewGiftCard {
    amount: Given<String>,
    application_scope: Given<String>,
    category_ids: Given<Vec<Uuid>>,
    package_ids: Given<Vec<Uuid>>,
    recipient_name: Given<String>,
    recipient_email: Given<String>,
    message: Given<String>,
    expires_at: Given<Timestamp>,
}

const CODE: &str = "is not set: it is drawn";
const BALANCE: &str = "is not set: it follows from amount and what was spent";

members! {
    /// What a gift card is made of.
    pub(super) struct GiftCardBody -> NewGiftCard {
        /// What it is worth; more than 0.
        amount = money().required().example(25),
        /// What it can be spent on.
        application_scope = words(applies_to::SCOPES).default("store").example("store"),
        /// Needed with the scope `category`. What is below them is part of them.
        category_ids = ids(MAX_LISTED).example(serde_json::json!([])),
        /// Needed with the scope `package`.
        package_ids = ids(MAX_LISTED).example(serde_json::json!([])),
        /// Who it is for.
        recipient_name = text(1, 64).nullable().example("John"),
        /// Kept with it. The code is not mailed yet: members read it in the dashboard.
        recipient_email = email().nullable().example("john@example.com"),
        /// What the giver says.
        message = paragraph(500).nullable().example("Happy Birthday!"),
        /// When it can no longer be spent; null for never.
        expires_at = timestamp().nullable().example("2027-01-01T00:00:00Z"),
    }
    refuses {
        "code" => CODE,
        "balance" => BALANCE,
    }
}

impl From<NewGiftCard> for GiftCardDraft {
    fn from(new: NewGiftCard) -> Self {
        let NewGiftCard {
            amount,
            application_scope,
            category_ids,
            package_ids,
            recipient_name,
            recipient_email,
            message,
            expires_at,
        } = new;
        Self {
            amount,
            applies_to: applies_to::draft(application_scope, package_ids, category_ids),
            recipient_name,
            recipient_email,
            message,
            expires_at,
        }
    }
}

/// A change has fewer members, so it has a body of its own, with the same name in the description.
mod change {
    use super::{BALANCE, CODE, GiftCardDraft, Given, Timestamp};
    use crate::body::{email, members, paragraph, text, timestamp};

    const FIXED: &str = "cannot be changed: void this gift card and make another";

    #[derive(Clone)]
    pub(in crate::v1) struct GiftCardChange {
        recipient_name: Given<String>,
        recipient_email: Given<String>,
        message: Given<String>,
        expires_at: Given<Timestamp>,
    }

    members! {
        /// What can be changed of a gift card.
        pub(in crate::v1) struct GiftCardBody -> GiftCardChange {
            /// Who it is for.
            recipient_name = text(1, 64).nullable().example("John"),
            /// Kept with it. The code is not mailed yet: members read it in the dashboard.
            recipient_email = email().nullable().example("john@example.com"),
            /// What the giver says.
            message = paragraph(500).nullable().example("Happy Birthday!"),
            /// When it can no longer be spent; null for never.
            expires_at = timestamp().nullable().example("2027-01-01T00:00:00Z"),
        }
        refuses {
            "amount" => FIXED,
            "applicationScope" => FIXED,
            "categoryIds" => FIXED,
            "packageIds" => FIXED,
            "code" => CODE,
            "balance" => BALANCE,
        }
    }

    impl From<GiftCardChange> for GiftCardDraft {
        fn from(change: GiftCardChange) -> Self {
            let GiftCardChange {
                recipient_name,
                recipient_email,
                message,
                expires_at,
            } = change;
            Self {
                recipient_name,
                recipient_email,
                message,
                expires_at,
                ..Self::default()
            }
        }
    }
}

query! {
    /// Gift cards have no filters.
    pub(super) struct GiftCardQuery: PAGED {}
}

/// A gift card, without its code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GiftCardView {
    id: Id,
    /// What it was worth when it was made.
    amount: Amount,
    /// What can be spent now; what payments under way hold is not part of it.
    balance: Amount,
    /// `store`, `category` or `package`.
    #[schema(value_type = String, example = "store")]
    application_scope: &'static str,
    category_ids: Vec<Id>,
    package_ids: Vec<Id>,
    #[schema(example = "John")]
    recipient_name: Option<String>,
    /// The first character, three asterisks and the domain.
    #[schema(example = "j***@example.com")]
    recipient_email: Option<String>,
    #[schema(example = "Happy Birthday!")]
    message: Option<String>,
    expires_at: Option<Time>,
    /// `active`, `redeemed`, `expired` or `void`.
    #[schema(value_type = String, example = "active")]
    status: &'static str,
    created_at: Time,
    updated_at: Time,
}

async fn list(call: Call) -> Result<Success<List<GiftCardView>>, Failure> {
    let (part, GiftCardQuery {}) = call.query()?;
    let slice = gift_cards::list(&call.app, &call.actor, part.span()).await?;
    let now = call.app.now();
    Ok(Success(List::of(part, slice.map(|card| view(card, now)))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let card = gift_cards::find(&call.app, &call.actor, call.id(WHAT)?).await?;
    Ok(reply(&call.app, card))
}

async fn create(call: Call) -> Result<Response, Failure> {
    call.create(
        GiftCardBody,
        async move |app: App, tx, actor, new: NewGiftCard| {
            let card = gift_cards::create(&app, tx, &actor, new.into()).await?;
            Ok(reply(&app, card))
        },
    )
    .await
}

async fn change(call: Call) -> Result<Response, Failure> {
    let id: GiftCardId = call.id(WHAT)?;
    call.change(
        change::GiftCardBody,
        async move |app: App, tx, actor, new: change::GiftCardChange, expect| {
            let card = gift_cards::update(&app, tx, &actor, id, new.into(), &expect).await?;
            Ok(reply(&app, card))
        },
    )
    .await
}

async fn remove(call: Call) -> Result<Response, Failure> {
    let id: GiftCardId = call.id(WHAT)?;
    call.remove(async move |app: App, tx, actor, expect| {
        gift_cards::delete(&app, tx, &actor, id, &expect).await?;
        Ok(Reply::nothing())
    })
    .await
}

const WHAT: &str = "gift card";

fn reply(app: &App, card: GiftCard) -> Reply {
    Reply::versioned(card.version, &view(card, app.now()))
}

fn view(card: GiftCard, now: Timestamp) -> GiftCardView {
    let status = card.status_at(now).word();
    let GiftCard {
        id,
        amount: worth,
        balance,
        held: _,
        applies_to,
        recipient_name,
        recipient_email,
        message,
        expires_at,
        voided_at: _,
        version: _,
        created_at,
        updated_at,
    } = card;
    GiftCardView {
        id: Id(id.0),
        amount: amount(worth),
        balance: amount(balance),
        application_scope: applies_to.application_scope(Vocabulary::Others),
        category_ids: applies_to::categories(applies_to.categories()),
        package_ids: applies_to::packages(applies_to.packages()),
        recipient_name,
        recipient_email: recipient_email.as_deref().map(mask_email),
        message,
        expires_at: expires_at.map(Time),
        status,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
