//! Keys of the Management API.

use tradepost_db::keys as db;
use tradepost_model::Timestamp;
use tradepost_model::ids::ApiKeyId;
use tradepost_model::keys::{self, ApiKey};
use tradepost_model::names;
use tradepost_model::permissions::{Access, Area, Permissions};

use crate::secrets::hash;
use crate::{Actor, App, Error, Result};

/// A key that was made; the whole of it is told once.
#[derive(Debug)]
pub struct NewKey {
    /// The key without its secret.
    pub key: ApiKey,
    /// The whole key.
    pub text: String,
}

/// Makes a key. Errors: a name that does not fit.
pub async fn create_key(
    app: &App,
    actor: &Actor,
    name: &str,
    permissions: Permissions,
    expires_at: Option<Timestamp>,
) -> Result<NewKey> {
    actor.require(Area::Stores, Access::Edit)?;
    let name =
        names::line(name, 1, 64).map_err(|error| Error::invalid("name", error.to_string()))?;
    let store_id = actor.store;
    let store = app
        .read(async move |conn| Ok(tradepost_db::stores::find(conn, store_id).await?))
        .await?;
    let store = store.ok_or(Error::NotFound("store"))?;
    let secret = app.ids.token(keys::SECRET);
    let key = ApiKey {
        id: app.id(),
        store: store.id,
        name,
        prefix: format!("flx_{}_{}", store.short_id, &secret[..4]),
        permissions,
        expires_at,
        revoked_at: None,
        created_at: app.now(),
    };
    let (row, secret_hash) = (key.clone(), hash(&secret));
    app.write(async move |tx| Ok(db::insert(tx, &row, &secret_hash).await?))
        .await?;
    Ok(NewKey {
        key,
        text: keys::format(&store.short_id, &secret),
    })
}

/// A store's keys, oldest first.
pub async fn list_keys(app: &App, actor: &Actor) -> Result<Vec<ApiKey>> {
    actor.require(Area::Stores, Access::Edit)?;
    let store = actor.store;
    app.read(async move |conn| Ok(db::list(conn, store).await?))
        .await
}

/// Revokes a key at once. Errors: no such key, or revoked before.
pub async fn revoke_key(app: &App, actor: &Actor, key: ApiKeyId) -> Result<()> {
    actor.require(Area::Stores, Access::Edit)?;
    let (store, now) = (actor.store, app.now());
    let revoked = app
        .write(async move |tx| Ok(db::revoke(tx, store, key, now).await?))
        .await?;
    if revoked {
        Ok(())
    } else {
        Err(Error::NotFound("key"))
    }
}

/// Who a key belongs to. Errors: [`Error::Unauthenticated`], with the reason.
pub async fn authenticate_key(app: &App, text: &str) -> Result<(ApiKey, Actor)> {
    let Some(presented) = keys::parse(text) else {
        return Err(Error::Unauthenticated(
            "X-Api-Key is not a key of the form flx_{store}_{secret}.",
        ));
    };
    let (short_id, secret_hash) = (presented.short_id.to_owned(), hash(presented.secret));
    let found = app
        .read(async move |conn| Ok(db::by_hash(conn, &short_id, &secret_hash).await?))
        .await?;
    let key = found.ok_or(Error::Unauthenticated("This API key does not exist."))?;
    if key.revoked_at.is_some() {
        return Err(Error::Unauthenticated("This API key was revoked."));
    }
    if key
        .expires_at
        .is_some_and(|expires_at| expires_at <= app.now())
    {
        return Err(Error::Unauthenticated("This API key has expired."));
    }
    let actor = Actor::key(key.store, key.permissions.clone());
    Ok((key, actor))
}
