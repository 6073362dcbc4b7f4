//! The basket: looking at it, putting things in, changing how many, taking things out.

use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use tradepost_app::Error;
use tradepost_app::catalog::Catalog;
use tradepost_app::checkout::{self, Line};
use tradepost_model::Timestamp;
use tradepost_model::checkout::MAX_QUANTITY;
use tradepost_model::ids::PackageId;
use tradepost_model::money::Money;
use tradepost_model::packages::Package;
use tradepost_model::pricing::{PricedLine, Rule};

use super::shopping::Shopping;
use super::{asked, buying, cards, kept, package, terms};
use crate::storefront::{Basket, BasketLine};
use crate::view::{Field, Money as Shown, Notice};
use crate::web::{CheckedForm, Outcome, WebError, page, page_with_status, see_other, when};

#[derive(Deserialize)]
pub(super) struct Asked {
    /// What was just done, one of our own words.
    #[serde(default)]
    done: String,
}

pub(super) async fn show(shopping: Shopping, Query(asked): Query<Asked>) -> Outcome {
    let mut shown = view(&shopping).await?;
    shown.shop.notice = match asked.done.as_str() {
        "added" => Some(Notice::good("It is in your basket.")),
        "changed" => Some(Notice::good("Your basket is up to date.")),
        "removed" => Some(Notice::good("It is out of your basket.")),
        _ => None,
    };
    Ok(page(&shown))
}

/// Addresses that only take forms lead here when somebody reloads them.
pub(super) async fn go(shopping: Shopping) -> Response {
    see_other(&format!("{}/basket", shopping.base))
}

pub(super) async fn add(shopping: Shopping, form: CheckedForm) -> Outcome {
    let catalog = shopping.catalog().await?;
    let wanted: Option<PackageId> = form.get("package").parse().ok();
    let Some(found) = catalog.packages.iter().find(|it| Some(it.id) == wanted) else {
        return Err(shopping.not_found(&catalog));
    };
    let shown = package::view(&shopping, &catalog, found.slug.as_str()).await?;
    let (shown, line) = package::chosen(shown, found, &form)?;
    if let Some(reason) = &shown.unavailable {
        let reason = format!("{reason}.");
        return Ok(package::refused(shown, &reason));
    }
    if form.get("then") == "checkout" {
        return buying::buy_now(&shopping, line).await;
    }
    let mut lines = shopping.basket.clone();
    if let Err(reason) = kept::put(&mut lines, line) {
        return Ok(package::refused(shown, &reason));
    }
    if let Some(reason) = alone(&catalog, found, &lines) {
        return Ok(package::refused(shown, reason));
    }
    match checkout::look(
        &shopping.app,
        &shopping.store,
        &lines,
        shopping.player.as_ref(),
    )
    .await
    {
        Err(Error::Refused { message, .. }) => Ok(package::refused(shown, &message)),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(keep(&shopping, &lines, "added")),
    }
}

/// Why something cannot join the basket: a subscription is bought alone.
fn alone(catalog: &Catalog, added: &Package, lines: &[Line]) -> Option<&'static str> {
    let subscribes = |line: &Line| {
        let mut packages = catalog.packages.iter();
        packages.any(|it| it.id == line.package && it.kind.billing().is_some())
    };
    match added.kind.billing() {
        _ if !lines.iter().any(subscribes) => None,
        Some(_) if lines.len() == 1 && lines[0].quantity == 1 => None,
        Some(_) if lines.len() == 1 => Some("This subscription is in your basket already."),
        Some(_) => Some(
            "A subscription is bought on its own. Take \"Buy now\", or check out what is in your basket first.",
        ),
        None => Some(
            "There is a subscription in your basket, which is bought on its own. Check out with it first, or remove it.",
        ),
    }
}

pub(super) async fn update(shopping: Shopping, form: CheckedForm) -> Outcome {
    let (id, typed) = (form.get("line"), form.get("quantity").trim());
    let mut lines = shopping.basket.clone();
    let Some(line) = lines.iter_mut().find(|line| kept::line_id(line) == id) else {
        return Ok(go(shopping).await);
    };
    let refusal = match typed
        .parse()
        .ok()
        .filter(|it| (1..=MAX_QUANTITY).contains(it))
    {
        None => Some(format!("Enter a number from 1 to {MAX_QUANTITY}.")),
        Some(quantity) => {
            line.quantity = quantity;
            let player = shopping.player.as_ref();
            match checkout::look(&shopping.app, &shopping.store, &lines, player).await {
                Ok(_) => None,
                Err(Error::Refused { message, .. }) => Some(message),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let Some(reason) = refusal else {
        return Ok(keep(&shopping, &lines, "changed"));
    };
    let mut shown = view(&shopping).await?;
    if let Some(line) = shown.lines.iter_mut().find(|line| line.id == id) {
        line.quantity = Field::refused(typed, &reason);
    }
    Ok(page_with_status(StatusCode::BAD_REQUEST, &shown, ""))
}

pub(super) async fn remove(shopping: Shopping, form: CheckedForm) -> Outcome {
    let mut lines = shopping.basket.clone();
    lines.retain(|line| kept::line_id(line) != form.get("line"));
    Ok(keep(&shopping, &lines, "removed"))
}

/// The basket with what is wrong with the name of who shall get it.
pub(super) async fn refused_gift(shopping: &Shopping, typed: &str, reason: &str) -> Outcome {
    let mut shown = view(shopping).await?;
    shown.gift = Field::refused(typed, reason);
    Ok(page_with_status(StatusCode::BAD_REQUEST, &shown, ""))
}

/// The basket with reasons why it could not go to the checkout.
pub(super) async fn refused(shopping: &Shopping, gift: &str, reason: &str) -> Outcome {
    let mut shown = view(shopping).await?;
    shown.gift = Field::new(gift);
    // What stands beside its line need not be said twice.
    if shown.blocked.is_none() {
        shown.shop.notice = Some(Notice::bad(reason));
    }
    Ok(page_with_status(StatusCode::BAD_REQUEST, &shown, ""))
}

fn keep(shopping: &Shopping, lines: &[Line], done: &str) -> Response {
    let mut response = see_other(&format!("{}/basket?done={done}", shopping.base));
    let cookie = kept::keep_basket(&shopping.app, &shopping.store, lines);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

async fn view(shopping: &Shopping) -> Result<Basket, WebError> {
    let (app, store) = (&shopping.app, &shopping.store);
    let catalog = shopping.catalog().await?;
    let servers = tradepost_app::catalog::servers(app, store).await?;
    let basket = checkout::look(app, store, &shopping.basket, shopping.player.as_ref()).await?;
    let mut prices = basket.quote.lines.iter();
    let mut notes = Vec::new();
    if let Some(saved) = saved(&basket) {
        notes.push(format!("You save {}.", Shown::from(saved)));
    }
    let subscription = basket.lines.iter().find_map(|line| {
        let package = line.package.as_ref()?;
        Some(format!(
            "Then {} {}, until you cancel.",
            Shown::from(package.price),
            terms::cadence(package)?
        ))
    });
    notes.extend(subscription);
    let nothing = Money::zero(store.currency);
    let mut lines = Vec::new();
    for line in &basket.lines {
        let price = line.package.as_ref().and_then(|_| prices.next());
        let server = line
            .line
            .server
            .and_then(|id| servers.iter().find(|it| it.server.id == id));
        let server = server.map(|state| format!("On {}", state.server.name));
        let mut shown = view_line(line, price, server, nothing, app.now());
        let package = line.package.as_ref().filter(|_| shown.error.is_none());
        shown
            .explanation
            .extend(package.and_then(|it| terms::requirement(&catalog, it)));
        lines.push(shown);
    }
    let broken = basket
        .lines
        .iter()
        .filter(|line| !line.problems.is_empty())
        .count();
    Ok(Basket {
        shop: shopping.shop_at(&catalog, "/basket"),
        lines,
        total: basket.quote.total.into(),
        notes,
        gift: Field::default(),
        blocked: match broken {
            0 => None,
            1 => Some("One line needs a look before you can go on.".to_owned()),
            n => Some(format!("{n} lines need a look before you can go on.")),
        },
    })
}

/// What the sales take off in all.
fn saved(basket: &checkout::Basket) -> Option<Money> {
    let mut sum = Money::zero(basket.quote.total.currency());
    let lines = basket.lines.iter().filter_map(|line| line.price.as_ref());
    for (line, priced) in lines.zip(&basket.quote.lines) {
        if let Some(was) = before_sale(priced, line.quantity) {
            sum = sum
                .checked_add(was.checked_sub(priced.subtotal).ok()?)
                .ok()?;
        }
    }
    (!sum.is_zero()).then_some(sum)
}

/// What a line would cost without its sale.
fn before_sale(priced: &PricedLine, quantity: u32) -> Option<Money> {
    let was = priced.rules.iter().find_map(|rule| match rule {
        Rule::Sale { was, .. } => Some(*was),
        _ => None,
    });
    was?.checked_mul(quantity).ok()
}

fn view_line(
    found: &checkout::BasketLine,
    price: Option<&PricedLine>,
    server: Option<String>,
    nothing: Money,
    now: Timestamp,
) -> BasketLine {
    let typed = found.line.quantity.to_string();
    let Some(package) = &found.package else {
        let gone = "This is no longer sold. Remove it to go on.".to_owned();
        return BasketLine {
            id: kept::line_id(&found.line),
            slug: String::new(),
            name: "No longer sold".to_owned(),
            picture: None,
            server,
            quantity: Field::new(&typed),
            quantity_max: 1,
            entered: Vec::new(),
            unit: nothing.into(),
            total: nothing.into(),
            was: None,
            explanation: Vec::new(),
            error: Some(gone),
        };
    };
    let problem = found.problems.first().map(|it| beside(it, &package.name));
    let stock = package
        .stock(now)
        .map_or(MAX_QUANTITY, |left| u32::try_from(left).unwrap_or(u32::MAX));
    let mut most = MAX_QUANTITY
        .min(stock)
        .min(package.per_user_limit.unwrap_or(MAX_QUANTITY));
    if package.kind.billing().is_some() {
        most = most.min(1);
    }
    // Too many can be mended by the field; anything else only by taking the line out.
    let mendable = problem.is_some() && most > 0 && found.line.quantity > most;
    let explained = price.iter().flat_map(|price| &price.rules);
    let explained = explained.filter(|rule| !matches!(rule, Rule::ListPrice { quantity: 1, .. }));
    let lasts = package.timed_hours().map(|hours| {
        let hours = hours.saturating_mul(found.line.quantity);
        format!("For {}", when::span(hours))
    });
    BasketLine {
        id: kept::line_id(&found.line),
        slug: package.slug.as_str().to_owned(),
        name: package.name.clone(),
        picture: cards::picture(package),
        server,
        quantity: match &problem {
            Some(problem) if mendable => Field::refused(&typed, problem),
            _ => Field::new(&typed),
        },
        quantity_max: if mendable { most.max(2) } else { most },
        entered: asked::told_back(package, &found.line),
        unit: price.map_or(package.price, |price| price.unit_price).into(),
        total: price.map_or(nothing, |price| price.subtotal).into(),
        was: price
            .and_then(|price| before_sale(price, found.line.quantity))
            .map(Into::into),
        explanation: lasts
            .into_iter()
            .chain(explained.map(Rule::explain))
            .collect(),
        error: problem.filter(|_| !mendable),
    }
}

/// A problem as it stands beside its line, whose name need not be said again.
fn beside(problem: &checkout::Problem, name: &str) -> String {
    let text = &problem.text;
    let text = match text.strip_prefix(&format!("Package '{name}': ")) {
        Some(rest) => {
            let mut rest = rest.chars();
            let first = rest.next().map(char::to_uppercase);
            first.into_iter().flatten().chain(rest).collect()
        }
        None => text.replace(&format!("Package '{name}' "), "This "),
    };
    let again = problem.member.starts_with("inputs.")
        || matches!(problem.member.as_str(), "customPrice" | "serverId");
    if again {
        format!("{text}. Remove it, and choose again on its page.")
    } else {
        format!("{text}.")
    }
}
