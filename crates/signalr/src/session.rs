//! The life of one connection above its transport: handshake, calls one after the other, farewell.

use crate::{
    Connection, Hub, HubError, MAX_INVOCATION,
    inbox::{End, Next},
    link::{ERROR, Link},
    protocol::{Call, Malformed, Message, handshake},
};
use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::Value;
use std::{panic::AssertUnwindSafe, sync::Arc};

pub(crate) async fn run<H: Hub>(hub: &H, link: &Arc<Link<H::Identity>>) {
    if !shake_hands(link).await {
        return;
    }
    let connection = Connection::new(link.clone());
    let ended = match survive(hub.connected(&connection)).await {
        Some(()) => serve(hub, &connection, link).await,
        None => Ended::Failed,
    };
    match ended {
        Ended::Already => {}
        Ended::ByClient => link.close(None, false),
        Ended::Failed => link.close(Some(ERROR), true),
    }
    survive(hub.disconnected(&connection)).await;
}

/// Why no more messages are taken.
enum Ended {
    /// The link is closed, by whichever side.
    Already,
    /// The client said that it is leaving.
    ByClient,
    /// The client, or the hub, broke the rules.
    Failed,
}

async fn shake_hands<I: Send + Sync>(link: &Link<I>) -> bool {
    let checked = match link.inbox.next().await {
        Next::Record(record) => handshake::check(&record, link.is_text_only()),
        Next::TooLong | Next::End(End::Broken) => Err(handshake::UNEXPECTED.to_owned()),
        Next::End(End::Left) => return false,
    };
    match checked {
        Ok(protocol) => {
            link.speak(protocol);
            let accepted = Bytes::from_static(handshake::ACCEPTED);
            link.outbox.push(&accepted).is_ok() && link.go_live()
        }
        Err(sentence) => {
            link.refuse(&sentence);
            false
        }
    }
}

async fn serve<H: Hub>(
    hub: &H,
    connection: &Connection<H::Identity>,
    link: &Link<H::Identity>,
) -> Ended {
    loop {
        let record = match link.inbox.next().await {
            Next::Record(record) => record,
            Next::End(End::Left) => return Ended::Already,
            Next::End(End::Broken) | Next::TooLong => return Ended::Failed,
        };
        match link.protocol().decode(&record) {
            Ok(Message::Invocation(call)) => {
                Box::pin(answer(hub, connection, link, call)).await;
            }
            Ok(Message::Ping) => link.pinged(),
            Ok(Message::Other) => {}
            Ok(Message::Close) => return Ended::ByClient,
            Err(Malformed) => return Ended::Failed,
        }
    }
}

async fn answer<H: Hub>(
    hub: &H,
    connection: &Connection<H::Identity>,
    link: &Link<H::Identity>,
    mut call: Call,
) {
    if call.wants_stream || call.streams > 0 {
        return refuse(hub, link, call).await;
    }
    let result = match call.arguments.take() {
        Some(arguments) => invoke(hub, connection, &call.method, arguments).await,
        None => Err(unfit(hub, &call.method)),
    };
    let outcome = result.map_err(|error| error.sentence(&call.method));
    complete(link, &call, &outcome).await;
}

/// Answers a call that only a method with streams could take.
async fn refuse<H: Hub>(hub: &H, link: &Link<H::Identity>, call: Call) {
    let method = &call.method;
    let fits = match &call.arguments {
        Some(arguments) => hub.accepts(method, arguments),
        None => Err(unfit(hub, method)),
    };
    let sentence = match fits {
        Err(error) => error.sentence(method),
        Ok(()) if call.wants_stream => format!(
            "The client attempted to invoke the non-streaming '{method}' method with a streaming \
             invocation."
        ),
        Ok(()) => HubError::Message(format!(
            "Client sent {} stream(s), Hub method expects 0.",
            call.streams
        ))
        .sentence(method),
    };
    complete(link, &call, &Err(sentence)).await;
}

/// Why a call fails whose arguments no method could take.
fn unfit<H: Hub>(hub: &H, method: &str) -> HubError {
    match hub.accepts(method, &[]) {
        Err(HubError::MethodNotFound) => HubError::MethodNotFound,
        _ => HubError::BadArguments,
    }
}

async fn invoke<H: Hub>(
    hub: &H,
    connection: &Connection<H::Identity>,
    method: &str,
    arguments: Vec<Value>,
) -> Result<Option<Value>, HubError> {
    let outcome = survive(hub.invoke(connection, method, arguments)).await;
    outcome.unwrap_or(Err(HubError::Failed))
}

/// Answers a call, if its client wants an answer. An answer waits for room: it slows down only the
/// client that asked.
async fn complete<I: Send + Sync>(
    link: &Link<I>,
    call: &Call,
    outcome: &Result<Option<Value>, String>,
) {
    let Some(id) = &call.id else { return };
    let protocol = link.protocol();
    let mut record = protocol.completion(id, outcome);
    if record.len() > MAX_INVOCATION {
        tracing::error!("a hub method's result is too long to be sent");
        record = protocol.completion(id, &Err(HubError::Failed.sentence(&call.method)));
    }
    // A connection that ended meanwhile wants no answer either.
    let _ = link.outbox.push_when_room(&record).await;
}

/// A hub that panics fails one call; it does not take away `disconnected` from the connection.
///
/// What a hub does lives in an allocation of its own, or every idle connection would keep room for
/// the largest thing the hub ever does.
fn survive<'t, T>(
    task: impl Future<Output = T> + Send + 't,
) -> impl Future<Output = Option<T>> + Send + 't {
    let guarded = AssertUnwindSafe(Box::pin(task)).catch_unwind();
    guarded.map(|outcome| {
        if outcome.is_err() {
            tracing::error!("a hub method panicked");
        }
        outcome.ok()
    })
}
