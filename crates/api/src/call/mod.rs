//! A request of the Management API with all that its handler needs: who calls, what is named, what is sent.
//!
//! Handlers that read answer with [`Reply`] or a [`crate::query::List`]; those that write go through
//! [`Call::create`], [`Call::change`] and [`Call::remove`], which see to bodies, repeated requests, versions
//! and transactions.

mod once;
mod reply;
mod versions;
mod write;

use std::mem::take;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::http::{HeaderMap, Method, Uri};
use tradepost_app::{Actor, App, Error, stores};
use tradepost_model::stores::Store;

use crate::body;
use crate::envelope::Failure;
use crate::query::{Part, Query};

pub(crate) use once::LONGEST_KEY;
pub(crate) use reply::Reply;

/// A request of a key.
pub(crate) struct Call {
    /// The application.
    pub(crate) app: App,
    /// Who calls.
    pub(crate) actor: Actor,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    id: Option<String>,
    body: Result<Bytes, Failure>,
}

impl FromRequest<App> for Call {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (mut parts, content) = request.into_parts();
        let actor = parts.extensions.remove::<Actor>();
        let actor = actor.ok_or(Error::Unauthenticated(
            "Send your API key in the X-Api-Key header.",
        ))?;
        let path = RawPathParams::from_request_parts(&mut parts, app).await;
        // What is no UTF-8 names nothing.
        let path = path.map_err(|_| Error::NotFound("endpoint"))?;
        let id = path.iter().find(|(name, _)| *name == "id");
        let id = id.map(|(_, text)| text.to_owned());
        let method = parts.method.clone();
        let (uri, headers) = (take(&mut parts.uri), take(&mut parts.headers));
        let body = if method == Method::GET || method == Method::HEAD {
            Ok(Bytes::new())
        } else {
            body::read(Request::from_parts(parts, content), app).await
        };
        Ok(Self {
            app: app.clone(),
            actor,
            method,
            uri,
            headers,
            id,
            body,
        })
    }
}

impl Call {
    /// What the path names. What is no id names nothing.
    pub(crate) fn id<T: std::str::FromStr>(&self, what: &'static str) -> Result<T, Error> {
        let id = self.id.as_deref().filter(|text| text.len() == 36);
        id.and_then(|text| text.parse().ok())
            .ok_or(Error::NotFound(what))
    }

    /// What the path names, where that is no UUID.
    pub(crate) fn id_text(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The request's headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Which part of which list is asked for. Errors: every parameter that does not fit.
    pub(crate) fn query<Q: Query>(&self) -> Result<(Part, Q), Failure> {
        crate::query::read(&self.uri)
    }

    /// The caller's store.
    pub(crate) async fn store(&self) -> Result<Store, Error> {
        stores::find(&self.app, self.actor.store).await
    }
}
