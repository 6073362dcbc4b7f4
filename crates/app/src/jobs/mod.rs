//! Jobs: work that is due at a time and survives a restart. A row is written in the transaction that
//! needs the work; a nudge or the next tick makes some node claim it.

use jiff::ToSpan as _;
use tokio::sync::Notify;
use tradepost_db::{Tx, jobs as db};
use tradepost_model::Timestamp;
use tradepost_model::ids::{JobId, OrderId, PaymentId, StoreId};

use crate::{App, Error, Result, orders};

const BATCH: u32 = 20;
const LEASE_SECONDS: i64 = 60;
const FIRST_RETRY_SECONDS: i64 = 5;
const LAST_RETRY_SECONDS: i64 = 3600;

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Settle a gateway's notification.
    Settle,
    /// Release what an order holds, once its time is over.
    ReleaseReservation,
    /// Send a payment back.
    Refund,
    /// Expire a checkout session.
    ExpireSession,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::Settle,
        Self::ReleaseReservation,
        Self::Refund,
        Self::ExpireSession,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::ReleaseReservation => "release_reservation",
            Self::Refund => "refund",
            Self::ExpireSession => "expire_session",
        }
    }
}

/// Wakes the job runner of this node.
#[derive(Debug, Default)]
pub struct Nudge {
    notify: Notify,
}

impl Nudge {
    /// There is work.
    pub fn nudge(&self) {
        self.notify.notify_one();
    }

    pub(crate) async fn nudged(&self) {
        self.notify.notified().await;
    }
}

/// Writes a job, in the transaction that needs it.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    store: StoreId,
    id: JobId,
    kind: Kind,
    subject: &str,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    Ok(db::enqueue(tx, store, id, kind.word(), subject, due_at, now).await?)
}

/// Runs all jobs that are due, and tells how many there were.
pub async fn run_due(app: &App) -> Result<usize> {
    let mut ran = 0;
    loop {
        let now = app.now();
        let claimed = app
            .write(async move |tx| {
                Ok(db::claim(tx, now, now + LEASE_SECONDS.seconds(), BATCH).await?)
            })
            .await?;
        if claimed.is_empty() {
            return Ok(ran);
        }
        ran += claimed.len();
        for job in claimed {
            run_one(app, job).await?;
        }
    }
}

/// When the next job is due.
pub async fn next_due(app: &App) -> Result<Option<Timestamp>> {
    app.read(async move |conn| Ok(db::next_due(conn).await?))
        .await
}

enum Outcome {
    Done,
    Later(Timestamp),
}

async fn run_one(app: &App, job: db::Job) -> Result<()> {
    let outcome = work(app, &job).await;
    let now = app.now();
    let (id, attempts) = (job.id, job.attempts);
    let (due_at, reason) = match outcome {
        Ok(Outcome::Done) => return app.write(async move |tx| Ok(db::done(tx, id).await?)).await,
        Ok(Outcome::Later(due_at)) => (due_at, String::new()),
        Err(error) => {
            tracing::warn!(job.kind = job.kind, job.attempts = attempts, error = ?error, "a job will be tried again");
            let wait = FIRST_RETRY_SECONDS
                .saturating_mul(1 << attempts.min(12))
                .min(LAST_RETRY_SECONDS);
            (now + wait.seconds(), error.to_string())
        }
    };
    app.write(async move |tx| Ok(db::postpone(tx, id, due_at, &reason).await?))
        .await
}

async fn work(app: &App, job: &db::Job) -> Result<Outcome> {
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == job.kind) else {
        return Err(Error::internal(
            "a job of a kind that this version does not know",
        ));
    };
    match kind {
        Kind::Settle => {
            if let Some((gateway, event_id)) = job.subject.split_once('/') {
                orders::settle(app, job.store, gateway, event_id).await?;
            }
            Ok(Outcome::Done)
        }
        Kind::ReleaseReservation => match job.subject.parse::<OrderId>() {
            Ok(order) => release(app, job.store, order).await,
            Err(_) => Ok(Outcome::Done),
        },
        Kind::Refund => {
            if let Ok(payment) = job.subject.parse::<PaymentId>() {
                orders::refund(app, job.store, payment).await?;
            }
            Ok(Outcome::Done)
        }
        Kind::ExpireSession => {
            crate::checkout::expire(app, job.store, &job.subject).await?;
            Ok(Outcome::Done)
        }
    }
}

/// Releases what an order holds; later, where the reservation was made to last longer.
async fn release(app: &App, store: StoreId, order: OrderId) -> Result<Outcome> {
    let now = app.now();
    app.write(async move |tx| {
        let Some(expires_at) = tradepost_db::stock::expiry(tx, store, order).await? else {
            return Ok(Outcome::Done);
        };
        if expires_at > now {
            return Ok(Outcome::Later(expires_at));
        }
        if let Some(order) = tradepost_db::orders::find(tx, store, order).await? {
            orders::reservation::let_go(tx, store, &order).await?;
        }
        Ok(Outcome::Done)
    })
    .await
}
