//! The list of packages.

use axum::extract::State;
use serde::Deserialize;
use tradepost_app::{App, packages};
use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::packages::Package;

use super::member::Asked;
use super::money::{amount, count, counted};
use super::{Member, Outcome};
use crate::dashboard::{PackageRow, Packages, Section};
use crate::view::{Status, Tone};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
}

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
    Asked(wanted): Asked<Wanted>,
) -> Outcome {
    let (found, categories) = packages::list(&app, &member.actor, &member.store).await?;
    let now = app.now();
    let search = wanted.q.trim().to_lowercase();
    let rows: Vec<_> = found
        .into_iter()
        .map(|package| row(&member, package, &categories, now))
        .filter(|row| {
            row.name.to_lowercase().contains(&search)
                || row.category.to_lowercase().contains(&search)
        })
        .collect();
    let number = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let page = Packages {
        shell: member.shell(Section::Packages),
        count: counted(number, "package", "packages"),
        search: wanted.q,
        rows,
        accent: member.store.accent.clone(),
    };
    Ok(member.page(&page))
}

fn row(member: &Member, package: Package, categories: &[Category], now: Timestamp) -> PackageRow {
    let category = categories
        .iter()
        .find(|category| Some(category.id) == package.category);
    let status = if !package.is_active {
        Status::new(Tone::Calm, "Hidden")
    } else if package.stock(now) == Some(0) {
        Status::new(Tone::Warn, "Sold out")
    } else {
        Status::new(Tone::Good, "Active")
    };
    PackageRow {
        url: format!("{}/packages/{}", member.base(), package.id),
        category: category
            .map(|category| category.name.clone())
            .unwrap_or_default(),
        price: amount(package.price),
        status,
        sold: count(package.sold),
        name: package.name,
        image_url: package.image_url,
    }
}
