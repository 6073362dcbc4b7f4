//! Checkout sessions as a list.

use tradepost_db::{checkout as db, checkout_lists};
use tradepost_model::checkout::Session;
use tradepost_model::ids::SessionId;
use tradepost_model::permissions::{Access, Area};

pub use tradepost_db::checkout_lists::Filter;

use crate::lists::{Slice, Span};
use crate::{Actor, App, Error, Result};

/// A store's sessions, newest first, after the one with the id `after`; `span.after` says nothing here.
/// Errors: `after` is no session of this store.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: Filter,
    after: Option<SessionId>,
    span: Span,
) -> Result<Slice<Session>> {
    actor.require(Area::Orders, Access::View)?;
    let (store, now) = (actor.store, app.now());
    app.scan(async move |conn| {
        let place = match &after {
            Some(id) => {
                let found = db::find(conn, id).await?;
                let session = found
                    .filter(|session| session.store == store)
                    .ok_or_else(|| Error::invalid("after", "is not a session of this store"))?;
                Some((session.created_at, session.id))
            }
            None => None,
        };
        let part = span.and_one_more();
        let ids = checkout_lists::ids(conn, store, &filter, place.clone(), part, now).await?;
        let counted = match place {
            None => Some(checkout_lists::count(conn, store, &filter, now).await?),
            Some(_) => None,
        };
        let mut sessions = Vec::with_capacity(ids.len());
        for id in &ids {
            sessions.extend(db::find(conn, id).await?);
        }
        Ok(Slice::new(sessions, span.take, counted))
    })
    .await
}
