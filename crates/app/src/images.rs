//! Uploaded images.

use tradepost_db::images as db;
use tradepost_model::ids::ImageId;
use tradepost_model::images::content_type;
use tradepost_model::permissions::{Access, Area};

use crate::{Actor, App, Error, Result};

/// Keeps an upload and tells its address, `/media/{id}`. Errors: no picture, or too large.
pub async fn upload(app: &App, actor: &Actor, content: Vec<u8>) -> Result<String> {
    actor.require(Area::Packages, Access::Edit)?;
    let kind = content_type(&content)
        .map_err(|error| Error::invalid("image", error.to_string()))?
        .to_owned();
    let (id, store, now) = (app.id::<ImageId>(), actor.store, app.now());
    app.write(async move |tx| Ok(db::insert(tx, store, id, &kind, &content, now).await?))
        .await?;
    Ok(format!("/media/{id}"))
}

/// An image's content type and bytes.
pub async fn find(app: &App, image: ImageId) -> Result<(String, Vec<u8>)> {
    let found = app
        .scan(async move |conn| Ok(db::find(conn, image).await?))
        .await?;
    found.ok_or(Error::NotFound("image"))
}
