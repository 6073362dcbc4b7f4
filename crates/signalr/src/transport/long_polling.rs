//! The Long Polling transport: a request waits for messages and is answered with all there are.
//!
//! ```text
//! GET  -> 200, empty, at once: the connection is open
//! GET  -> 200 with messages | 200, empty, after the time of a poll | 204 where it is over
//! ```
//! There is one poll at a time; a newer one ends the older. A client that stays away for too long
//! between two polls has left.

use super::{
    body::{InFlight, hang_up},
    serve,
};
use crate::{Hub, link::Link, server::Shared};
use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPIRES, PRAGMA},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use parking_lot::Mutex;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// The most that is answered at once, a single longer record excepted.
const MAX_BATCH: usize = 256 * 1024;
const BYTES: &str = "application/octet-stream";
const TEXT: &str = "text/plain";

/// The polls of one link.
pub(crate) struct Polls {
    state: Mutex<State>,
    begun: Notify,
}

struct State {
    newest: u32,
    /// When the newest has ended.
    idle: Option<Instant>,
}

/// One poll, from its request to the last byte of its answer.
struct Poll<I> {
    link: Arc<Link<I>>,
    number: u32,
    /// Taken from the queue and not yet given away.
    unwritten: Option<Bytes>,
}

impl Polls {
    pub(crate) fn new() -> Self {
        let state = State {
            newest: 0,
            idle: None,
        };
        Self {
            state: Mutex::new(state),
            begun: Notify::new(),
        }
    }

    /// How long the client has not been waiting for messages.
    pub(crate) fn idle(&self, now: Instant) -> Duration {
        let idle = self.state.lock().idle;
        idle.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn is_waiting(&self) -> bool {
        self.state.lock().idle.is_none()
    }

    fn begin(&self) -> u32 {
        let mut state = self.state.lock();
        state.newest = state.newest.wrapping_add(1);
        state.idle = None;
        self.begun.notify_waiters();
        state.newest
    }

    fn end(&self, number: u32) {
        let mut state = self.state.lock();
        if state.newest == number {
            state.idle = Some(Instant::now());
        }
    }

    async fn superseded(&self, number: u32) {
        loop {
            let begun = self.begun.notified();
            if self.state.lock().newest != number {
                return;
            }
            begun.await;
        }
    }
}

impl<I> Poll<I> {
    fn begin(link: Arc<Link<I>>) -> Self {
        Self {
            number: link.polls.begin(),
            link,
            unwritten: None,
        }
    }
}

impl<I> Drop for Poll<I> {
    fn drop(&mut self) {
        self.link.polls.end(self.number);
        // Messages that were lost on their way are not made up for by later ones; and after its
        // farewell a client does not come back.
        if self.unwritten.is_some() || self.link.is_terminated() {
            self.link.abort();
        }
    }
}

/// The answer to the request that opens the connection; clients expect nothing in it.
pub(crate) fn open<H: Hub>(shared: Arc<Shared<H>>, link: Arc<Link<H::Identity>>) -> Response {
    drop(Poll::begin(link.clone()));
    serve(shared, link);
    empty(StatusCode::OK, BYTES)
}

pub(crate) async fn poll<H: Hub>(
    shared: &Shared<H>,
    link: Arc<Link<H::Identity>>,
    max: usize,
) -> Response {
    let poll = Poll::begin(link);
    let link = &poll.link;
    let batch = async {
        // The answer to the poll before may still be on its way.
        match link.outbox.written().await {
            true => link.outbox.next_batch(max).await,
            false => None,
        }
    };
    tokio::select! {
        // What is taken from the queue has to be sent, so the others are asked first.
        biased;
        () = link.polls.superseded(poll.number) => empty(StatusCode::NO_CONTENT, TEXT),
        batch = batch => match batch {
            Some(batch) => messages(poll, batch),
            None => {
                shared.registry.remove(link.key);
                link.abort();
                empty(StatusCode::NO_CONTENT, TEXT)
            }
        },
        () = sleep(shared.options.poll_timeout) => empty(StatusCode::OK, TEXT),
    }
}

/// The client ends the connection; the poll that waits brings it the last message.
pub(crate) fn terminate<I>(link: &Link<I>) {
    link.terminate();
    if !link.polls.is_waiting() {
        link.abort();
    }
}

/// How much to answer at once. One client, known by what it accepts, hands on one message for each
/// answer and keeps the others back until the next.
pub(crate) fn max_batch(headers: &HeaderMap) -> usize {
    let one_by_one = headers.get(ACCEPT).is_some_and(|accept| accept == "Text");
    if one_by_one { 0 } else { MAX_BATCH }
}

pub(crate) fn forbid_caching(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-cache, no-store"),
        (PRAGMA, "no-cache"),
        (EXPIRES, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn empty(status: StatusCode, kind: &'static str) -> Response {
    (status, [(CONTENT_TYPE, kind)]).into_response()
}

fn messages<I: Send + Sync + 'static>(mut poll: Poll<I>, batch: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(BYTES)),
        (CONTENT_LENGTH, HeaderValue::from(batch.len())),
    ];
    poll.unwritten = Some(batch);
    (
        headers,
        Body::from_stream(stream::unfold((Some(poll), false), next)),
    )
        .into_response()
}

type Parts<I> = (Option<Poll<I>>, bool);

/// All but the last byte, and once that is written the last one: an answer counts as given when the
/// client has nearly all of it.
async fn next<I>((poll, begun): Parts<I>) -> Option<(io::Result<Bytes>, Parts<I>)>
where
    I: Send + Sync + 'static,
{
    let mut poll = poll?;
    let mut bytes = poll.unwritten.take()?;
    if !begun {
        let last = bytes.split_off(bytes.len().saturating_sub(1));
        poll.unwritten = Some(last);
        let first = InFlight::part(bytes, &poll.link);
        return Some((Ok(first), (Some(poll), true)));
    }
    if poll.link.outbox.written().await {
        Some((Ok(bytes), (None, true)))
    } else {
        Some((Err(hang_up()), (None, true)))
    }
}
