//! What the pages around a payment share: the frame, the lines, the total.

use jiff::ToSpan as _;
use tradepost_app::{App, Error, Result, catalog};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{Origin, SUBSCRIPTION, Session, SessionItem};
use tradepost_model::money::Money;
use tradepost_model::packages::{Interval, Package};
use tradepost_model::pricing::{Base, Rule};
use tradepost_model::stores::Store;
use tradepost_model::subscriptions::Every;
use url::Url;

use crate::accent::DEFAULT;
use crate::checkout::{Frame, Line, Rhythm, Totals};
use crate::storefront::{LANGUAGE, free, rhythm as words};
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
    let lines = session.items.iter().map(|item| {
        let server = item
            .server
            .and_then(|id| servers.iter().find(|it| it.server.id == id));
        let package = catalog.packages.iter().find(|it| it.id == item.package);
        Line {
            name: item.name.clone(),
            quantity: item.quantity,
            server: server
                .map(|state| format!("On {}", state.server.name))
                .unwrap_or_default(),
            entered: entered(item, package),
            total: item.priced.subtotal.into(),
            was: before_sale(item).map(Into::into),
            explanation: explanation(item, package),
        }
    });
    Ok(lines.collect())
}

/// What was entered, by the labels that the buyer read, and in their order.
fn entered(item: &SessionItem, package: Option<&Package>) -> Vec<(String, String)> {
    let asked = || package.iter().flat_map(|it| &it.inputs);
    let known = asked().filter_map(|input| {
        let answer = item.inputs.get(&input.name)?;
        Some((input.label.clone(), answer.clone()))
    });
    let unknown = |name: &String| asked().all(|input| input.name != *name);
    let rest = item.inputs.iter().filter(|(name, _)| unknown(name));
    let rest = rest.map(|(name, answer)| (name.clone(), answer.clone()));
    known.chain(rest).collect()
}

/// How the price of a line comes about, and what it is the price of.
fn explanation(item: &SessionItem, package: Option<&Package>) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(hours) = package.and_then(Package::timed_hours) {
        let hours = hours.saturating_mul(item.quantity);
        told.push(format!("For {}", when::span(hours)));
    }
    if let Some(every) = every(&item.shape) {
        let rhythm = words(every.interval, every.count);
        told.push(format!("Subscription, {rhythm}"));
    }
    let rules = item.priced.rules.iter();
    let rules = rules.filter(|rule| !matches!(rule, Rule::ListPrice { quantity: 1, .. }));
    told.extend(rules.map(Rule::explain));
    told
}

/// What a line would cost without its sale.
fn before_sale(item: &SessionItem) -> Option<Money> {
    let was = item.priced.rules.iter().find_map(|rule| match rule {
        Rule::Sale { was, .. } => Some(*was),
        _ => None,
    });
    was?.checked_mul(item.quantity).ok()
}

/// Who pays, where it is a gift.
pub(super) fn giver(session: &Session) -> Option<String> {
    session.gift.as_ref()?;
    Some(session.buyer.username.as_str().to_owned())
}

/// How a subscription goes on after today, where there is one.
pub(super) fn rhythm(session: &Session, now: Timestamp) -> Option<Rhythm> {
    let item = session.items.iter().find(|it| every(&it.shape).is_some())?;
    let every = every(&item.shape)?;
    let trial = match item.line.base {
        Base::Trial { days } => Some(days),
        _ => None,
    };
    let next = match trial {
        Some(days) => now.checked_add((i64::from(days) * 24).hours()).ok(),
        None => Some(every.next_end(now, now)),
    };
    Some(Rhythm {
        price: item.line.list_price.into(),
        every: words(every.interval, every.count),
        trial: trial.map(free),
        from: next.map(|at| when::day(at).text),
    })
}

/// The rhythm in a line's shape: "subscription/1/month".
fn every(shape: &str) -> Option<Every> {
    let (count, interval) = shape.strip_prefix(SUBSCRIPTION)?.split_once('/')?;
    Some(Every {
        interval: Interval::parse(interval)?,
        count: count.parse().ok()?,
    })
}

/// The sum of a session: what is to pay, and what brought it there from the sum of the lines.
pub(super) fn totals(session: &Session) -> Totals {
    let amounts = session.amounts;
    let mut rows = Vec::new();
    let mut row = |name: String, sign: &str, amount: Money| {
        if !amount.is_zero() {
            rows.push((name, format!("{sign}{amount}")));
        }
    };
    if amounts.due != amounts.subtotal {
        row("Subtotal".to_owned(), "", amounts.subtotal);
    }
    if let Some(coupon) = &session.coupon {
        row(format!("Coupon {}", coupon.code), "-", amounts.discount);
    }
    row("Tax".to_owned(), "", amounts.tax);
    row("Gift card".to_owned(), "-", amounts.gift_card);
    Totals {
        rows,
        total: amounts.due.into(),
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
