//! One package of a shop.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use tradepost_app::catalog::{self, Catalog};
use tradepost_app::checkout::Line;
use tradepost_app::servers::ServerState;
use tradepost_model::checkout::MAX_QUANTITY;
use tradepost_model::commands::CommandType;
use tradepost_model::money::Money;
use tradepost_model::packages::{Execute, Package, PackageCommand, PackageKind, Target};

use super::shopping::Shopping;
use super::{asked, cards, prose, terms};
use crate::storefront::{Delivered, PackagePage, ServerChoice};
use crate::view::{Choice, Field, Notice};
use crate::web::{CheckedForm, Outcome, WebError, page, page_with_status, when};

const RELATED: usize = 4;

pub(super) async fn show(shopping: Shopping, Path((_, slug)): Path<(String, String)>) -> Outcome {
    let catalog = shopping.catalog().await?;
    let shown = view(&shopping, &catalog, &slug).await?;
    Ok(page(&shown))
}

/// The page with everything as it is before anybody chose something.
pub(super) async fn view(
    shopping: &Shopping,
    catalog: &Catalog,
    slug: &str,
) -> Result<PackagePage, WebError> {
    let Some(package) = catalog
        .packages
        .iter()
        .find(|package| package.slug.as_str() == slug)
    else {
        return Err(shopping.not_found(catalog));
    };
    let (app, store) = (&shopping.app, &shopping.store);
    let (_, commands) = catalog::package(app, store, slug).await?;
    let servers = catalog::servers(app, store).await?;
    let now = app.now();
    let mut left = package.stock(now).map_or(MAX_QUANTITY, |stock| {
        u32::try_from(stock).unwrap_or(u32::MAX)
    });
    let mut unavailable = (left == 0).then(|| terms::sold_out(package));
    if let (Some(limit), Some(player)) = (package.per_user_limit, &shopping.player) {
        let free = limit.saturating_sub(catalog::bought_by(app, store, package, player).await?);
        left = left.min(free);
        if free == 0 && unavailable.is_none() {
            unavailable = Some(format!(
                "{} has as many as one player can have",
                player.username
            ));
        }
    } else if let Some(limit) = package.per_user_limit {
        left = left.min(limit);
    }
    let subscribes = package.kind.billing().is_some();
    if subscribes || package.kind.custom_price().is_some() {
        left = 1;
    }
    let price = price(shopping, catalog, package).await?;
    let shelves = cards::shelves(catalog);
    let shelf = shelves
        .iter()
        .find(|shelf| shelf.packages.iter().any(|it| it.id == package.id));
    let beside = shelf.iter().flat_map(|shelf| shelf.packages.iter());
    Ok(PackagePage {
        shop: shopping.shop_at(catalog, &format!("/package/{slug}")),
        id: package.id.to_string(),
        slug: slug.to_owned(),
        name: package.name.clone(),
        category: shelf.map(|shelf| (shelf.name.clone(), shelf.slug.clone())),
        picture: cards::picture(package),
        description: prose::rich(&package.description),
        price: price.now.into(),
        was: price.was.map(Into::into),
        cadence: terms::cadence(package),
        trial: price.trial,
        sale: price.sale,
        explanation: price.explanation,
        tiers: terms::tiers(catalog, package),
        inputs: asked::inputs(package),
        own_price: asked::own_price(package),
        server: package.server_selection.then(|| choice(package, &servers)),
        quantity: Field::new("1"),
        quantity_max: left.clamp(1, MAX_QUANTITY),
        delivered: delivered(package, &commands, &servers),
        lasts: package
            .timed_hours()
            .map(|hours| format!("For {}", when::span(hours))),
        limits: terms::limits(package, now),
        requirement: terms::requirement(catalog, package),
        unavailable,
        related: beside
            .filter(|it| it.id != package.id)
            .take(RELATED)
            .map(|it| cards::package(catalog, it, now))
            .collect(),
    })
}

/// The price at the top of the page, and what is to be said about it.
struct Price {
    now: Money,
    was: Option<Money>,
    sale: Option<String>,
    trial: Option<String>,
    explanation: Vec<String>,
}

async fn price(
    shopping: &Shopping,
    catalog: &Catalog,
    package: &Package,
) -> Result<Price, WebError> {
    let (app, store) = (&shopping.app, &shopping.store);
    let offer = catalog.offer(package, package.price);
    let sale = offer.sale.map(|sale| terms::sale_in_full(sale, app.now()));
    let mut price = Price {
        now: offer.now,
        was: offer.was,
        sale,
        trial: None,
        explanation: Vec::new(),
    };
    match &package.kind {
        PackageKind::Subscription(billing) => {
            let tried = match (billing.trial_days, &shopping.player) {
                (Some(_), Some(player)) => {
                    catalog::ever_bought(app, store, package, player).await?
                }
                _ => false,
            };
            if let Some(days) = billing.trial_days.filter(|_| !tried) {
                // Nothing is paid first, and what comes after is the list price.
                (price.now, price.was, price.sale) = (package.price, None, None);
                price.trial = Some(terms::free(days));
            } else if price.was.is_some() {
                price.explanation.push(format!(
                    "The sale is for the first payment; after that it is {} {}.",
                    package.price,
                    terms::rhythm(billing.interval, billing.count)
                ));
            }
        }
        PackageKind::Custom(own) => (price.now, price.was) = (own.min, None),
        PackageKind::OneTime | PackageKind::Timed { .. } => {}
    }
    Ok(price)
}

/// What the form asks for, or the page again with what is wrong beside the fields.
pub(super) fn chosen(
    mut shown: PackagePage,
    package: &Package,
    form: &CheckedForm,
) -> Result<(PackagePage, Line), WebError> {
    let typed = form.get("quantity").trim();
    let quantity = typed
        .parse()
        .ok()
        .filter(|it| (1..=MAX_QUANTITY).contains(it));
    shown.quantity = match quantity {
        Some(_) => Field::new(typed),
        None => Field::refused(
            typed,
            &format!("Enter a number from 1 to {}.", shown.quantity_max),
        ),
    };
    // Wherever the field is hidden, its error must have a place.
    shown.quantity_max = if quantity.is_some() {
        shown.quantity_max
    } else {
        shown.quantity_max.max(2)
    };
    let mut server = None;
    if let Some(choice) = &mut shown.server {
        let word = form.get("server");
        for option in &mut choice.options {
            option.chosen = option.value == word;
        }
        server = choice
            .options
            .iter()
            .find(|option| option.chosen)
            .and_then(|it| it.value.parse().ok());
        if server.is_none() {
            choice.error = Some("Choose the server this is for.".to_owned());
        }
    }
    let (inputs, custom_price) =
        asked::read(package, form, &mut shown.inputs, &mut shown.own_price);
    match quantity {
        Some(quantity) if shown.errors().is_empty() => {
            let line = Line {
                custom_price,
                inputs,
                ..Line::plain(package.id, quantity, server)
            };
            Ok((shown, line))
        }
        _ => Err(WebError::Page(Box::new(page_with_status(
            StatusCode::BAD_REQUEST,
            &shown,
            "",
        )))),
    }
}

/// The page again, with a sentence on why it could not be bought like this.
pub(super) fn refused(mut shown: PackagePage, reason: &str) -> Response {
    shown.shop.notice = Some(Notice::bad(reason));
    page_with_status(StatusCode::BAD_REQUEST, &shown, "")
}

fn choice(package: &Package, servers: &[ServerState]) -> ServerChoice {
    let offered = offered(package, servers);
    let only = offered.len() == 1;
    let options = offered
        .into_iter()
        .map(|state| Choice::new(&state.server.id.to_string(), &state.server.name).chosen(only));
    ServerChoice {
        options: options.collect(),
        error: None,
    }
}

fn offered<'a>(package: &Package, servers: &'a [ServerState]) -> Vec<&'a ServerState> {
    let offers = |state: &&ServerState| {
        package.servers.is_empty() || package.servers.contains(&state.server.id)
    };
    servers.iter().filter(offers).collect()
}

/// What one gets and where, in words. What is run is the owner's business.
fn delivered(
    package: &Package,
    commands: &[PackageCommand],
    servers: &[ServerState],
) -> Vec<Delivered> {
    let mut lines: Vec<Delivered> = Vec::new();
    for command in commands
        .iter()
        .filter(|command| command.kind == CommandType::Initial)
    {
        let places: Vec<_> = match command.target {
            Target::CustomerChoice | Target::All => offered(package, servers),
            Target::Server(id) => servers.iter().filter(|it| it.server.id == id).collect(),
        };
        let place = match command.target {
            Target::CustomerChoice => "the server you choose".to_owned(),
            Target::All | Target::Server(_) => names(&places),
        };
        if place.is_empty() {
            continue;
        }
        let waits = command.execute == Execute::WhenOnline;
        let mut text = match (waits, command.delay_seconds) {
            (false, 0) => at_once(command.target, &places),
            (true, 0) => format!("Delivered when you join {place}"),
            (false, delay) => format!("Runs on {place} {} after the purchase", span(delay)),
            (true, delay) => format!(
                "Delivered when you are on {place}, {} after the purchase",
                span(delay)
            ),
        };
        match command.required_slots {
            0 => {}
            1 => text.push_str(". Keep one inventory slot free."),
            n => text.push_str(&format!(". Keep {n} inventory slots free.")),
        }
        if lines.iter().all(|line| line.text != text) {
            lines.push(Delivered { text, waits });
        }
    }
    lines
}

/// "Runs on Survival right away", where that is true.
fn at_once(target: Target, places: &[&ServerState]) -> String {
    let (there, away): (Vec<_>, Vec<_>) = places.iter().copied().partition(|it| it.is_there());
    match (there.as_slice(), away.as_slice()) {
        (_, []) if target == Target::CustomerChoice => {
            "Runs on the server you choose right away".to_owned()
        }
        _ if target == Target::CustomerChoice => {
            "Runs on the server you choose, right away if it is online".to_owned()
        }
        (there, []) => format!("Runs on {} right away", names(there)),
        ([], away) => format!("Runs on {} as soon as it is back online", names(away)),
        (there, away) => format!(
            "Runs on {} right away, on {} as soon as it is back online",
            names(there),
            names(away)
        ),
    }
}

fn names(servers: &[&ServerState]) -> String {
    let names: Vec<_> = servers
        .iter()
        .map(|state| state.server.name.as_str())
        .collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn span(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
