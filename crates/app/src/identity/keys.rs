//! Keys of the Management API. Making and using them needs the Pro plan; getting rid of one does not.

use std::fmt;

use tradepost_db::keys as db;
use tradepost_model::Timestamp;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::ApiKeyId;
use tradepost_model::keys::{self, ApiKey, KeyDraft};
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::plans::Subscribed;

use crate::secrets::hash;
use crate::{Actor, App, Error, Result};

/// A key that was made, or given another secret; the whole of it is told once, and not to a log.
pub struct NewKey {
    /// The key without its secret.
    pub key: ApiKey,
    /// The whole key.
    pub text: String,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Makes a key. Errors as for [`make_key`].
pub async fn create_key(
    app: &App,
    actor: &Actor,
    name: &str,
    permissions: Permissions,
    expires_at: Option<Timestamp>,
) -> Result<NewKey> {
    let words = permissions.to_words().into_iter().map(|(area, types)| {
        let types = types.into_iter().map(str::to_owned).collect();
        (area.to_owned(), types)
    });
    let draft = KeyDraft {
        name: Some(name.to_owned()),
        permissions: Some(words.collect()),
        expires_at,
    };
    make_key(app, actor, &draft, FieldErrors::default()).await
}

/// Makes a key of what was asked for; `errors` is what was wrong with that already. Errors: a store
/// without the plan for it; everything that does not fit.
pub async fn make_key(
    app: &App,
    actor: &Actor,
    draft: &KeyDraft,
    mut errors: FieldErrors,
) -> Result<NewKey> {
    actor.require(Area::Stores, Access::Edit)?;
    let (store, now) = (crate::stores::find(app, actor.store).await?, app.now());
    if !store.plan.is_pro_at(now) {
        return Err(Error::PlanRequired);
    }
    let (name, permissions) = draft.check(now, &mut errors);
    errors.into_result()?;
    let secret = app.ids.token(keys::SECRET);
    let key = ApiKey {
        id: app.id(),
        store: store.id,
        name,
        prefix: keys::prefix(&store.short_id, &secret),
        permissions,
        expires_at: draft.expires_at,
        revoked_at: None,
        last_used_at: None,
        created_at: now,
    };
    let (row, secret_hash) = (key.clone(), hash(&secret));
    app.write(async move |tx| Ok(db::insert(tx, &row, &secret_hash).await?))
        .await?;
    Ok(NewKey {
        key,
        text: keys::format(&store.short_id, &secret),
    })
}

/// A store's keys, newest first.
pub async fn list_keys(app: &App, actor: &Actor) -> Result<Vec<ApiKey>> {
    actor.require(Area::Stores, Access::Edit)?;
    let store = actor.store;
    let mut keys = app
        .scan(async move |conn| Ok(db::list(conn, store).await?))
        .await?;
    keys.iter_mut().for_each(|key| app.key_uses.complete(key));
    Ok(keys)
}

/// Gives a key another secret; the old one fails at once. Errors: no such key; one that was revoked.
pub async fn regenerate_key(app: &App, actor: &Actor, id: ApiKeyId) -> Result<NewKey> {
    actor.require(Area::Stores, Access::Edit)?;
    let store = crate::stores::find(app, actor.store).await?;
    let secret = app.ids.token(keys::SECRET);
    let (prefix, secret_hash) = (keys::prefix(&store.short_id, &secret), hash(&secret));
    let found = app
        .write(async move |tx| {
            let done = db::regenerate(tx, store.id, id, &prefix, &secret_hash).await?;
            let key = db::find(tx, store.id, id).await?;
            Ok(key.map(|key| (key, done)))
        })
        .await?;
    let (mut key, done) = found.ok_or(Error::NotFound("key"))?;
    if !done {
        return Err(Error::conflict(
            "key_revoked",
            "this key was revoked: make a new one",
        ));
    }
    app.key_uses.complete(&mut key);
    Ok(NewKey {
        key,
        text: keys::format(&store.short_id, &secret),
    })
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

/// A key that was shown and is good, and the plan of its store.
#[derive(Clone, Debug)]
pub struct KeyBearer {
    /// The key.
    pub key: ApiKey,
    /// What its store has subscribed to.
    pub plan: Subscribed,
}

impl KeyBearer {
    /// Who acts with the key. Errors: the store's plan does not allow keys, or has lapsed.
    pub fn actor(&self, now: Timestamp) -> Result<Actor> {
        if self.plan.is_pro_at(now) {
            let permissions = self.key.permissions.clone();
            Ok(Actor::key(self.key.store, permissions))
        } else {
            Err(Error::PlanRequired)
        }
    }
}

/// Whose key it is; notes that it was used. Errors: [`Error::Unauthenticated`], with the reason.
pub async fn authenticate_key(app: &App, text: &str) -> Result<KeyBearer> {
    let Some(presented) = keys::parse(text) else {
        return Err(Error::Unauthenticated(
            "X-Api-Key is not a key of the form flx_{store}_{secret}.",
        ));
    };
    let (short_id, secret_hash) = (presented.short_id.to_owned(), hash(presented.secret));
    let found = app
        .read(async move |conn| Ok(db::by_hash(conn, &short_id, &secret_hash).await?))
        .await?;
    let (key, plan) = found.ok_or(Error::Unauthenticated("This API key does not exist."))?;
    let now = app.now();
    if key.revoked_at.is_some() {
        return Err(Error::Unauthenticated("This API key was revoked."));
    }
    if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(Error::Unauthenticated("This API key has expired."));
    }
    app.key_uses.note(&key, now);
    Ok(KeyBearer { key, plan })
}
