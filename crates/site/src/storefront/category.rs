//! One category of a shop.

use askama::Template;

use super::home::CategoryCard;
use super::shop::{PackageCard, Shop};
use crate::view::{Choice, Html, Sample};

/// `GET {base}/category/{slug}?sort=`
#[derive(Debug, Clone, Template)]
#[template(path = "storefront/category.html")]
pub struct Category {
    /// Header, footer, accent.
    pub shop: Shop,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What the owner wrote about it, sanitised; may be empty.
    pub description: Html,
    /// Categories above it, outermost first: name and slug.
    pub parents: Vec<(String, String)>,
    /// Categories inside it.
    pub children: Vec<CategoryCard>,
    /// Options of the `sort` select.
    pub sorts: Vec<Choice>,
    /// Its packages.
    pub packages: Vec<PackageCard>,
}

impl Sample for Category {
    fn sample() -> Self {
        Self {
            shop: Shop::sample("/s/demo/category/ranks"),
            slug: "ranks".to_owned(),
            name: "Ranks".to_owned(),
            description: Html("<p>Ranks are kept for good and count on every server. If you have one already, you pay the difference only.</p>".to_owned()),
            parents: Vec::new(),
            children: Vec::new(),
            sorts: vec![
                Choice::new("featured", "Featured").chosen(true),
                Choice::new("price", "Price, low to high"),
                Choice::new("-price", "Price, high to low"),
                Choice::new("name", "Name"),
            ],
            packages: PackageCard::sample_grid(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            packages: Vec::new(),
            description: Html::default(),
            ..usual.clone()
        };
        let mut nested = Self {
            name: "Seasonal ranks with a name that is longer than others".to_owned(),
            parents: vec![("Ranks".to_owned(), "ranks".to_owned())],
            ..usual.clone()
        };
        nested.packages.insert(1, PackageCard::sample_long());
        nested.children = vec![CategoryCard {
            slug: "winter".to_owned(),
            name: "Winter".to_owned(),
            line: String::new(),
            count: "2 packages".to_owned(),
        }];
        vec![("usual", usual), ("empty", empty), ("nested", nested)]
    }
}
