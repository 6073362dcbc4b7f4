//! What an order costs, how that comes about, and what pays it.

use std::collections::HashMap;

use tradepost_app::{App, Error, packages};
use tradepost_model::Timestamp;
use tradepost_model::ids::PackageId;
use tradepost_model::money::Money;
use tradepost_model::orders::{Order, OrderItem};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};

use super::Member;
use super::member::if_allowed;
use super::money::amount;
use super::package_extras::rhythm;
use crate::dashboard::{Fact, PaidBy};
use crate::view::{Status, Tone};
use crate::web::when;

/// What buyers read at the questions of packages, by the names of the questions.
pub(super) type Labels = HashMap<(PackageId, String), String>;

/// What buyers read at the questions that these lines have answers to.
pub(super) async fn labels(
    app: &App,
    member: &Member,
    items: &[OrderItem],
) -> Result<Labels, Error> {
    if items.iter().all(|item| item.inputs.is_empty()) {
        return Ok(Labels::new());
    }
    let known = packages::list(app, &member.actor, &member.store).await;
    let (packages, _) = if_allowed(known)?;
    let of = |package: tradepost_model::packages::Package| {
        let id = package.id;
        let inputs = package.inputs.into_iter();
        inputs.map(move |input| ((id, input.name), input.label))
    };
    Ok(packages.into_iter().flat_map(of).collect())
}

/// What the buyer answered. A question that is gone is told by its name.
pub(super) fn answers(item: &OrderItem, labels: &Labels) -> Vec<Fact> {
    let fact = |(name, value): (&String, &String)| Fact {
        label: labels
            .get(&(item.package, name.clone()))
            .unwrap_or(name)
            .trim_end_matches(':')
            .to_owned(),
        value: value.clone(),
    };
    item.inputs.iter().map(fact).collect()
}

/// How the price of a line comes about.
pub(super) fn explanation(item: &OrderItem, order: &Order) -> Vec<String> {
    let price = amount(item.unit_price);
    let less = match &order.coupon {
        Some(coupon) => format!("{} less with {}", amount(item.discount), coupon.code),
        None => format!("{} less", amount(item.discount)),
    };
    match (item.quantity, item.discount.is_zero()) {
        (1, true) => Vec::new(),
        (1, false) => vec![format!("{price}, {less}")],
        (quantity, true) => vec![format!("{quantity} × {price}")],
        (quantity, false) => vec![format!("{quantity} × {price}, {less}")],
    }
}

/// The rows between the lines and the total; nothing where the lines say it all.
pub(super) fn sums(order: &Order, items: &[OrderItem]) -> Vec<(String, String)> {
    let currency = order.total.currency();
    let minor: i64 = items.iter().map(|item| item.total.minor()).sum();
    let discount: i64 = items.iter().map(|item| item.discount.minor()).sum();
    let money = |minor| amount(Money::new(minor, currency)).to_string();
    let row = |label: &str, minor| (label.to_owned(), money(minor));
    let mut rows = Vec::new();
    if let Some(coupon) = &order.coupon {
        rows.push(row("Subtotal", minor + discount));
        rows.push(row(
            &format!("Coupon {}", coupon.code),
            -coupon.discount.minor(),
        ));
    }
    if !order.tax.is_zero() {
        // It is in the prices already, or comes on top.
        let is_in = minor == order.total.minor();
        let label = if is_in { "Tax, included" } else { "Tax" };
        rows.push(row(label, order.tax.minor()));
    }
    rows
}

/// What pays the order, where that is more than one thing.
pub(super) fn paid(member: &Member, order: &Order) -> Vec<PaidBy> {
    let Some(card) = order.gift_card else {
        return Vec::new();
    };
    let may_look = member.actor.may(Area::GiftCards, Access::View);
    let mut parts = vec![PaidBy {
        label: "Gift card".to_owned(),
        url: may_look.then(|| format!("{}/gift-cards/{}", member.base(), card.id)),
        amount: amount(card.amount),
    }];
    if !order.due().is_zero() {
        parts.push(PaidBy {
            label: "In money".to_owned(),
            url: None,
            amount: amount(order.due()),
        });
    }
    parts
}

/// How the subscription stands that an order pays for.
pub(super) fn subscription(it: &Subscription, now: Timestamp) -> Status {
    let every = rhythm(it.every.count, it.every.interval.word());
    let day = |at| when::day(at).text;
    let end = day(it.period_end);
    let (tone, text) = match it.status {
        SubscriptionStatus::Expired => (
            Tone::Calm,
            format!("ended on {}", day(it.ended_at.unwrap_or(now))),
        ),
        SubscriptionStatus::Cancelled => (Tone::Calm, format!("cancelled, ends on {end}")),
        SubscriptionStatus::PastDue => (
            Tone::Warn,
            format!("the payment due on {end} failed and is tried again"),
        ),
        SubscriptionStatus::Trialing => (
            Tone::Good,
            format!("free until {end}, then {}", amount(it.price)),
        ),
        SubscriptionStatus::Active => (
            Tone::Good,
            format!("the next payment of {} is due on {end}", amount(it.price)),
        ),
    };
    Status::new(tone, &format!("Subscription, {every}: {text}"))
}
