//! A request to a shop: the store, and what its visitor has told before.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tradepost_app::catalog::{self, Catalog};
use tradepost_app::checkout::Line;
use tradepost_app::{App, stores};
use tradepost_model::players::Player;
use tradepost_model::stores::Store;

use super::cards;
use super::kept;
use crate::storefront::{Buyer, NavCategory, Problem, Shop};
use crate::web::{OwnHost, Visitor, WebError, page_with_status, shop_base};

/// The language that the words of our pages are in, whatever the store's own texts are in.
pub(crate) const LANGUAGE: &str = "en";

/// A request to a shop.
pub(super) struct Shopping {
    pub(super) app: App,
    pub(super) store: Store,
    /// The prefix of the shop's links.
    pub(super) base: String,
    /// Who shops here, once they said so.
    pub(super) player: Option<Player>,
    /// What they mean to buy.
    pub(super) basket: Vec<Line>,
    visitor: Visitor,
    headers: HeaderMap,
}

impl FromRequestParts<App> for Shopping {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        const BROKEN: WebError = WebError::Status(StatusCode::BAD_REQUEST);
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| BROKEN)?;
        let store = store_of(app, &params).await?;
        let visitor = Visitor::from_request_parts(parts, app)
            .await
            .map_err(WebError::Status)?;
        let Ok(own_host) = OwnHost::from_request_parts(parts, app).await;
        let headers = parts.headers.clone();
        Ok(Self {
            base: shop_base(own_host, store.subdomain.as_str()),
            player: kept::player(app, &store, &headers),
            basket: kept::basket(app, &store, &headers),
            app: app.clone(),
            store,
            visitor,
            headers,
        })
    }
}

/// The store that an address names. Errors: there is none.
pub(super) async fn store_of(app: &App, params: &RawPathParams) -> Result<Store, WebError> {
    let name = params
        .iter()
        .find(|(key, _)| *key == "subdomain")
        .map_or("", |(_, value)| value);
    Ok(stores::by_subdomain(app, name).await?)
}

impl Shopping {
    /// Where the shopper's browser is.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.visitor.ip
    }

    /// What stands for the place the shopper comes from, in limits.
    pub(super) fn address(&self) -> &str {
        &self.visitor.address
    }

    /// What the store sells now, as far as players see it.
    pub(super) async fn catalog(&self) -> Result<Catalog, WebError> {
        let mut catalog = catalog::of_store(&self.app, &self.store).await?;
        let categories = &catalog.categories;
        catalog.packages.retain(|package| {
            package
                .category
                .is_none_or(|id| categories.iter().any(|category| category.id == id))
        });
        Ok(catalog)
    }

    /// The frame of a page at the address that was asked for.
    pub(super) fn shop(&self, catalog: &Catalog) -> Shop {
        let shelves = cards::shelves(catalog);
        let doc = self.visitor.document(LANGUAGE);
        let path = doc.here.split('?').next().unwrap_or_default();
        let current = path.rsplit_once("/category/").map_or("", |(_, slug)| slug);
        let nav = shelves.into_iter().map(|shelf| NavCategory {
            current: shelf.slug == current,
            name: shelf.name,
            slug: shelf.slug,
        });
        Shop {
            base: self.base.clone(),
            name: self.store.name.clone(),
            logo_url: None,
            accent: self.store.accent.clone(),
            categories: nav.collect(),
            basket_count: self.basket.iter().map(|line| line.quantity).sum(),
            player: self.player.as_ref().map(|player| Buyer {
                username: player.username.as_str().to_owned(),
            }),
            contact_url: None,
            terms_url: None,
            test_mode: self.store.test_mode,
            notice: None,
            doc,
        }
    }

    /// The frame of a page that answers a form; `here` is its address without the base.
    pub(super) fn shop_at(&self, catalog: &Catalog, here: &str) -> Shop {
        let mut shop = self.shop(catalog);
        shop.doc.here = format!("{}{here}", self.base);
        shop
    }

    /// The one line that was chosen by "Buy now" before we knew for whom.
    pub(super) fn held(&self) -> Option<Line> {
        kept::held(&self.app, &self.store, &self.headers)
    }

    /// The address of the page that asks who it is for, and leads on to `next` afterwards.
    pub(super) fn player_url(&self, next: &str) -> String {
        let next = format!("{}{next}", self.base);
        format!(
            "{}/player?next={}",
            self.base,
            utf8_percent_encode(&next, NON_ALPHANUMERIC)
        )
    }

    /// The shop's own page for what does not exist.
    pub(super) fn not_found(&self, catalog: &Catalog) -> WebError {
        let problem = Problem::not_found(self.shop(catalog));
        WebError::Page(Box::new(page_with_status(
            StatusCode::NOT_FOUND,
            &problem,
            "",
        )))
    }
}
