//! What every operation needs: the database, the clock, the secrets, the delivery engine.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tradepost_db::{Conn, Db, Engine, Tx};
use tradepost_model::Timestamp;
use tradepost_model::clock::{Clock, Ids};
use tradepost_model::plans::Plan;
use uuid::Uuid;

use crate::delivery::Delivery;
use crate::identity::{Hasher, KeyUses};
use crate::jobs::Nudge;
use crate::live::Live;
use crate::payments::Gateways;
use crate::rate::{Limits, Windows};
use crate::secrets::Secrets;

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where pages are reached from outside, without a slash at the end.
    pub public_url: String,
    /// Stores are also reached at `{subdomain}.{base domain}`, where there is one.
    pub base_domain: Option<String>,
    /// Development mode: checkouts may return to `http://localhost`.
    pub dev: bool,
    /// Requests per minute and key of the Management API, where it is not for the plan to say.
    pub requests_per_minute: Option<u32>,
    /// Requests per minute of a member with a token.
    pub member_requests_per_minute: u32,
    /// The plan of a new store.
    pub default_plan: Plan,
    /// This node's name, unique among the nodes on one database.
    pub node: String,
}

/// The application. Cloning it is cheap.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of ids and tokens.
    pub ids: Ids,
    /// The master key.
    pub secrets: Secrets,
    /// What the operator decided.
    pub settings: Settings,
    /// Tells pages that something changed.
    pub live: Live,
    /// The delivery engine.
    pub delivery: Delivery,
    /// The payment gateways.
    pub gateways: Gateways,
    /// Wakes the job runner.
    pub jobs: Nudge,
    /// Counts requests on this node.
    pub windows: Windows,
    /// Counts requests on all nodes together.
    pub limits: Limits,
    /// When keys were used here.
    pub key_uses: KeyUses,
    /// Hashes passwords, a few at a time.
    pub hasher: Hasher,
    /// Every background task, so that shutdown waits for them.
    pub tasks: TaskTracker,
    /// Cancelled when the process stops.
    pub stop: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts an application together.
    pub fn new(db: Db, clock: Arc<dyn Clock>, secrets: Secrets, settings: Settings) -> Self {
        Self(Arc::new(Parts {
            gateways: Gateways::new(&secrets),
            delivery: Delivery::new(),
            live: Live::new((db.engine() == Engine::Postgres).then(Arc::default)),
            jobs: Nudge::default(),
            windows: Windows::default(),
            limits: Limits::default(),
            key_uses: KeyUses::default(),
            hasher: Hasher::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            ids: Ids,
            db,
            clock,
            secrets,
            settings,
        }))
    }

    /// Whether the database was made with this master key: a second node with another would refuse
    /// what the first has signed. The first to ask makes it so.
    pub async fn owns_database(&self) -> crate::Result<bool> {
        let fingerprint = self.secrets.sign("fingerprint", "master key");
        let ours = fingerprint.clone();
        let kept = self
            .write(async move |tx| {
                Ok(tradepost_db::installation::keep(tx, "master_key", &ours).await?)
            })
            .await?;
        Ok(kept == fingerprint)
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh id.
    pub fn id<T: From<Uuid>>(&self) -> T {
        self.ids.next(self.now())
    }

    /// Runs work to its end even where nobody waits for it any more: a browser that goes away must not
    /// come between a commit and what follows from it.
    pub async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = crate::Result<T>> + Send + 'static,
    ) -> crate::Result<T> {
        let task = self.tasks.spawn(work);
        task.await.map_err(crate::Error::internal)?
    }

    /// Point reads; see [`Db::read`].
    pub async fn read<T, F>(&self, f: F) -> crate::Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Conn) -> crate::Result<T> + Send + Sync + 'static,
    {
        self.db.read(f).await
    }

    /// Reads that may look at many rows; see [`Db::scan`].
    pub async fn scan<T, F>(&self, f: F) -> crate::Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Conn) -> crate::Result<T> + Send + Sync + 'static,
    {
        self.db.scan(f).await
    }

    /// One transaction; see [`Db::write`].
    pub async fn write<T, F>(&self, f: F) -> crate::Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> crate::Result<T> + Send + Sync + 'static,
    {
        self.db.write(f).await
    }
}
