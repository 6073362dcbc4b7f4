//! One category of a shop.

use std::cmp::Reverse;

use axum::extract::{Path, Query};
use serde::Deserialize;
use tradepost_app::catalog::Catalog;
use tradepost_model::packages::Package;

use super::shopping::Shopping;
use super::{cards, prose};
use crate::storefront::Category;
use crate::view::Choice;
use crate::web::{Outcome, page};

const SORTS: [(&str, &str); 4] = [
    ("featured", "Featured"),
    ("price", "Price, low to high"),
    ("-price", "Price, high to low"),
    ("name", "Name"),
];

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    sort: String,
}

pub(super) async fn show(
    shopping: Shopping,
    Path((_, slug)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Outcome {
    let catalog = shopping.catalog().await?;
    let mut shelves = cards::shelves(&catalog);
    let Some(place) = shelves.iter().position(|shelf| shelf.slug == slug) else {
        return Err(shopping.not_found(&catalog));
    };
    let mut shelf = shelves.swap_remove(place);
    sort(&catalog, &mut shelf.packages, &asked.sort);
    let chosen = SORTS
        .iter()
        .position(|(word, _)| *word == asked.sort)
        .unwrap_or(0);
    let sorts = SORTS.iter().enumerate();
    let now = shopping.app.now();
    Ok(page(&Category {
        shop: shopping.shop(&catalog),
        slug: shelf.slug,
        name: shelf.name,
        description: prose::plain(shelf.category.map_or("", |category| &category.description)),
        parents: Vec::new(),
        children: Vec::new(),
        sorts: sorts
            .map(|(index, (word, label))| Choice::new(word, label).chosen(index == chosen))
            .collect(),
        packages: shelf
            .packages
            .into_iter()
            .map(|it| cards::package(&catalog, it, now))
            .collect(),
    }))
}

fn sort(catalog: &Catalog, packages: &mut [&Package], by: &str) {
    let price = |package: &&Package| cards::price(catalog, package).minor();
    match by {
        "price" => packages.sort_by_cached_key(price),
        "-price" => packages.sort_by_cached_key(|package| Reverse(price(package))),
        "name" => packages.sort_by_key(|package| package.name.to_lowercase()),
        _ => {}
    }
}
