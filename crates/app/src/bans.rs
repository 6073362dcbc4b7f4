//! Bans: who cannot buy. They are looked at when a checkout is made, and again, in its transaction, when
//! its payment starts; what is paid by then is delivered.

use std::net::IpAddr;

use tradepost_db::{Conn, Tx, bans as db, events, stores};
use tradepost_model::Timestamp;
use tradepost_model::bans::{Ban, BanDraft, Banned};
use tradepost_model::events::Event;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{BanId, StoreId};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::Player;

use crate::lists::{Slice, Span, slice};
use crate::{Actor, App, Error, Expect, Result};

/// What a buyer is told. Why and until when is between them and the store's team.
const BANNED: &str = "This player cannot buy in this store. If that is a mistake, ask its team.";

/// Who is about to buy.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// Who receives, and who pays.
    pub players: &'a [&'a Player],
    /// Where the buyer's browser is, where it is known.
    pub ip: Option<IpAddr>,
}

/// A store's bans, newest first.
pub async fn list(app: &App, actor: &Actor, span: Span) -> Result<Slice<Ban>> {
    actor.require(Area::Bans, Access::View)?;
    let store = actor.store;
    app.scan(async move |conn| {
        Ok(slice!(
            span,
            |part| db::page(conn, store, part),
            db::count(conn, store)
        ))
    })
    .await
}

/// A ban. Errors: no such ban.
pub async fn find(app: &App, actor: &Actor, ban: BanId) -> Result<Ban> {
    actor.require(Area::Bans, Access::View)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, ban).await?))
        .await?;
    found.ok_or(Error::NotFound("ban"))
}

/// Makes a ban. Errors: fields that do not fit.
pub async fn create(app: &App, tx: &mut Tx, actor: &Actor, draft: BanDraft) -> Result<Ban> {
    actor.require(Area::Bans, Access::Edit)?;
    let store = stores::find(tx, actor.store).await?;
    let game = store.ok_or(Error::NotFound("store"))?.game;
    let (now, mut errors) = (app.now(), FieldErrors::default());
    let Some(ban) = Ban::new(app.id(), draft, game, now, &mut errors) else {
        return Err(errors.into());
    };
    db::insert(tx, actor.store, &ban).await?;
    let event = Event::BanCreated {
        ban: ban.id,
        player: match &ban.banned {
            Banned::Player(player) => Some(player.clone()),
            Banned::Addresses(_) => None,
        },
        reason: ban.reason.clone(),
        expires_at: ban.expires_at,
    };
    events::emit(tx, actor.store, app.id(), &event, now).await?;
    Ok(ban)
}

/// Changes a ban. Errors: fields that do not fit, no such ban, one that has changed since.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    ban: BanId,
    draft: BanDraft,
    expect: &Expect,
) -> Result<Ban> {
    actor.require(Area::Bans, Access::Edit)?;
    let mut ban = locked(tx, actor.store, ban, expect).await?;
    let mut errors = FieldErrors::default();
    ban.apply(draft, app.now(), &mut errors);
    errors.into_result()?;
    db::update(tx, actor.store, &ban).await?;
    ban.version += 1;
    Ok(ban)
}

/// Removes a ban. Errors: no such ban, one that has changed since.
pub async fn delete(tx: &mut Tx, actor: &Actor, ban: BanId, expect: &Expect) -> Result<()> {
    actor.require(Area::Bans, Access::Delete)?;
    let ban = locked(tx, actor.store, ban, expect).await?;
    Ok(db::delete(tx, actor.store, ban.id).await?)
}

/// The ban that keeps somebody from buying now, if there is one.
pub async fn check(
    conn: &mut Conn,
    store: StoreId,
    who: &Who<'_>,
    now: Timestamp,
) -> Result<Option<Ban>> {
    for player in who.players {
        if let Some(ban) = db::of_player(conn, store, player, now).await? {
            return Ok(Some(ban));
        }
    }
    match who.ip {
        Some(ip) => Ok(db::of_address(conn, store, ip, now).await?),
        None => Ok(None),
    }
}

/// Errors: a ban keeps them from buying. The buyer is not told which.
pub async fn refuse(conn: &mut Conn, store: StoreId, who: &Who<'_>, now: Timestamp) -> Result<()> {
    match check(conn, store, who, now).await? {
        Some(_) => Err(Error::refused("banned", BANNED)),
        None => Ok(()),
    }
}

async fn locked(tx: &mut Tx, store: StoreId, ban: BanId, expect: &Expect) -> Result<Ban> {
    db::lock(tx, store, ban).await?;
    let found = db::find(tx, store, ban).await?;
    let ban = found.ok_or(Error::NotFound("ban"))?;
    expect.check(ban.version)?;
    Ok(ban)
}
