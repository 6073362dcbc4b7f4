//! Requests whose bodies bring what the client sends, where its transport goes one way only.

use crate::{Options, inbox::End, link::Link};
use axum::{
    body::{Body, HttpBody},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout};

const TOO_LONG: &str = "The body is too long.";

/// A body on its way into the inbox. One that stops in the middle leaves half a message behind,
/// after which nothing more could be understood.
struct Arriving<'l, I> {
    link: &'l Link<I>,
    partial: bool,
}

impl<I> Drop for Arriving<'_, I> {
    fn drop(&mut self) {
        if self.partial {
            self.link.inbox.end(End::Broken);
        }
    }
}

/// Passes a body on as it comes: a busy hub slows its client down, and nothing is stored.
pub(crate) async fn receive<I: Send + Sync>(
    link: &Link<I>,
    body: Body,
    options: &Options,
) -> Response {
    if body.size_hint().lower() > options.max_body as u64 {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG);
    }
    let _turn = link.posts.lock().await;
    let mut arriving = Arriving {
        link,
        partial: false,
    };
    let mut body = body.into_data_stream();
    let mut room = options.max_body;
    let mut patience = options.body_timeout;
    loop {
        link.inbox.room().await;
        if link.inbox.has_ended() {
            arriving.partial = false;
            // Until it hears of the end, a client may send what nobody reads any more.
            return answer(StatusCode::OK, "");
        }
        let asked = Instant::now();
        let part = match timeout(patience, body.next()).await {
            Ok(Some(Ok(part))) => part,
            Ok(None) => break,
            Ok(Some(Err(_))) => return answer(StatusCode::BAD_REQUEST, ""),
            Err(_) => return answer(StatusCode::REQUEST_TIMEOUT, "The body is too slow."),
        };
        patience = patience.saturating_sub(asked.elapsed());
        let Some(left) = room.checked_sub(part.len()) else {
            return answer(StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG);
        };
        room = left;
        link.inbox.push(&part);
        link.heard();
        arriving.partial = true;
    }
    arriving.partial = false;
    answer(StatusCode::OK, "")
}

fn answer(status: StatusCode, sentence: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain")], sentence).into_response()
}
