//! Packages and categories as they stand on the shelves.

use tradepost_app::catalog::Catalog;
use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::money::Money;
use tradepost_model::packages::Package;

use super::{prose, terms};
use crate::storefront::{CategoryCard, PackageCard, Picture};

/// Where packages without a category stand.
const OTHER: &str = "other";

/// A category with something in it.
pub(super) struct Shelf<'a> {
    pub(super) slug: String,
    pub(super) name: String,
    /// The owner's category; the shelf for the rest has none.
    pub(super) category: Option<&'a Category>,
    pub(super) packages: Vec<&'a Package>,
}

/// The categories that have something in them, in their order, and behind them the rest.
pub(super) fn shelves(catalog: &Catalog) -> Vec<Shelf<'_>> {
    let owned = catalog.categories.iter().map(|category| Shelf {
        slug: category.slug.as_str().to_owned(),
        name: category.name.clone(),
        category: Some(category),
        packages: catalog
            .packages
            .iter()
            .filter(|it| it.category == Some(category.id))
            .collect(),
    });
    let mut shelves: Vec<_> = owned.collect();
    let rest = catalog.packages.iter().filter(|it| it.category.is_none());
    match shelves.iter_mut().find(|shelf| shelf.slug == OTHER) {
        Some(shelf) => shelf.packages.extend(rest),
        None => shelves.push(Shelf {
            slug: OTHER.to_owned(),
            name: "Other".to_owned(),
            category: None,
            packages: rest.collect(),
        }),
    }
    shelves.retain(|shelf| !shelf.packages.is_empty());
    shelves
}

/// A category on the first page.
pub(super) fn category(shelf: &Shelf<'_>) -> CategoryCard {
    CategoryCard {
        slug: shelf.slug.clone(),
        name: shelf.name.clone(),
        line: shelf
            .category
            .map(|category| category.description.clone())
            .unwrap_or_default(),
        count: match shelf.packages.len() {
            1 => "1 package".to_owned(),
            n => format!("{n} packages"),
        },
    }
}

/// A package in a grid.
pub(super) fn package(catalog: &Catalog, package: &Package, now: Timestamp) -> PackageCard {
    let own = package.kind.custom_price();
    let offer = catalog.offer(package, package.price);
    let sale = offer.sale.filter(|_| own.is_none());
    PackageCard {
        slug: package.slug.as_str().to_owned(),
        name: package.name.clone(),
        line: prose::first_line(&package.description),
        picture: picture(package),
        price: price(catalog, package).into(),
        was: sale.and(offer.was).map(Into::into),
        sale: sale.map(|sale| terms::sale_short(sale, now)),
        cadence: terms::cadence(package),
        note: terms::note(package),
        own_price: own.is_some(),
        sold_out: package.stock(now) == Some(0),
    }
}

/// What one costs now; of what its buyer decides, the least.
pub(super) fn price(catalog: &Catalog, package: &Package) -> Money {
    match package.kind.custom_price() {
        Some(own) => own.min,
        None => catalog.offer(package, package.price).now,
    }
}

/// The owner's image of a package. Its own size is not known, so it is fitted into ours.
pub(super) fn picture(package: &Package) -> Option<Picture> {
    package.image_url.clone().map(|url| Picture {
        url,
        width: 640,
        height: 360,
    })
}
