//! Parts of pages that keep themselves up to date: a fragment is rendered again when something it
//! shows has changed, and sent where it came out differently.
//!
//! A change is only a hint. The fragment is also rendered every few seconds, which corrects a missed
//! hint, moves "2 min ago" on, and ends the stream of somebody who may no longer look.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until, timeout_at};
use tradepost_app::App;
use tradepost_app::live::Change;
use tradepost_model::ids::StoreId;

const LOOK_AGAIN: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Changes of a busy moment are shown together.
const PAUSE: Duration = Duration::from_millis(200);

/// An event stream of a fragment of a store's page: at once, after every change it `wants`, and
/// every ten seconds, but only where it differs from what was sent last. `render` gives `None` when
/// there is nothing to look at any more, which ends the stream.
pub(crate) fn live_fragment<W, R, F>(app: &App, store: StoreId, wants: W, render: R) -> Response
where
    W: Fn(Change) -> bool + Send + Sync + 'static,
    R: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Option<String>> + Send + 'static,
{
    let events = fragments(app.clone(), store, wants, render);
    let alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // Proxies would otherwise hold events back until they have a block of them.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(unbuffered, HeaderValue::from_static("no"));
    response
}

struct Watch<W, R> {
    app: App,
    store: StoreId,
    changes: Receiver<(StoreId, Change)>,
    wants: W,
    render: R,
    sent: Option<String>,
    looked: Option<Instant>,
}

fn fragments<W, R, F>(
    app: App,
    store: StoreId,
    wants: W,
    render: R,
) -> impl Stream<Item = Result<Event, Infallible>> + Send
where
    W: Fn(Change) -> bool + Send + Sync + 'static,
    R: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Option<String>> + Send + 'static,
{
    let changes = app.live.listen();
    let watch = Watch {
        app,
        store,
        changes,
        wants,
        render,
        sent: None,
        looked: None,
    };
    unfold(watch, async |mut watch| {
        loop {
            if let Some(looked) = watch.looked {
                let stop = watch.app.stop.clone();
                tokio::select! {
                    () = stop.cancelled() => return None,
                    () = watch.next_look(looked) => {}
                }
            }
            watch.looked = Some(Instant::now());
            let fragment = (watch.render)().await?;
            if watch.sent.as_ref() != Some(&fragment) {
                let event = Event::default().data(&fragment);
                watch.sent = Some(fragment);
                return Some((Ok(event), watch));
            }
        }
    })
}

impl<W: Fn(Change) -> bool, R> Watch<W, R> {
    /// Waits for a wanted change, but not longer than until a look is due.
    async fn next_look(&mut self, looked: Instant) {
        let due = looked + LOOK_AGAIN;
        loop {
            match timeout_at(due, self.changes.recv()).await {
                Ok(Ok((store, change))) if store != self.store || !(self.wants)(change) => {}
                // Nobody can tell what was missed.
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => break,
                Ok(Err(RecvError::Closed)) => {
                    sleep_until(due).await;
                    return;
                }
                Err(_elapsed) => return,
            }
        }
        sleep_until(looked + PAUSE).await;
        self.changes = self.changes.resubscribe();
    }
}
