//! Jobs: work that is due at a time and survives a restart. A row is written in the transaction that
//! needs the work; a nudge or the next tick makes some node claim it.

use jiff::ToSpan as _;
use tokio::sync::Notify;
use tradepost_db::{Tx, jobs as db};
use tradepost_model::Timestamp;
use tradepost_model::ids::{
    JobId, OrderId, OrderItemId, PaymentId, RedeliveryId, StoreId, SubscriptionId,
};

use crate::{App, Error, Result, orders, redeliveries, subscriptions};

const BATCH: u32 = 20;
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(250);
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
    /// End what was bought for a time.
    Expire,
    /// Go on with a redelivery.
    Redeliver,
    /// Renew or end a subscription.
    Renew,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Settle,
        Self::ReleaseReservation,
        Self::Refund,
        Self::ExpireSession,
        Self::Expire,
        Self::Redeliver,
        Self::Renew,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::ReleaseReservation => "release_reservation",
            Self::Refund => "refund",
            Self::ExpireSession => "expire_session",
            Self::Expire => "expire",
            Self::Redeliver => "redeliver",
            Self::Renew => "renew",
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

/// Runs jobs until the process stops: when nudged, and whenever one becomes due.
pub async fn run(app: App) {
    loop {
        match run_due(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(error = ?error, "could not run jobs, will try again"),
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.jobs.notify.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Runs the jobs that are due, one batch of them side by side, and tells how many there were.
pub async fn run_batch(app: &App) -> Result<usize> {
    let now = app.now();
    if next_due(app).await?.is_none_or(|due_at| due_at > now) {
        return Ok(0);
    }
    let lease_until = now + LEASE_SECONDS.seconds();
    let claimed = app
        .write(async move |tx| Ok(db::claim(tx, now, lease_until, BATCH).await?))
        .await?;
    let count = claimed.len();
    let runs: Vec<_> = claimed
        .into_iter()
        .map(|job| {
            let app = app.clone();
            app.tasks
                .clone()
                .spawn(async move { run_one(&app, job).await })
        })
        .collect();
    for run in runs {
        run.await.map_err(Error::internal)??;
    }
    Ok(count)
}

/// Runs all jobs that are due, and tells how many there were.
pub async fn run_due(app: &App) -> Result<usize> {
    let mut ran = 0;
    loop {
        match run_batch(app).await? {
            0 => return Ok(ran),
            count => ran += count,
        }
    }
}

/// When the next job is due.
pub async fn next_due(app: &App) -> Result<Option<Timestamp>> {
    let now = app.now();
    app.read(async move |conn| Ok(db::next_due(conn, now).await?))
        .await
}

enum Outcome {
    /// The work is done, and the job removed or to be removed.
    Done,
    /// There is nothing to do before this time.
    Later(Timestamp),
}

async fn run_one(app: &App, job: db::Job) -> Result<()> {
    let outcome = work(app, &job).await;
    let now = app.now();
    let (due_at, reason) = match outcome {
        Ok(Outcome::Done) => {
            return app
                .write(async move |tx| Ok(db::done(tx, &job).await?))
                .await;
        }
        Ok(Outcome::Later(due_at)) => (due_at, String::new()),
        Err(error) => {
            tracing::warn!(job.kind = job.kind, job.attempts, error = ?error, "a job will be tried again");
            let wait = FIRST_RETRY_SECONDS
                .saturating_mul(1 << job.attempts.min(12))
                .min(LAST_RETRY_SECONDS);
            (now + wait.seconds(), error.to_string())
        }
    };
    app.write(async move |tx| Ok(db::postpone(tx, &job, due_at, &reason).await?))
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
            Ok(order) => release(app, job, order).await,
            Err(_) => Ok(Outcome::Done),
        },
        Kind::Refund => {
            if let Ok(payment) = job.subject.parse::<PaymentId>() {
                orders::refund(app, job.store, payment).await?;
            }
            Ok(Outcome::Done)
        }
        Kind::Expire => match job.subject.parse::<OrderItemId>() {
            Ok(item) => match orders::expire(app, job.store, item).await? {
                Some(due_at) => Ok(Outcome::Later(due_at)),
                None => Ok(Outcome::Done),
            },
            Err(_) => Ok(Outcome::Done),
        },
        Kind::Redeliver => match job.subject.parse::<RedeliveryId>() {
            Ok(redelivery) => match redeliveries::go_on(app, job.store, redelivery).await? {
                Some(due_at) => Ok(Outcome::Later(due_at)),
                None => Ok(Outcome::Done),
            },
            Err(_) => Ok(Outcome::Done),
        },
        Kind::Renew => match job.subject.parse::<SubscriptionId>() {
            Ok(id) => match subscriptions::renew(app, job.store, id).await? {
                Some(due_at) => Ok(Outcome::Later(due_at)),
                None => Ok(Outcome::Done),
            },
            Err(_) => Ok(Outcome::Done),
        },
        Kind::ExpireSession => {
            crate::checkout::expire(app, job.store, &job.subject).await?;
            Ok(Outcome::Done)
        }
    }
}

/// Releases what an order holds; later, where the reservation was made to last longer. The job goes
/// in the same transaction, so that one asked for meanwhile stays.
async fn release(app: &App, job: &db::Job, order: OrderId) -> Result<Outcome> {
    let (app_, store, now, job) = (app.clone(), job.store, app.now(), job.clone());
    app.write(async move |tx| {
        if let Some(order) = tradepost_db::orders::find(tx, store, order).await? {
            orders::reservation::let_go_expired(&app_, tx, store, &order, now).await?;
        }
        match tradepost_db::stock::expiry(tx, store, order).await? {
            Some(expires_at) => Ok(Outcome::Later(expires_at)),
            None => {
                db::done(tx, &job).await?;
                Ok(Outcome::Done)
            }
        }
    })
    .await
}
