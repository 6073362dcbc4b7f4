//! Checkout sessions: a basket that was checked and priced, and waits to be paid.

mod codes;
mod contact;
mod goods;
mod list;
mod tries;
mod urls;

use jiff::ToSpan as _;
use std::net::IpAddr;
use tradepost_db::{Conn, Tx, checkout as db, orders};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{
    Amounts, Entered, MAX_LINES, Origin, Session, SessionItem, SessionStatus,
};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{PackageId, ServerId, SessionId, StoreId};
use tradepost_model::packages::Package;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::{Player, Username};
use tradepost_model::pricing::{PriceLine, Quote, price};
use tradepost_model::stores::Store;

use crate::bans::{self, Who};
use crate::jobs::{self, Kind};
use crate::{Actor, App, Error, Result};
use goods::Goods;

pub(crate) use codes::{of_session, refresh};
pub use codes::{set_coupon, set_gift_card};
pub use contact::set_email;
pub(crate) use goods::{Trials, refuse_unmet, shape, with_ancestors};
pub use list::{Filter, list};
pub use urls::{check_return_url, page_url, return_origins, return_url};

/// A line of a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub package: PackageId,
    /// How many.
    pub quantity: u32,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
    /// What the buyer chose to pay for one, as a decimal, where the package lets them.
    pub custom_price: Option<String>,
    /// What the buyer entered for it.
    pub inputs: Entered,
}

impl Line {
    /// A line that asks nothing of its buyer.
    pub fn plain(package: PackageId, quantity: u32, server: Option<ServerId>) -> Self {
        Self {
            package,
            quantity,
            server,
            custom_price: None,
            inputs: Entered::new(),
        }
    }
}

/// What a session is made of.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Who buys.
    pub buyer: Player,
    /// Who receives, where it is a gift.
    pub gift: Option<Username>,
    /// The buyer's address.
    pub email: Option<String>,
    /// Where the buyer's browser is; nothing is known of it where a program makes the session.
    pub ip: Option<IpAddr>,
    /// What is bought.
    pub lines: Vec<Line>,
    /// A coupon's code.
    pub coupon_code: Option<String>,
    /// A gift card's code.
    pub gift_card_code: Option<String>,
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

impl NewSession {
    /// A gift to the buyer is none.
    fn without_gift_to_oneself(mut self) -> Self {
        let own = self.buyer.username.key();
        self.gift = self.gift.filter(|receiver| receiver.key() != own);
        self
    }

    /// Who receives.
    pub fn receiver(&self) -> Player {
        match &self.gift {
            Some(username) => Player {
                username: username.clone(),
                uuid: None,
            },
            None => self.buyer.clone(),
        }
    }
}

/// Something in the way of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The member of the line it is about, as in the API: `serverId`, `inputs.colour`; empty for the line.
    pub member: String,
    /// A sentence for people.
    pub text: String,
}

/// A line of a basket with what it stands for now; `package` is `None` where it is gone.
#[derive(Clone, Debug)]
pub struct BasketLine {
    /// As it was put there.
    pub line: Line,
    /// The package, where it can be bought.
    pub package: Option<Package>,
    /// What its price is made of, where it can be bought.
    pub price: Option<PriceLine>,
    /// What the buyer entered, as it is kept.
    pub inputs: Entered,
    /// All that stands in the way, for people.
    pub problems: Vec<Problem>,
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
        !self.lines.is_empty() && self.lines.iter().all(|line| line.problems.is_empty())
    }
}

/// Looks at a basket. The player who receives decides about limits and what must be owned, where one is
/// known.
pub async fn look(
    app: &App,
    store: &Store,
    lines: &[Line],
    player: Option<&Player>,
) -> Result<Basket> {
    let (store, lines) = (store.clone(), lines.to_vec());
    let (player, now) = (player.cloned(), app.now());
    app.read(async move |conn| {
        look_in(conn, &store, &lines, player.as_ref(), Trials::Offered, now).await
    })
    .await
}

/// Looks at a basket, with the connection given.
pub(crate) async fn look_in(
    conn: &mut Conn,
    store: &Store,
    lines: &[Line],
    player: Option<&Player>,
    trials: Trials,
    now: Timestamp,
) -> Result<Basket> {
    let mut goods = Goods::load(conn, store, lines, trials, now).await?;
    let mut looked = Vec::with_capacity(lines.len());
    for line in lines {
        looked.push(goods.look(conn, line, player).await?);
    }
    let priced: Vec<_> = looked
        .iter()
        .filter_map(|line| line.price.clone())
        .collect();
    let quote = price(&priced, None, None, store.currency).map_err(codes::too_much)?;
    Ok(Basket {
        lines: looked,
        quote,
    })
}

/// Makes a session. Errors: everything that stands in the way, as one message each; an idempotency
/// key that made a session which is no longer open. A key that is known already is best looked up with
/// [`reuse`] first, whatever else was asked for.
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
    let new = new.without_gift_to_oneself();
    let mut errors = FieldErrors::default();
    let session = put_together(app, store, &new, Some(&new.receiver()), &mut errors).await?;
    errors.into_result()?;
    let (row, key, id) = (session.clone(), new.idempotency_key.clone(), app.id());
    let ip = new.ip;
    let inserted = app
        .write(async move |tx| {
            let who = Who {
                players: &[&row.buyer, &row.receiver()],
                ip,
            };
            bans::refuse(tx, row.store, &who, row.created_at).await?;
            if !db::insert(tx, &row, key.as_deref()).await? {
                return Ok(false);
            }
            let (due_at, now) = (row.expires_at, row.created_at);
            let (kind, subject) = (Kind::ExpireSession, row.id.as_str());
            jobs::enqueue(tx, row.store, id, kind, subject, due_at, now).await?;
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

/// All that is wrong with a session that is not made, since some of what it was asked for with could not be
/// read: that, and what stands in the way of the rest. `receiver` is who receives, where that could be read.
pub async fn faults(
    app: &App,
    store: &Store,
    new: NewSession,
    receiver: Option<&Player>,
    mut errors: FieldErrors,
) -> Result<FieldErrors> {
    put_together(app, store, &new, receiver, &mut errors).await?;
    Ok(errors)
}

/// A session as it would be; notes all that stands in its way.
async fn put_together(
    app: &App,
    store: &Store,
    new: &NewSession,
    receiver: Option<&Player>,
    errors: &mut FieldErrors,
) -> Result<Session> {
    let basket = look(app, store, &new.lines, receiver).await?;
    for problem in basket.lines.iter().flat_map(|line| &line.problems) {
        if errors.0.iter().all(|known| known.reason != problem.text) {
            errors.add("", problem.text.clone());
        }
    }
    let session = assemble(app, store, new, basket);
    codes::enter(app, store, new, session, errors).await
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
    let (app_, store, id) = (app.clone(), session.store, session.id.clone());
    let reason = "The buyer went back before paying.".to_owned();
    app.write(async move |tx| cancel_in(app_.clone(), tx, store, id.clone(), reason.clone()).await)
        .await
}

/// Ends an open session for whoever made it; one that has ended stays as it is. Gives it as it is then.
/// Errors: no such session.
pub async fn end(app: &App, tx: &mut Tx, actor: &Actor, id: &SessionId) -> Result<Session> {
    actor.require(Area::Orders, Access::Edit)?;
    const NONE: Error = Error::NotFound("checkout session");
    let found = db::find(tx, id).await?;
    found.filter(|it| it.store == actor.store).ok_or(NONE)?;
    let reason = "The store ended the checkout before it was paid.";
    cancel_in(app.clone(), tx, actor.store, id.clone(), reason.to_owned()).await?;
    db::find(tx, id).await?.ok_or(NONE)
}

// Owned arguments: the future would not be `Send` otherwise.
async fn cancel_in(
    app: App,
    tx: &mut Tx,
    store: StoreId,
    id: SessionId,
    reason: String,
) -> Result<()> {
    let now = app.now();
    db::lock(tx, store, &id).await?;
    if !db::cancel(tx, store, &id, now).await? {
        return Ok(());
    }
    if let Some(order) = orders::by_session(tx, store, &id).await?
        && orders::cancel(tx, store, order.id, &reason, now).await?
    {
        crate::orders::reservation::let_go(&app, tx, store, &order).await?;
    }
    Ok(())
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

/// A session as the lines alone make it, without codes.
fn assemble(app: &App, store: &Store, new: &NewSession, basket: Basket) -> Session {
    let now = app.now();
    let amounts = Amounts::from(&basket.quote);
    // A line that cannot be bought has no price; the session is then never made.
    let items = basket
        .lines
        .into_iter()
        .filter_map(|line| Some((line.package?, line.price?, line.line, line.inputs)))
        .zip(basket.quote.lines)
        .map(|((package, price, line, inputs), priced)| SessionItem {
            package: package.id,
            shape: goods::shape(&package),
            name: package.name,
            quantity: line.quantity,
            server: line.server,
            inputs,
            line: price,
            priced,
        });
    Session {
        id: SessionId::from_random(&app.ids.token(SessionId::RANDOM)),
        store: store.id,
        status: SessionStatus::Open,
        origin: new.origin.clone(),
        buyer: new.buyer.clone(),
        gift: new.gift.clone(),
        email: new.email.clone(),
        items: items.collect(),
        amounts,
        coupon: None,
        gift_card: None,
        client_reference: new.client_reference.clone(),
        metadata: new.metadata.clone(),
        order: None,
        expires_at: now + new.expires_in.seconds(),
        created_at: now,
    }
}
