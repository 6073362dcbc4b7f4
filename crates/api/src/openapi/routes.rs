//! Handlers, each with what describes it: one that is not described cannot be reached.

use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use futures_util::future::{Either, Ready, ready};
use tower::Service;
use tower::layer::layer_fn;
use tradepost_app::{Actor, App};
use tradepost_model::permissions::{Access, Area};

use super::Operation;
use crate::envelope::Failure;

/// Who calls, and below which address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Programs with a key.
    Keys,
    /// Members with a token, about a store.
    Members,
    /// People, about themselves.
    Account,
}

impl Side {
    /// What their addresses begin with.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Keys => "/api/v1",
            Self::Members => "/api/stores/{storeId}",
            Self::Account => "/api/account",
        }
    }
}

/// The routes of one resource, or of all of one side.
pub(crate) struct Routes {
    side: Side,
    tag: &'static str,
    handlers: Vec<(&'static str, MethodRouter<App>)>,
    catalogue: Catalogue,
}

/// What describes routes.
pub(crate) struct Catalogue {
    pub(super) tags: Vec<(&'static str, &'static str)>,
    pub(super) described: Vec<Described>,
}

/// An operation in its place.
pub(super) struct Described {
    pub(super) side: Side,
    pub(super) tag: &'static str,
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) operation: Operation,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $method:ident)*) => {$(
        $(#[$doc])*
        pub(crate) fn $method<H, T>(self, path: &'static str, handler: H, operation: Operation) -> Self
        where
            H: Handler<T, App>,
            T: 'static,
        {
            self.add(path, stringify!($method), $method(handler), operation)
        }
    )*};
}

impl Routes {
    /// None so far, of a resource that is called this.
    pub(crate) fn of(tag: &'static str, about: &'static str) -> Self {
        Self::on(Side::Keys, tag, about)
    }

    /// The same for members of a store.
    pub(crate) fn of_members(tag: &'static str, about: &'static str) -> Self {
        Self::on(Side::Members, tag, about)
    }

    /// The same for people, about themselves.
    pub(crate) fn of_account(tag: &'static str, about: &'static str) -> Self {
        Self::on(Side::Account, tag, about)
    }

    fn on(side: Side, tag: &'static str, about: &'static str) -> Self {
        Self {
            side,
            tag,
            handlers: Vec::new(),
            catalogue: Catalogue {
                tags: vec![(tag, about)],
                described: Vec::new(),
            },
        }
    }

    methods! {
        /// What reads.
        get
        /// What makes something.
        post
        /// What changes something.
        patch
        /// What replaces something.
        put
        /// What removes something.
        delete
    }

    /// These and others.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.handlers.extend(other.handlers);
        self.catalogue = self.catalogue.and(other.catalogue);
        self
    }

    /// What describes them.
    pub(crate) fn catalogue(self) -> Catalogue {
        self.catalogue
    }

    /// What answers, at addresses that begin with `prefix`.
    pub(crate) fn into_router(self, prefix: &str) -> Router<App> {
        let handlers = self.handlers.into_iter();
        handlers.fold(Router::new(), |router, (path, handler)| {
            router.route(&format!("{prefix}{path}"), handler)
        })
    }

    /// What the description says a caller needs is asked for here, and again by the operation itself.
    fn add(
        mut self,
        path: &'static str,
        method: &'static str,
        handler: MethodRouter<App>,
        operation: Operation,
    ) -> Self {
        let handler = match operation.permission {
            Some(permission) => {
                handler.route_layer(layer_fn(move |inner| Guard { permission, inner }))
            }
            None => handler,
        };
        self.handlers.push((path, handler));
        self.catalogue.described.push(Described {
            side: self.side,
            tag: self.tag,
            path,
            method,
            operation,
        });
        self
    }
}

impl Catalogue {
    /// These and others.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.tags.extend(other.tags);
        self.described.extend(other.described);
        self
    }
}

/// Lets through who may do what a route is for.
#[derive(Clone)]
struct Guard<S> {
    permission: (Area, Access),
    inner: S,
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (area, access) = self.permission;
        let actor = request.extensions().get::<Actor>();
        match actor.map(|actor| actor.require(area, access)) {
            Some(Err(error)) => Either::Left(ready(Ok(Failure::from(error).into_response()))),
            // Without a caller the handler has none to act for, and says so.
            Some(Ok(())) | None => Either::Right(self.inner.call(request)),
        }
    }
}
