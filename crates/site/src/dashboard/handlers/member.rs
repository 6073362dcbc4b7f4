//! Who looks at the dashboard, and in which store.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::de::DeserializeOwned;
use tradepost_app::{Actor, App, Error, identity, stores};
use tradepost_model::ids::CommandId;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::stores::Store;
use tradepost_model::users::User;

use super::flash::{self, Flash};
use crate::dashboard::{Section, Shell, StoreLink};
use crate::web::{CheckedForm, Visitor, WebError, is_local, page_with_status, see_other};

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    pub(super) visitor: Visitor,
    pub(super) user: User,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let visitor = Visitor::from_request_parts(parts, app)
            .await
            .map_err(WebError::Status)?;
        if let Some(user) = user_of(app, visitor.session.as_deref()).await? {
            return Ok(Self { visitor, user });
        }
        let next = if parts.method == Method::GET {
            &visitor.here
        } else {
            "/dashboard"
        };
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let login = see_other(&format!("/dashboard/login?next={next}"));
        Err(WebError::Page(Box::new(login)))
    }
}

/// Whose session it is.
pub(super) async fn user_of(app: &App, session: Option<&str>) -> Result<Option<User>, Error> {
    match session {
        Some(session) => identity::user_of_session(app, session).await,
        None => Ok(None),
    }
}

/// A member of the store that a page is about.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) visitor: Visitor,
    pub(super) user: User,
    pub(super) store: Store,
    pub(super) actor: Actor,
    /// Every store of the user.
    pub(super) stores: Vec<Store>,
    flash: Option<Flash>,
}

impl FromRequestParts<App> for Member {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let SignedIn { visitor, user } = SignedIn::from_request_parts(parts, app).await?;
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| WebError::Status(StatusCode::NOT_FOUND))?;
        let subdomain = params.iter().find(|(name, _)| *name == "subdomain");
        let subdomain = subdomain.map(|(_, value)| value).unwrap_or_default();
        let store = stores::by_subdomain(app, subdomain).await?;
        let actor = identity::member(app, &user, store.id).await?;
        let stores = stores::of_user(app, &user).await?;
        let flash = flash::carried(app, &parts.headers);
        Ok(Self {
            visitor,
            user,
            store,
            actor,
            stores,
            flash,
        })
    }
}

impl Member {
    /// The prefix of the store's pages.
    pub(super) fn base(&self) -> String {
        format!("/dashboard/{}", self.store.subdomain)
    }

    /// The shop as players see it.
    pub(super) fn shop(&self) -> String {
        format!("/s/{}", self.store.subdomain)
    }

    /// Whether they may change commands: send them again, take them back, add some.
    pub(super) fn may_command(&self) -> bool {
        self.actor.may(Area::Commands, Access::Edit)
    }

    /// Where a form asks to go on to: a page of this store, or else `usual`.
    pub(super) fn next(&self, sent: &CheckedForm, usual: &str) -> String {
        let next = sent.get("next");
        let ours = is_local(next) && next.starts_with(&format!("{}/", self.base()));
        if ours { next } else { usual }.to_owned()
    }

    /// The frame around a page.
    pub(super) fn shell(&self, section: Section) -> Shell {
        let link = |store: &Store| StoreLink {
            name: store.name.clone(),
            url: format!("/dashboard/{}", store.subdomain),
            current: store.id == self.store.id,
        };
        Shell {
            doc: self.visitor.document("en"),
            base: self.base(),
            store: self.store.name.clone(),
            stores: self.stores.iter().map(link).collect(),
            storefront_url: self.shop(),
            test_mode: self.store.test_mode,
            user_name: self.user.name.clone(),
            user_email: self.user.email.clone(),
            section,
            notice: self.flash.map(Flash::notice),
        }
    }

    /// A page of the store.
    pub(super) fn page<T: Template>(&self, template: &T) -> Response {
        self.page_with_status(StatusCode::OK, template)
    }

    /// A page of the store that tells of something that was not done.
    pub(super) fn page_with_status<T: Template>(&self, status: StatusCode, page: &T) -> Response {
        let response = page_with_status(status, page, "");
        if self.flash.is_some() {
            flash::shown(response)
        } else {
            response
        }
    }

    /// The same member, looked at again: `None` where the session or the membership has ended.
    pub(super) async fn still(&self, app: &App) -> Option<Actor> {
        let user = user_of(app, self.visitor.session.as_deref())
            .await
            .ok()
            .flatten()?;
        identity::member(app, &user, self.store.id).await.ok()
    }
}

/// The `{id}` in an address. What is no id names nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id<T>(pub(super) T);

impl<T: std::str::FromStr> FromRequestParts<App> for Id<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        named(parts, app, "id").await.map(Self)
    }
}

/// The `{id}` of a thing and the `{command}` that belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommandOf<T>(pub(super) T, pub(super) CommandId);

impl<T: std::str::FromStr> FromRequestParts<App> for CommandOf<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let command = named(parts, app, "command").await?;
        Ok(Self(named(parts, app, "id").await?, command))
    }
}

async fn named<T: std::str::FromStr>(
    parts: &mut Parts,
    app: &App,
    name: &str,
) -> Result<T, WebError> {
    const NOTHING: WebError = WebError::Status(StatusCode::NOT_FOUND);
    let params = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|_| NOTHING)?;
    let mut params = params.iter();
    let value = params
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value);
    value.and_then(|id| id.parse().ok()).ok_or(NOTHING)
}

/// What follows the `?` of an address. What cannot be read is as if it was not there.
#[derive(Clone, Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequestParts<App> for Asked<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Infallible> {
        Ok(Self(
            Query::try_from_uri(&parts.uri)
                .map(|query| query.0)
                .unwrap_or_default(),
        ))
    }
}

/// What a part of a page shows to a member who may not see it: nothing.
pub(super) fn if_allowed<T: Default>(result: Result<T, Error>) -> Result<T, Error> {
    match result {
        Err(Error::Forbidden { .. }) => Ok(T::default()),
        other => other,
    }
}
