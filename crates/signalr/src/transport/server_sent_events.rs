//! The Server-Sent Events transport: one response that does not end, each batch an event in it.

use super::{
    body::{InFlight, hang_up},
    serve,
};
use crate::{Hub, link::Link, server::Shared};
use axum::{
    body::Body,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, PRAGMA},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use std::{io, sync::Arc};

/// Enough to save most of the system calls.
const MAX_BATCH: usize = 16 * 1024;
/// A comment, so that a browser knows at once that the stream is open.
const OPENING: &[u8] = b":\r\n";

/// The reading end, given up when the server drops the body: with it the client has left.
struct Events<I> {
    link: Arc<Link<I>>,
    opened: bool,
}

impl<I> Drop for Events<I> {
    fn drop(&mut self) {
        self.link.abort();
    }
}

pub(crate) fn open<H: Hub>(shared: Arc<Shared<H>>, link: Arc<Link<H::Identity>>) -> Response {
    serve(shared, link.clone());
    let events = Events {
        link,
        opened: false,
    };
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-cache,no-store"),
        (PRAGMA, "no-cache"),
        // Compression would hold events back.
        (CONTENT_ENCODING, "identity"),
    ];
    let mut response = (headers, Body::from_stream(stream::unfold(events, next))).into_response();
    // The same said to nginx, which otherwise collects what it passes on.
    let headers = response.headers_mut();
    headers.insert(
        "x-accel-buffering",
        axum::http::HeaderValue::from_static("no"),
    );
    response
}

async fn next<I>(mut events: Events<I>) -> Option<(io::Result<Bytes>, Events<I>)>
where
    I: Send + Sync + 'static,
{
    if !events.opened {
        events.opened = true;
        return Some((Ok(Bytes::from_static(OPENING)), events));
    }
    let outbox = &events.link.outbox;
    let batch = match outbox.written().await {
        true => outbox.next_batch(MAX_BATCH).await,
        false => None,
    };
    match batch {
        Some(batch) => {
            let event = InFlight::part(event(&batch), &events.link);
            Some((Ok(event), events))
        }
        None if outbox.is_aborted() => Some((Err(hang_up()), events)),
        None => None,
    }
}

/// Records of text hold no line breaks, so a batch is one line.
fn event(batch: &Bytes) -> Bytes {
    let mut event = BytesMut::with_capacity(batch.len() + 10);
    event.put_slice(b"data: ");
    event.put_slice(batch);
    event.put_slice(b"\r\n\r\n");
    event.freeze()
}
