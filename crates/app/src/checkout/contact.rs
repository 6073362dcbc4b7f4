//! How the store can reach a buyer, kept while they are still looking at what it costs.

use tradepost_db::checkout as db;
use tradepost_model::checkout::Session;

use crate::{App, Result};

/// Keeps the address that was typed on a checkout's page. One that has ended stays as it is.
pub async fn set_email(app: &App, session: &Session, email: Option<&str>) -> Result<()> {
    let (store, id, now) = (session.store, session.id.clone(), app.now());
    let email = email.map(str::to_owned);
    app.write(async move |tx| {
        if db::lock_open(tx, store, &id, now).await? {
            db::set_email(tx, store, &id, email.as_deref(), now).await?;
        }
        Ok(())
    })
    .await
}
