//! One order: who, what, money, commands.

use askama::Template as _;
use axum::extract::State;
use serde::Deserialize;
use tradepost_app::live::Change;
use tradepost_app::orders::Details;
use tradepost_app::{App, orders, servers};
use tradepost_model::ids::{OrderId, ServerId};
use tradepost_model::names::mask_email;
use tradepost_model::orders::{Order as Made, OrderItem, OrderStatus};
use tradepost_model::payments::PaymentStatus;

use super::member::{Asked, Id, if_allowed};
use super::money::amount;
use super::orders::status;
use super::{Member, Outcome, commands};
use crate::dashboard::{Fact, Order, OrderCommands, OrderLine, Section, Transition};
use crate::view::Tone;
use crate::web::{live_fragment, when};

pub(super) async fn show(State(app): State<App>, member: Member, Id(id): Id<OrderId>) -> Outcome {
    let details = orders::find(&app, &member.actor, id).await?;
    let servers = if_allowed(servers::list(&app, &member.actor).await)?;
    let server_name = |id: ServerId| {
        let known = servers.iter().find(|(state, _)| state.server.id == id);
        known.map(|(state, _)| state.server.name.clone())
    };
    let (payments, facts) = (payments(&details), facts(&details.order));
    let shown = fragment(&app, &member, details.order.status, &details);
    let Details {
        order,
        items,
        payments: _,
        commands: _,
    } = details;
    let page = Order {
        shell: member.shell(Section::Orders),
        number: format!("#{}", order.number),
        status: status(order.status),
        when: when::in_full(order.created_at),
        player: order.player.username.to_string(),
        facts,
        lines: items
            .into_iter()
            .map(|item| line(item, server_name))
            .collect(),
        sums: Vec::new(),
        total: amount(order.total),
        payments,
        commands: shown,
    };
    Ok(member.page(&page))
}

/// The commands again and again, as they change.
pub(super) async fn live(
    State(app): State<App>,
    member: Member,
    Id(id): Id<OrderId>,
    Asked(shown): Asked<Shown>,
) -> Outcome {
    orders::find(&app, &member.actor, id).await?;
    let store = member.store.id;
    let wants = move |change| {
        matches!(change, Change::Order(order) if order == id) || matches!(change, Change::Server(_))
    };
    let shown = OrderStatus::parse(&shown.status.unwrap_or_default());
    let render = {
        let app = app.clone();
        move || {
            let (app, member) = (app.clone(), member.clone());
            async move {
                let actor = member.still(&app).await?;
                let details = orders::find(&app, &actor, id).await.ok()?;
                let shown = shown.unwrap_or(details.order.status);
                fragment(&app, &member, shown, &details).render().ok()
            }
        }
    };
    Ok(live_fragment(&app, store, wants, render))
}

/// What the page showed when it was loaded.
#[derive(Default, Deserialize)]
pub(super) struct Shown {
    status: Option<String>,
}

fn fragment(app: &App, member: &Member, shown: OrderStatus, details: &Details) -> OrderCommands {
    let order = &details.order;
    let commands = details.commands.iter().cloned();
    OrderCommands {
        commands: commands
            .map(|it| commands::of_order(it, app.now()))
            .collect(),
        reload: order.status != shown,
        live_url: format!(
            "{}/orders/{}/live?status={}",
            member.base(),
            order.id,
            shown.word()
        ),
    }
}

fn facts(order: &Made) -> Vec<Fact> {
    let uuid = order.player.uuid.map(|uuid| uuid.to_string());
    let email = order
        .email
        .as_deref()
        .map_or_else(|| "Not given".to_owned(), mask_email);
    let origin = if order.session.is_some() {
        "Checkout"
    } else {
        "Made by hand or by an integration"
    };
    [
        ("UUID", uuid),
        ("E-mail", Some(email)),
        ("Came from", Some(origin.to_owned())),
        ("Payment method", Some(order.provider.clone())),
        ("Why it was cancelled", order.reason.clone()),
    ]
    .into_iter()
    .filter_map(|(label, value)| {
        Some(Fact {
            label: label.to_owned(),
            value: value?,
        })
    })
    .collect()
}

fn line(item: OrderItem, server_name: impl Fn(ServerId) -> Option<String>) -> OrderLine {
    let server = item.server.and_then(server_name);
    let explanation = match item.quantity {
        1 => Vec::new(),
        quantity => vec![format!("{quantity} × {}", amount(item.unit_price))],
    };
    OrderLine {
        name: item.package_name,
        quantity: item.quantity,
        server: server.map(|name| format!("On {name}")).unwrap_or_default(),
        total: amount(item.total),
        explanation,
    }
}

fn payments(details: &Details) -> Vec<Transition> {
    let order = &details.order;
    let at = |tone, text: &str, detail: String, at| Transition {
        text: text.to_owned(),
        tone,
        detail,
        when: when::to_the_second(at, order.created_at),
    };
    let mut history = vec![at(
        Tone::Calm,
        "Order made",
        String::new(),
        order.created_at,
    )];
    for record in &details.payments {
        let money = amount(record.payment.amount);
        let (tone, text) = match record.payment.status {
            PaymentStatus::Pending => (Tone::Busy, format!("Payment of {money} started")),
            PaymentStatus::Paid => (Tone::Good, format!("{money} received")),
            PaymentStatus::Declined => (Tone::Warn, "Payment declined".to_owned()),
            PaymentStatus::Refunding => (Tone::Busy, format!("Sending {money} back")),
            PaymentStatus::Refunded => (Tone::Calm, format!("{money} sent back")),
            PaymentStatus::Review => (
                Tone::Bad,
                "The amount received is another than asked for".to_owned(),
            ),
        };
        let named = format!("{} {}", record.payment.gateway, record.payment.reference);
        let detail = match &record.note {
            Some(note) => format!("{named}: {note}"),
            None => named,
        };
        history.push(at(tone, &text, detail, record.updated_at));
    }
    if let (Some(paid_at), true) = (order.paid_at, details.payments.is_empty()) {
        history.push(at(
            Tone::Good,
            "Counts as paid",
            order.provider.clone(),
            paid_at,
        ));
    }
    if order.status == OrderStatus::Cancelled {
        let reason = order.reason.clone().unwrap_or_default();
        history.push(at(Tone::Calm, "Order cancelled", reason, order.updated_at));
    }
    history
}
