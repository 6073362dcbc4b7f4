//! The first page of a shop, and the page for addresses that lead nowhere.

use tradepost_app::catalog;

use super::cards;
use super::shopping::Shopping;
use crate::storefront::{GameServer, Home, Purchase};
use crate::web::{Outcome, page, when};

const FEATURED: usize = 8;
const PURCHASES: u32 = 5;

pub(super) async fn show(shopping: Shopping) -> Outcome {
    let catalog = shopping.catalog().await?;
    let servers = catalog::servers(&shopping.app, &shopping.store).await?;
    let recent = catalog::recent_purchases(&shopping.app, &shopping.store, PURCHASES).await?;
    let joinable = servers
        .into_iter()
        .filter(|state| !state.server.address.is_empty());
    let now = shopping.app.now();
    Ok(page(&Home {
        shop: shopping.shop(&catalog),
        tagline: shopping.store.tagline.clone(),
        servers: joinable
            .map(|state| GameServer {
                online: Some(state.is_there()),
                name: state.server.name,
                address: state.server.address,
            })
            .collect(),
        featured: catalog
            .packages
            .iter()
            .take(FEATURED)
            .map(|it| cards::package(&catalog, it, now))
            .collect(),
        categories: cards::shelves(&catalog)
            .iter()
            .map(cards::category)
            .collect(),
        purchases: recent
            .into_iter()
            .map(|(username, what, at)| Purchase {
                username,
                what,
                when: when::ago(at, now),
            })
            .collect(),
    }))
}

pub(super) async fn nowhere(shopping: Shopping) -> Outcome {
    let catalog = shopping.catalog().await?;
    Err(shopping.not_found(&catalog))
}
