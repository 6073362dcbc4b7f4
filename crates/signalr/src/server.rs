//! A hub with all its connections, and the handle the application keeps of it.

use crate::{
    Credentials, Hub, Options, Refusal,
    endpoint::{self, Route},
    id::Id,
    link::Link,
    registry::Registry,
};
use axum::{Router, extract::Request, http::StatusCode, routing::any};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::TaskTracker;

/// The handle of a hub: how many are connected, and how to send them away.
pub struct Server<H: Hub> {
    pub(crate) shared: Arc<Shared<H>>,
}

pub(crate) struct Shared<H: Hub> {
    pub(crate) hub: Arc<H>,
    pub(crate) options: Options,
    pub(crate) registry: Registry<H::Identity>,
    pub(crate) tasks: TaskTracker,
    stopping: AtomicBool,
}

/// The routes of a hub below `path`, and the handle to it.
///
/// # Panics
/// Outside of a Tokio runtime, if `path` does not start with a slash, or if no transport is offered.
pub fn router<H: Hub>(path: &str, hub: Arc<H>, options: Options) -> (Router, Server<H>) {
    assert!(
        path.starts_with('/'),
        "the path of a hub starts with a slash"
    );
    assert!(
        !options.transports.is_empty(),
        "a hub without a transport cannot be reached"
    );
    let shared = Arc::new(Shared {
        hub,
        options,
        registry: Registry::new(),
        tasks: TaskTracker::new(),
        stopping: AtomicBool::new(false),
    });
    start_timer(&shared);

    let route = |route: Route| {
        let shared = shared.clone();
        any(move |request: Request| endpoint::handle(shared.clone(), route, request))
    };
    let path = path.trim_end_matches('/');
    let mut router = Router::new().route(&format!("{path}/"), route(Route::Connection));
    if !path.is_empty() {
        router = router.route(path, route(Route::Connection));
    }
    let router = router
        .route(&format!("{path}/{{action}}"), route(Route::Action))
        .route(&format!("{path}/{{action}}/"), route(Route::Action));
    (router, Server { shared })
}

impl<H: Hub> Server<H> {
    /// How many connections have done their handshake and not yet ended.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared
            .registry
            .all()
            .iter()
            .filter(|link| link.is_live())
            .count()
    }

    /// Closes every connection, evenly spread over the given time so that the clients do not all
    /// come back in the same moment.
    pub async fn close_all(&self, allow_reconnect: bool, over: Duration) {
        const STEP: Duration = Duration::from_millis(10);
        let links = self.shared.registry.all();
        let steps = usize::try_from(over.as_millis() / STEP.as_millis()).unwrap_or(usize::MAX);
        let per_step = links.len().div_ceil(steps.max(1)).max(1);
        for (n, chunk) in links.chunks(per_step).enumerate() {
            if n > 0 {
                sleep(STEP).await;
            }
            for link in chunk {
                if link.is_live() {
                    link.close(None, allow_reconnect);
                } else if !link.is_closed() {
                    // Before its handshake a client understands no message.
                    link.abort();
                    self.shared.registry.remove(link.key);
                }
            }
        }
    }

    /// Refuses new connections, asks all clients to come back later, and waits until the last
    /// connection has ended and the hub has been told.
    pub async fn shutdown(&self, over: Duration) {
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.tasks.close();
        loop {
            self.close_all(true, over).await;
            if timeout(self.shared.options.tick, self.shared.tasks.wait())
                .await
                .is_ok()
            {
                return;
            }
            // A request accepted just before may become a connection after the timer has ended.
            self.shared.registry.tick(&self.shared.options);
        }
    }
}

impl<H: Hub> Shared<H> {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<H::Identity, Refusal> {
        if self.is_stopping() {
            let sentence = "The server is shutting down.";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, sentence));
        }
        self.hub.authenticate(credentials).await
    }

    /// A new connection, whose secret is its public id where the client knows no other.
    pub(crate) fn add(&self, identity: H::Identity, id_is_secret: bool) -> Arc<Link<H::Identity>> {
        let key = Id::random();
        let id = if id_is_secret { key } else { Id::random() };
        let link = Arc::new(Link::new(key, id.text(), identity, &self.options));
        self.registry.add(link.clone());
        link
    }
}

impl<H: Hub> Clone for Server<H> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<H: Hub> fmt::Debug for Server<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

/// One timer for all connections: a sleeping timer for each would cost more than the connection.
fn start_timer<H: Hub>(shared: &Arc<Shared<H>>) {
    let server = Arc::downgrade(shared);
    let mut ticks = interval(shared.options.tick.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    shared.tasks.spawn(async move {
        loop {
            ticks.tick().await;
            let Some(server) = server.upgrade() else {
                return;
            };
            server.registry.tick(&server.options);
            if server.is_stopping() && server.registry.is_empty() {
                return;
            }
        }
    });
}
