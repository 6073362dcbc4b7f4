//! The list of gift cards: filtered by how they stand, 25 to a page.

use axum::extract::State;
use serde::Deserialize;
use tradepost_app::lists::Span;
use tradepost_app::{App, gift_cards};
use tradepost_model::Timestamp;
use tradepost_model::gift_cards::{GiftCard, GiftCardStatus};
use tradepost_model::ids::GiftCardId;
use tradepost_model::permissions::{Access, Area};

use super::member::Asked;
use super::money::{amount, counted};
use super::trail::Trail;
use super::{Member, Outcome};
use crate::dashboard::{Chip, GiftCardRow, GiftCards, Paging, Section};
use crate::view::{Status, Tone};
use crate::web::when;

const PER_PAGE: u32 = 25;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    status: String,
    /// The last gift card of the page before; none on the first page.
    before: Option<GiftCardId>,
    trail: String,
}

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
    Asked(wanted): Asked<Wanted>,
) -> Outcome {
    let span = Span {
        after: wanted.before.map(|id| id.0),
        ..Span::first(PER_PAGE)
    };
    let status = GiftCardStatus::parse(&wanted.status);
    let found = match status {
        Some(status) => gift_cards::of_status(&app, &member.actor, status, span).await?,
        None => gift_cards::list(&app, &member.actor, span).await?,
    };
    let url = url(&member);
    let total = found.total.filter(|_| !found.capped).map(i64::from);
    let now = app.now();
    let page = GiftCards {
        shell: member.shell(Section::GiftCards),
        count: total
            .filter(|total| *total > 0)
            .map(|total| counted(total, "gift card", "gift cards"))
            .unwrap_or_default(),
        chips: chips(&url, status),
        paging: paging(&url, &wanted, &found.items, found.more),
        rows: found.items.iter().map(|it| row(&url, it, now)).collect(),
        may_make: member.actor.may(Area::GiftCards, Access::Edit),
    };
    Ok(member.page(&page))
}

/// Where gift cards are.
pub(super) fn url(member: &Member) -> String {
    format!("{}/gift-cards", member.base())
}

/// How a gift card stands, in words.
pub(super) fn status(card: &GiftCard, now: Timestamp) -> Status {
    let status = card.status_at(now);
    let tone = match status {
        GiftCardStatus::Active => Tone::Good,
        GiftCardStatus::Expired => Tone::Warn,
        GiftCardStatus::Redeemed | GiftCardStatus::Void => Tone::Calm,
    };
    Status::new(tone, word(status))
}

fn word(status: GiftCardStatus) -> &'static str {
    match status {
        GiftCardStatus::Active => "Active",
        GiftCardStatus::Redeemed => "Spent",
        GiftCardStatus::Expired => "Expired",
        GiftCardStatus::Void => "Void",
    }
}

fn row(url: &str, card: &GiftCard, now: Timestamp) -> GiftCardRow {
    GiftCardRow {
        recipient: card.recipient_name.clone(),
        url: format!("{url}/{}", card.id),
        amount: amount(card.amount),
        balance: amount(card.balance),
        held: (!card.held.is_zero()).then(|| amount(card.held)),
        status: status(card, now),
        made: when::ago(card.created_at, now),
        expires: card.expires_at.map(when::day),
    }
}

fn chips(url: &str, current: Option<GiftCardStatus>) -> Vec<Chip> {
    let every = std::iter::once(None).chain(GiftCardStatus::ALL.map(Some));
    every
        .map(|status| {
            let value = status.map_or("", GiftCardStatus::word);
            let wanted = Wanted {
                status: value.to_owned(),
                ..Wanted::default()
            };
            Chip {
                label: status.map_or("All", word).to_owned(),
                value: value.to_owned(),
                url: wanted.url(url),
                current: status == current,
            }
        })
        .collect()
}

fn paging(url: &str, wanted: &Wanted, found: &[GiftCard], more: bool) -> Paging {
    let trail = Trail {
        before: wanted.before.map(|id| id.0),
        trail: &wanted.trail,
    };
    let to = |(before, trail): (String, String)| {
        let wanted = Wanted {
            status: wanted.status.clone(),
            before: before.parse().ok(),
            trail,
        };
        wanted.url(url)
    };
    let first = trail.pages_before() * PER_PAGE as usize + 1;
    let older = found.last().filter(|_| more);
    Paging {
        text: format!("{first} to {}", first + found.len().saturating_sub(1)),
        newer: trail.newer().map(to),
        older: older.map(|last| to(trail.older(last.id.0))),
    }
}

impl Wanted {
    fn url(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let before = self.before.map(|id| id.0.simple().to_string());
        let pairs = [
            ("status", self.status.as_str()),
            ("before", before.as_deref().unwrap_or_default()),
            ("trail", &self.trail),
        ];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        match query.finish().as_str() {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}
