//! Payment gateways: one file each, one line here. A gateway only translates; it never sees the
//! database. Its notifications are kept first, answered, and then settled.

mod test;

use jiff::ToSpan as _;
use tradepost_db::payments as db;
use tradepost_model::ids::StoreId;
use tradepost_model::payments::{Notification, Outcome, Payment};
use tradepost_model::stores::Store;
use tradepost_model::subscriptions::Subscription;

use crate::jobs::{self, Kind};
use crate::orders::{Settled, settle};
use crate::secrets::Secrets;
use crate::{App, Error, Result};

pub use test::{Decision, TestGateway};

/// A payment gateway.
pub trait Gateway: Send + Sync {
    /// Its word in the database, in addresses and in events.
    fn word(&self) -> &'static str;
    /// Its public word.
    fn provider(&self) -> &'static str;
    /// What buyers read on its tile.
    fn title(&self) -> &'static str;
    /// Whether a store can use it.
    fn serves(&self, store: &Store) -> bool;
    /// The address that a buyer is sent to.
    fn start(&self, payment: &Payment) -> Result<String>;
    /// Verifies a notification and reads it. `signature` is the header the gateway signs with.
    fn read(&self, signature: &str, body: &[u8]) -> Result<Notification>;
    /// Asks for a subscription's next payment. Safe to call again: a payment is charged once, by its reference.
    /// Gives what the gateway tells of it, signature and body, where it answers at once.
    fn charge(&self, payment: &Payment, subscription: &Subscription) -> Result<Option<Told>>;
    /// Sends a payment back. Safe to call again.
    fn refund(&self, payment: &Payment) -> Result<()>;
}

/// What a gateway tells: the signature and the body.
pub type Told = (String, Vec<u8>);

/// The gateways there are.
pub struct Gateways {
    all: Vec<Box<dyn Gateway>>,
    /// The Test gateway, whose page is ours.
    pub test: TestGateway,
}

impl Gateways {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        let test = TestGateway::new(secrets);
        Self {
            all: vec![Box::new(test.clone())],
            test,
        }
    }

    /// The gateways that a store can use.
    pub fn of_store(&self, store: &Store) -> impl Iterator<Item = &dyn Gateway> {
        self.all
            .iter()
            .map(AsRef::as_ref)
            .filter(|gateway| gateway.serves(store))
    }

    /// A gateway by its word, where the store can use it.
    pub(crate) fn for_store(&self, store: &Store, word: &str) -> Result<&dyn Gateway> {
        let gateway = self.of_store(store).find(|gateway| gateway.word() == word);
        gateway.ok_or_else(|| Error::invalid("method", "choose one of the payment methods"))
    }

    /// A gateway by its word.
    pub(crate) fn by_word(&self, word: &str) -> Result<&dyn Gateway> {
        let gateway = self
            .all
            .iter()
            .map(AsRef::as_ref)
            .find(|gateway| gateway.word() == word);
        gateway.ok_or(Error::NotFound("gateway"))
    }
}

/// How long a notification's receiver has to settle it before a job does, in seconds.
const SETTLE_GRACE_SECONDS: i64 = 2;

/// A notification that is kept.
#[derive(Clone, Debug)]
pub struct Received {
    /// The store it is about.
    pub store: StoreId,
    /// The gateway's word.
    pub gateway: String,
    /// The gateway's id of the event.
    pub event_id: String,
}

/// Keeps a gateway's notification, to be settled next. Errors: a bad signature, an unreadable body,
/// a payment that is not ours.
pub async fn receive(app: &App, gateway: &str, signature: &str, body: &[u8]) -> Result<Received> {
    let told = app.gateways.by_word(gateway)?.read(signature, body)?;
    let (word, reference, now, id) = (
        gateway.to_owned(),
        told.reference.clone(),
        app.now(),
        app.id(),
    );
    let found = app
        .read(async move |conn| Ok(db::by_reference(conn, &word, &reference).await?))
        .await?;
    let (store, payment) = found.ok_or(Error::NotFound("payment"))?;
    let (word, event_id) = (gateway.to_owned(), told.event_id.clone());
    app.write(async move |tx| {
        let is_new = db::insert_event(tx, store, &word, payment.id, &told, now).await?;
        if is_new && told.outcome != Outcome::Pending {
            // Whoever received it settles it at once; the job is for the crash between the two.
            let subject = subject(&word, &told.event_id);
            let due_at = now + SETTLE_GRACE_SECONDS.seconds();
            jobs::enqueue(tx, store, id, Kind::Settle, &subject, due_at, now).await?;
        }
        Ok(())
    })
    .await?;
    Ok(Received {
        store,
        gateway: gateway.to_owned(),
        event_id,
    })
}

/// Settles a kept notification now; the job that stands for it is done by it.
pub async fn settle_now(app: &App, received: &Received) -> Result<Settled> {
    let (app_, told) = (app.clone(), received.clone());
    let work = async move { settle(&app_, told.store, &told.gateway, &told.event_id).await };
    app.to_the_end(work).await
}

/// What a settlement job is about: `{gateway}/{event id}`.
pub(crate) fn subject(gateway: &str, event_id: &str) -> String {
    format!("{gateway}/{event_id}")
}

/// A payment as its gateway's page shows it, with its store. Errors: no such payment.
pub async fn by_reference(app: &App, gateway: &str, reference: &str) -> Result<(Store, Payment)> {
    let (word, reference) = (gateway.to_owned(), reference.to_owned());
    let found = app
        .read(async move |conn| Ok(db::by_reference(conn, &word, &reference).await?))
        .await?;
    let (store, payment) = found.ok_or(Error::NotFound("payment"))?;
    Ok((crate::stores::find(app, store).await?, payment))
}

/// The checkout session that a payment belongs to. Errors: none.
pub async fn session_of(
    app: &App,
    store: StoreId,
    payment: &Payment,
) -> Result<tradepost_model::checkout::Session> {
    let order = payment.order;
    let found = app
        .read(async move |conn| {
            // A renewal belongs to the checkout that its subscription began with.
            let first = match tradepost_db::subscriptions::of_order(conn, store, order).await? {
                Some(id) => tradepost_db::subscriptions::find(conn, store, id).await?,
                None => None,
            };
            let order = first.map_or(order, |it| it.order);
            Ok(tradepost_db::orders::find(conn, store, order).await?)
        })
        .await?;
    let session = found
        .and_then(|order| order.session)
        .ok_or(Error::NotFound("checkout session"))?;
    crate::checkout::find(app, &session).await
}
