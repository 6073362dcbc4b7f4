//! The list of orders: searched by player, filtered by status, 25 to a page.

use axum::extract::State;
use serde::Deserialize;
use tradepost_app::orders::Filter;
use tradepost_app::{App, Error, orders};
use tradepost_model::ids::OrderId;
use tradepost_model::orders::{Order, OrderItem, OrderStatus};

use super::member::Asked;
use super::money::{amount, counted};
use super::{Member, Outcome, commands};
use crate::dashboard::{Chip, OrderRow, Orders, Paging, Section};
use crate::view::{Status, Tone};
use crate::web::when;

const PER_PAGE: usize = 25;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    player: String,
    status: String,
    /// The last order of the page before; none on the first page.
    before: Option<OrderId>,
    /// The `before` of the pages in between, so that there is a way back: ids without dashes,
    /// joined by dots.
    trail: String,
}

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
    Asked(wanted): Asked<Wanted>,
) -> Outcome {
    let player = wanted.player.trim();
    let filter = Filter {
        username: (!player.is_empty()).then(|| player.to_owned()),
        status: OrderStatus::parse(&wanted.status),
        before: wanted.before,
        ..Filter::default()
    };
    let limit = u32::try_from(PER_PAGE + 1).unwrap_or(u32::MAX);
    let mut found = orders::list(&app, &member.actor, filter.clone(), limit).await?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let url = format!("{}/orders", member.base());
    let page = Orders {
        shell: member.shell(Section::Orders),
        search: wanted.player.clone(),
        chips: chips(&url, &wanted, filter.status),
        paging: paging(&url, &wanted, &found, more),
        rows: rows(&app, &member, found).await?,
    };
    Ok(member.page(&page))
}

/// Orders with how their delivery stands.
pub(super) async fn rows(
    app: &App,
    member: &Member,
    orders: Vec<(Order, Vec<OrderItem>)>,
) -> Result<Vec<OrderRow>, Error> {
    let mut rows = Vec::with_capacity(orders.len());
    for (order, items) in orders {
        let commands = match order.paid_at {
            Some(_) => orders::delivery(app, member.store.id, order.id).await?,
            None => Vec::new(),
        };
        rows.push(OrderRow {
            number: format!("#{}", order.number),
            url: format!("{}/orders/{}", member.base(), order.id),
            player: order.player.username.to_string(),
            items: items.iter().map(item).collect::<Vec<_>>().join(", "),
            total: amount(order.total),
            status: status(order.status),
            // Of an order whose money went back only what failed is still news.
            delivery: commands::together(&commands)
                .filter(|it| order.status == OrderStatus::Paid || it.tone == Tone::Bad),
            when: when::ago(order.created_at, app.now()),
        });
    }
    Ok(rows)
}

/// An order's status in words.
pub(super) fn status(status: OrderStatus) -> Status {
    let tone = match status {
        OrderStatus::Pending => Tone::Busy,
        OrderStatus::Paid => Tone::Good,
        OrderStatus::Cancelled | OrderStatus::Refunded => Tone::Calm,
        OrderStatus::Chargeback => Tone::Bad,
    };
    Status::new(tone, word(status))
}

fn word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending => "Awaiting payment",
        OrderStatus::Paid => "Paid",
        OrderStatus::Cancelled => "Cancelled",
        OrderStatus::Refunded => "Refunded",
        OrderStatus::Chargeback => "Charged back",
    }
}

fn item(item: &OrderItem) -> String {
    match item.quantity {
        1 => item.package_name.clone(),
        quantity => format!("{quantity} × {}", item.package_name),
    }
}

fn chips(url: &str, wanted: &Wanted, current: Option<OrderStatus>) -> Vec<Chip> {
    let every = std::iter::once(None).chain(
        [
            OrderStatus::Paid,
            OrderStatus::Pending,
            OrderStatus::Refunded,
            OrderStatus::Cancelled,
            OrderStatus::Chargeback,
        ]
        .map(Some),
    );
    every
        .map(|status| {
            let value = status
                .map(|it| it.word().to_ascii_lowercase())
                .unwrap_or_default();
            let of_status = Wanted {
                player: wanted.player.clone(),
                status: value.clone(),
                ..Wanted::default()
            };
            Chip {
                label: status.map_or("All", word).to_owned(),
                url: of_status.url(url),
                current: status == current,
                value,
            }
        })
        .collect()
}

fn paging(url: &str, wanted: &Wanted, found: &[(Order, Vec<OrderItem>)], more: bool) -> Paging {
    let trail: Vec<_> = wanted
        .trail
        .split('.')
        .filter(|id| !id.is_empty())
        .collect();
    let pages_before = wanted.before.map_or(0, |_| trail.len() + 1);
    let first = pages_before * PER_PAGE + 1;
    let text = if pages_before == 0 && !more {
        counted(
            i64::try_from(found.len()).unwrap_or(i64::MAX),
            "order",
            "orders",
        )
    } else {
        format!("{first} to {}", first + found.len().saturating_sub(1))
    };
    let newer = wanted.before.map(|_| Wanted {
        before: trail.last().and_then(|id| id.parse().ok()),
        trail: trail
            .split_last()
            .map(|(_, rest)| rest.join("."))
            .unwrap_or_default(),
        ..wanted.clone()
    });
    let last = found.last().filter(|_| more);
    let older = last.map(|(order, _)| {
        let here = wanted.before.map(|id| id.0.simple().to_string());
        let trail: Vec<_> = trail.iter().copied().chain(here.as_deref()).collect();
        Wanted {
            before: Some(order.id),
            trail: trail.join("."),
            ..wanted.clone()
        }
    });
    Paging {
        text,
        newer: newer.map(|wanted| wanted.url(url)),
        older: older.map(|wanted| wanted.url(url)),
    }
}

impl Wanted {
    fn url(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let before = self
            .before
            .map(|id| id.0.simple().to_string())
            .unwrap_or_default();
        let pairs = [
            ("player", &self.player),
            ("status", &self.status),
            ("before", &before),
            ("trail", &self.trail),
        ];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        match query.finish().as_str() {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}
