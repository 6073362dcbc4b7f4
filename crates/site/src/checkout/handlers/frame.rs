//! What the pages around a payment share: the frame, the lines, the total.

use tradepost_app::{App, Error, Result, catalog};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{Origin, Session};
use tradepost_model::money::Money;
use tradepost_model::pricing::Rule;
use tradepost_model::stores::Store;
use url::Url;

use crate::accent::DEFAULT;
use crate::checkout::{Frame, Line, Totals};
use crate::storefront::LANGUAGE;
use crate::view::When;
use crate::web::{Visitor, when};

/// The frame of a store's page.
pub(super) fn of_store(visitor: &Visitor, store: &Store) -> Frame {
    let base = shop(store);
    Frame {
        store_name: store.name.clone(),
        store_url: base.clone(),
        base,
        accent: store.accent.clone(),
        test_mode: store.test_mode,
        ..of_nobody(visitor)
    }
}

/// The frame of a page that belongs to no store we know.
pub(super) fn of_nobody(visitor: &Visitor) -> Frame {
    Frame {
        doc: visitor.document(LANGUAGE),
        store_name: String::new(),
        store_url: String::new(),
        base: String::new(),
        logo_url: None,
        accent: DEFAULT.to_owned(),
        contact_url: None,
        terms_url: None,
        test_mode: false,
        notice: None,
    }
}

/// The store's shop, on any host.
pub(super) fn shop(store: &Store) -> String {
    format!("/s/{}", store.subdomain)
}

/// The origins that a session's forms may lead to: browsers check redirects as well.
pub(super) fn origins(session: &Session) -> String {
    let Origin::Api {
        success_url,
        cancel_url,
    } = &session.origin
    else {
        return String::new();
    };
    let urls = [success_url, cancel_url]
        .into_iter()
        .filter_map(|url| Url::parse(url).ok());
    let mut origins: Vec<_> = urls.map(|url| url.origin().ascii_serialization()).collect();
    origins.dedup();
    origins.join(" ")
}

/// The lines of a session.
pub(super) async fn lines(app: &App, store: &Store, session: &Session) -> Result<Vec<Line>, Error> {
    let servers = catalog::servers(app, store).await?;
    let catalog = catalog::of_store(app, store).await?;
    let hours = |id| {
        let package = catalog.packages.iter().find(|it| it.id == id);
        package.and_then(|it| it.timed_hours)
    };
    let lines = session.items.iter().map(|item| {
        let server = item
            .server
            .and_then(|id| servers.iter().find(|it| it.server.id == id));
        let told = item
            .rules
            .iter()
            .filter(|rule| !matches!(rule, Rule::ListPrice { quantity: 1, .. }));
        Line {
            name: item.name.clone(),
            quantity: item.quantity,
            server: server
                .map(|state| format!("On {}", state.server.name))
                .unwrap_or_default(),
            total: item.total.into(),
            explanation: hours(item.package)
                .map(|hours| format!("For {}", when::span(hours.saturating_mul(item.quantity))))
                .into_iter()
                .chain(told.map(Rule::explain))
                .collect(),
        }
    });
    Ok(lines.collect())
}

/// The sum of a session or an order.
pub(super) fn totals(total: Money) -> Totals {
    Totals {
        rows: Vec::new(),
        total: total.into(),
        note: None,
    }
}

/// When a step of a day's delivery happened: "18:04:02", and the day where it is another.
pub(super) fn time(at: Timestamp, day: Timestamp) -> When {
    let same_day = at.strftime("%F").to_string() == day.strftime("%F").to_string();
    let format = if same_day {
        "%H:%M:%S"
    } else {
        "%-d %b, %H:%M:%S"
    };
    When::new(&at.to_string(), &at.strftime(format).to_string())
}
