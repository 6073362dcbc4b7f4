//! The WebSockets transport.
//!
//! One task per connection moves bytes in both directions and runs the session, so that an idle
//! connection is one small future.

use super::Attached;
use crate::{Hub, MAX_INVOCATION, inbox::End, link::Link, server::Shared, session};
use axum::{
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    response::Response,
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{future::ready, sync::Arc};

type Sink = SplitSink<WebSocket, Message>;
type Stream = SplitStream<WebSocket>;

/// The socket keeps a buffer as long as its longest message, so records are batched only up to
/// what saves most of the system calls.
const MAX_BATCH: usize = 16 * 1024;
/// The socket holds this much for as long as it lives: most of the cost of an idle connection.
const BUFFER: usize = 512;
/// A frame may hold many messages; each has its own limit.
const MAX_FRAME: usize = 256 * 1024;

pub(crate) fn accept<H: Hub>(
    shared: Arc<Shared<H>>,
    link: Arc<Link<H::Identity>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let max_frame = MAX_FRAME.max(2 * shared.options.max_message);
    let tasks = shared.tasks.clone();
    let waiting = tasks.token();
    let attached = Attached { shared, link };
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(MAX_INVOCATION + 2 * MAX_BATCH)
        .max_frame_size(max_frame)
        .max_message_size(max_frame)
        .on_upgrade(move |socket| {
            // In a task of its own: the one of the upgrade has room for the whole handshake, and
            // would keep it. Split first, because a future holds what it is given twice.
            let (sink, stream) = socket.split();
            tasks.spawn(run(sink, stream, attached));
            drop(waiting);
            ready(())
        })
}

async fn run<H: Hub>(sink: Sink, stream: Stream, attached: Attached<H>) {
    let link = &attached.link;
    tokio::join!(
        carry(sink, stream, link),
        session::run(&*attached.shared.hub, link)
    );
}

/// Moves bytes until both directions have ended or the link is aborted.
async fn carry<I: Send + Sync>(sink: Sink, stream: Stream, link: &Link<I>) {
    tokio::select! {
        // A link that is aborted says no good-bye.
        biased;
        () = link.aborted() => {}
        _ = async { tokio::join!(receive(stream, link), send(sink, link)) } => {}
    }
    link.transport_gone();
}

async fn receive<I: Send + Sync>(mut stream: Stream, link: &Link<I>) {
    loop {
        link.inbox.room().await;
        match stream.next().await {
            Some(Ok(Message::Text(text))) => link.inbox.push(text.as_bytes()),
            Some(Ok(Message::Binary(bytes))) => link.inbox.push(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            // The answer to it is sent by reading on.
            Some(Ok(Message::Close(_))) => link.transport_gone(),
            Some(Err(_)) => return link.inbox.end(End::Broken),
            None => return link.transport_gone(),
        }
        link.heard();
    }
}

async fn send<I: Send + Sync>(mut sink: Sink, link: &Link<I>) {
    while let Some(batch) = link.outbox.next_batch(MAX_BATCH).await {
        let message = if link.protocol().is_binary() {
            Message::Binary(batch)
        } else {
            Message::Text(Utf8Bytes::try_from(batch).expect("records are written as UTF-8"))
        };
        if sink.send(message).await.is_err() {
            link.abort();
            return;
        }
        link.outbox.batch_sent();
    }
    let farewell = CloseFrame {
        code: close_code::NORMAL,
        reason: Utf8Bytes::default(),
    };
    // It fails where the client has closed first.
    let _ = sink.send(Message::Close(Some(farewell))).await;
    link.said_goodbye();
}
