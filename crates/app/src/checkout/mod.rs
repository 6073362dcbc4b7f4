//! Checkout sessions: a basket that was checked and priced, and waits to be paid.

mod goods;

use jiff::ToSpan as _;
use tradepost_db::checkout as db;
use tradepost_model::checkout::{MAX_LINES, Origin, Session, SessionItem, SessionStatus};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{PackageId, ServerId, SessionId, StoreId};
use tradepost_model::packages::Package;
use tradepost_model::players::Player;
use tradepost_model::pricing::{PriceLine, Quote, price};
use tradepost_model::stores::Store;

use crate::jobs::{self, Kind};
use crate::{App, Error, Result};
use goods::Goods;

/// A line of a basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub package: PackageId,
    /// How many.
    pub quantity: u32,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
}

/// What a session is made of.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Who receives.
    pub player: Player,
    /// The buyer's address.
    pub email: Option<String>,
    /// What is bought.
    pub lines: Vec<Line>,
    /// Where it ends.
    pub origin: Origin,
    /// The maker's own reference.
    pub client_reference: Option<String>,
    /// The maker's own data.
    pub metadata: Option<serde_json::Value>,
    /// How long it lives, in seconds.
    pub expires_in: i64,
    /// Two with one key make one session.
    pub idempotency_key: Option<String>,
}

/// A line of a basket with what it stands for now; `package` is `None` where it is gone.
#[derive(Clone, Debug)]
pub struct BasketLine {
    /// As it was put there.
    pub line: Line,
    /// The package, where it can be bought.
    pub package: Option<Package>,
    /// What stands in the way, for people.
    pub problem: Option<String>,
}

/// A basket as it stands now: prices, and what stands in the way.
#[derive(Clone, Debug)]
pub struct Basket {
    /// The lines, as given.
    pub lines: Vec<BasketLine>,
    /// The prices of the lines that can be bought, in their order.
    pub quote: Quote,
}

impl Basket {
    /// Whether it can go to the checkout.
    pub fn is_ready(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.problem.is_none())
    }
}

/// Looks at a basket. The player decides about limits per player, where one is known.
pub async fn look(
    app: &App,
    store: &Store,
    lines: &[Line],
    player: Option<&Player>,
) -> Result<Basket> {
    let (id, currency, lines) = (store.id, store.currency, lines.to_vec());
    let player = player.cloned();
    let lines = app
        .read(async move |conn| {
            let mut goods = Goods::default();
            let mut looked = Vec::with_capacity(lines.len());
            for line in &lines {
                goods.load(conn, id, line.package, currency).await?;
                let problem = goods.problem(conn, id, line, player.as_ref()).await?;
                let package = goods
                    .packages
                    .get(&line.package)
                    .map(|(package, _)| package.clone());
                looked.push(BasketLine {
                    line: *line,
                    package,
                    problem,
                });
            }
            Ok(looked)
        })
        .await?;
    let quote = price(&price_lines(&lines), currency).map_err(|error| {
        Error::refused(
            "total_too_large",
            format!("This basket costs too much for one order: {error}."),
        )
    })?;
    Ok(Basket { lines, quote })
}

/// Makes a session. Errors: everything that stands in the way, as one message each; an idempotency
/// key that made a session which is no longer open.
pub async fn create(app: &App, store: &Store, new: NewSession) -> Result<Session> {
    if new.lines.is_empty() {
        return Err(Error::invalid("items", "must have at least one item"));
    }
    if new.lines.len() > MAX_LINES {
        return Err(Error::invalid(
            "items",
            format!(
                "must have at most {MAX_LINES} items, this has {}",
                new.lines.len()
            ),
        ));
    }
    if let Some(key) = &new.idempotency_key
        && let Some(session) = reuse(app, store, key).await?
    {
        return Ok(session);
    }
    let basket = look(app, store, &new.lines, Some(&new.player)).await?;
    let mut errors = FieldErrors::default();
    for line in &basket.lines {
        if let Some(problem) = &line.problem
            && errors.0.iter().all(|known| known.reason != *problem)
        {
            errors.add("", problem.clone());
        }
    }
    errors.into_result()?;
    let session = assemble(app, store, &new, basket);
    let (row, key, id) = (session.clone(), new.idempotency_key.clone(), app.id());
    let inserted = app
        .write(async move |tx| {
            if !db::insert(tx, &row, key.as_deref()).await? {
                return Ok(false);
            }
            let (due_at, now) = (row.expires_at, row.created_at);
            jobs::enqueue(
                tx,
                row.store,
                id,
                Kind::ExpireSession,
                row.id.as_str(),
                due_at,
                now,
            )
            .await?;
            Ok(true)
        })
        .await?;
    match new.idempotency_key {
        Some(key) if !inserted => reuse(app, store, &key)
            .await?
            .ok_or_else(|| Error::internal("a session vanished")),
        _ if !inserted => Err(Error::internal("a session id was taken")),
        _ => Ok(session),
    }
}

/// A session by its identity.
pub async fn find(app: &App, session: &SessionId) -> Result<Session> {
    let id = session.clone();
    let found = app
        .read(async move |conn| Ok(db::find(conn, &id).await?))
        .await?;
    found.ok_or(Error::NotFound("checkout session"))
}

/// Cancels an open session and what it holds. A session that ended stays as it is.
pub async fn cancel(app: &App, session: &Session) -> Result<()> {
    let (store, id, now) = (session.store, session.id.clone(), app.now());
    app.write(async move |tx| {
        db::lock(tx, store, &id).await?;
        if !db::cancel(tx, store, &id, now).await? {
            return Ok(());
        }
        if let Some(order) = tradepost_db::orders::by_session(tx, store, &id).await?
            && tradepost_db::orders::cancel(
                tx,
                store,
                order.id,
                "The buyer went back before paying.",
                now,
            )
            .await?
        {
            crate::orders::reservation::let_go(tx, store, &order).await?;
        }
        Ok(())
    })
    .await
}

/// Job: expires a session whose time ran out.
pub(crate) async fn expire(app: &App, store: StoreId, session: &str) -> Result<()> {
    let Some(id) = SessionId::parse(session) else {
        return Ok(());
    };
    let now = app.now();
    app.write(async move |tx| Ok(db::expire(tx, store, &id, now).await?))
        .await
        .map(|_| ())
}

/// Where a buyer goes after an API session, with the placeholders filled in.
pub fn return_url(template: &str, session: &Session) -> String {
    let order = session
        .order
        .map(|order| order.to_string())
        .unwrap_or_default();
    template
        .replace("{CHECKOUT_SESSION_ID}", session.id.as_str())
        .replace("{ORDER_ID}", &order)
}

/// The address of a session's checkout page.
pub fn page_url(app: &App, session: &SessionId) -> String {
    format!("{}/checkout/{session}", app.settings.public_url)
}

/// The origins that checkouts of a store may return to. Errors: none is allowed, so that the API
/// cannot make sessions.
pub async fn return_origins(app: &App, store: StoreId) -> Result<Vec<String>> {
    let origins = app
        .read(async move |conn| Ok(tradepost_db::stores::origins(conn, store).await?))
        .await?;
    if origins.is_empty() {
        return Err(Error::refused(
            "checkout_disabled",
            "API checkout is not enabled for this store.",
        ));
    }
    Ok(origins)
}

/// Checks an address that a buyer is sent back to: its origin must be one of those allowed, scheme,
/// host and port; its path may be any. Gives the reason against it.
pub fn check_return_url(app: &App, origins: &[String], address: &str) -> Result<(), String> {
    let url = url::Url::parse(address)
        .map_err(|_| "must be a URL such as https://shop.example.com/done".to_owned())?;
    let is_local = url.scheme() == "http" && url.host_str() == Some("localhost");
    if url.scheme() != "https" && !(app.settings.dev && is_local) {
        return Err("URL scheme must be https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || address.len() > 2000 {
        return Err("must have no user name or password and at most 2000 characters".to_owned());
    }
    let origin = url.origin().ascii_serialization();
    let any_port = is_local
        && origins
            .iter()
            .any(|allowed| allowed == "http://localhost:*");
    if origins.contains(&origin) || any_port {
        Ok(())
    } else {
        Err(format!("URL origin ({origin}) is not in the allow-list"))
    }
}

/// The session that an idempotency key made, where it is still open. Errors: it has ended.
pub async fn reuse(app: &App, store: &Store, key: &str) -> Result<Option<Session>> {
    let (id, key) = (store.id, key.to_owned());
    let Some(session) = app
        .read(async move |conn| Ok(db::by_key(conn, id, &key).await?))
        .await?
    else {
        return Ok(None);
    };
    match session.status_at(app.now()) {
        SessionStatus::Open => Ok(Some(session)),
        ended => Err(Error::refused(
            "idempotency_key_used",
            format!(
                "Idempotency-Key already used by {} session {}",
                ended.word(),
                session.id
            ),
        )),
    }
}

fn assemble(app: &App, store: &Store, new: &NewSession, basket: Basket) -> Session {
    let now = app.now();
    let items = basket
        .lines
        .into_iter()
        .zip(basket.quote.lines)
        .map(|(line, priced)| SessionItem {
            package: priced.package,
            name: line.package.map(|package| package.name).unwrap_or_default(),
            quantity: line.line.quantity,
            server: line.line.server,
            unit_price: priced.unit_price,
            total: priced.total,
            rules: priced.rules,
        });
    Session {
        id: SessionId::from_random(&app.ids.token(SessionId::RANDOM)),
        store: store.id,
        status: SessionStatus::Open,
        origin: new.origin.clone(),
        player: new.player.clone(),
        email: new.email.clone(),
        items: items.collect(),
        total: basket.quote.total,
        client_reference: new.client_reference.clone(),
        metadata: new.metadata.clone(),
        order: None,
        expires_at: now + new.expires_in.seconds(),
        created_at: now,
    }
}

fn price_lines(lines: &[BasketLine]) -> Vec<PriceLine> {
    let priced = lines.iter().filter_map(|line| {
        let package = line.package.as_ref()?;
        Some(PriceLine {
            package: package.id,
            quantity: line.line.quantity,
            list_price: package.price,
        })
    });
    priced.collect()
}
