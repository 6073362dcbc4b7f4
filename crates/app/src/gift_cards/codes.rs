//! The codes of gift cards. They are worth money, so the database alone does not tell them: a code is
//! found by a hash that needs the master key, and read by unsealing with it. Who reads one is noted.

use tradepost_db::Conn;
use tradepost_db::gift_cards::{self as db, KeptCode, Reading};
use tradepost_model::gift_cards::{CODE, GiftCard, GiftCode};
use tradepost_model::ids::{GiftCardId, StoreId};
use tradepost_model::permissions::{Access, Area};

use crate::secrets::hmac;
use crate::{Actor, App, Error, Result};

const LOOKUP: &str = "gift card lookup";
const SEAL: &str = "gift card code";

/// How many readings are told.
const MOST_READINGS: u32 = 500;

/// Draws a code for a new card.
pub(super) fn draw(app: &App, store: StoreId, card: GiftCardId) -> KeptCode {
    let code = GiftCode::from_random(&app.ids.legible(CODE)).expect("what is drawn has the form");
    let (context, nonce) = (context(store, card), app.ids.bytes());
    let secret = code.expose().as_bytes();
    KeptCode {
        hash: hash(app, store, &code),
        sealed: app.secrets.seal(SEAL, &context, nonce, secret),
    }
}

/// The gift card whose code somebody entered, however they wrote it; `None` where there is none.
pub async fn by_code(
    app: &App,
    conn: &mut Conn,
    store: StoreId,
    entered: &str,
) -> Result<Option<GiftCard>> {
    let Some(code) = GiftCode::parse(entered) else {
        return Ok(None);
    };
    let hash = hash(app, store, &code);
    Ok(db::find_by_hash(conn, store, &hash).await?)
}

/// A gift card's code, for members alone: that they read it is noted before they are told. Errors: no
/// member, no such gift card.
pub async fn reveal(app: &App, actor: &Actor, card: GiftCardId) -> Result<GiftCode> {
    actor.require(Area::GiftCards, Access::View)?;
    // Who reads a code can spend it, which looking alone does not allow.
    actor.require(Area::GiftCards, Access::Edit)?;
    let Some(user) = actor.user else {
        let permission = "GiftCards:Edit as a member of the store".to_owned();
        return Err(Error::Forbidden { permission });
    };
    let (store, now, id) = (actor.store, app.now(), app.id());
    let sealed = app
        .write(async move |tx| {
            let sealed = db::sealed(tx, store, card).await?;
            let sealed = sealed.ok_or(Error::NotFound("gift card"))?;
            db::note_reading(tx, store, id, card, user, now).await?;
            Ok(sealed)
        })
        .await?;
    app.secrets
        .open(SEAL, &context(store, card), &sealed)
        .and_then(|code| GiftCode::parse(&String::from_utf8(code).ok()?))
        .ok_or_else(|| Error::internal("a gift card's code was sealed with another master key"))
}

/// Who has read a gift card's code, the last first. Errors: no such gift card.
pub async fn readings(app: &App, actor: &Actor, card: GiftCardId) -> Result<Vec<Reading>> {
    actor.require(Area::GiftCards, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| {
        let found = db::find(conn, store, card).await?;
        found.ok_or(Error::NotFound("gift card"))?;
        Ok(db::readings(conn, store, card, MOST_READINGS).await?)
    })
    .await
}

/// What a code is found by. The store's id and a code have one length each.
fn hash(app: &App, store: StoreId, code: &GiftCode) -> [u8; 32] {
    let key = app.secrets.derived(LOOKUP);
    hmac(&key, &[store.0.as_bytes(), code.expose().as_bytes()])
}

/// What a code is sealed with, so that it opens on its own card alone.
fn context(store: StoreId, card: GiftCardId) -> Vec<u8> {
    [&store.0.as_bytes()[..], &card.0.as_bytes()[..]].concat()
}
