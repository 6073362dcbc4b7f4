//! Hub messages in both directions.

use crate::peer::Peer;
use std::time::Duration;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

const ERROR: &str =
    r#"{"type":7,"error":"Connection closed with an error.","allowReconnect":true}"#;

#[tokio::test]
async fn calls_are_answered_with_results_and_known_sentences() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    for (method, arguments, answer) in [
        ("Echo", r#"["a\u001eb"]"#, r#""result":"a\u001eb""#),
        ("echo", r#"["a"]"#, r#""result":"a""#),
        ("ADD", "[1,2]", r#""result":3"#),
        ("Null", "[]", r#""result":null"#),
        (
            "Nope",
            "[]",
            r#""error":"Failed to invoke 'Nope' due to an error on the server. HubException: Method does not exist.""#,
        ),
        (
            "Echo",
            "[]",
            r#""error":"Failed to invoke 'Echo' due to an error on the server.""#,
        ),
        (
            "echo",
            "[1]",
            r#""error":"Failed to invoke 'echo' due to an error on the server.""#,
        ),
        (
            "Add",
            "[1,2,3]",
            r#""error":"Failed to invoke 'Add' due to an error on the server.""#,
        ),
        (
            "Echo",
            r#"["\ud800"]"#,
            r#""error":"Failed to invoke 'Echo' due to an error on the server.""#,
        ),
        (
            "Nope",
            r#"["\ud800"]"#,
            r#""error":"Failed to invoke 'Nope' due to an error on the server. HubException: Method does not exist.""#,
        ),
        (
            "Fail",
            "[]",
            r#""error":"An unexpected error occurred invoking 'Fail' on the server.""#,
        ),
        (
            "Panic",
            "[]",
            r#""error":"An unexpected error occurred invoking 'Panic' on the server.""#,
        ),
        (
            "FailHub",
            "[]",
            r#""error":"An unexpected error occurred invoking 'FailHub' on the server. HubException: public detail""#,
        ),
        (
            "Big",
            "[1100000]",
            r#""error":"An unexpected error occurred invoking 'Big' on the server.""#,
        ),
    ] {
        client.calls("7", method, arguments).await;
        client
            .hears(&format!(r#"{{"type":3,"invocationId":"7",{answer}}}"#))
            .await;
    }
    client.calls("8", "Void", "[]").await;
    client.hears(r#"{"type":3,"invocationId":"8"}"#).await;
}

#[tokio::test]
async fn streams_are_refused_with_known_sentences() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client
        .says(r#"{"type":4,"invocationId":"1","target":"Echo","arguments":["a"]}"#)
        .await;
    client
        .hears(r#"{"type":3,"invocationId":"1","error":"The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation."}"#)
        .await;
    client
        .says(r#"{"type":1,"invocationId":"2","target":"Void","arguments":[],"streamIds":["s"]}"#)
        .await;
    client
        .hears(r#"{"type":3,"invocationId":"2","error":"An unexpected error occurred invoking 'Void' on the server. HubException: Client sent 1 stream(s), Hub method expects 0."}"#)
        .await;
    client
        .says(r#"{"type":4,"invocationId":"1","target":"Nope","arguments":[]}"#)
        .await;
    client
        .hears(r#"{"type":3,"invocationId":"1","error":"Failed to invoke 'Nope' due to an error on the server. HubException: Method does not exist."}"#)
        .await;
    client
        .says(r#"{"type":2,"invocationId":"s","item":1}"#)
        .await;
    client.says(r#"{"type":3,"invocationId":"s"}"#).await;
    client.calls("3", "Void", "[]").await;
    client.hears(r#"{"type":3,"invocationId":"3"}"#).await;
}

#[tokio::test]
async fn what_wants_no_answer_gets_none() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    for record in [
        r#"{"type":1,"target":"Void","arguments":[]}"#,
        r#"{"type":1,"invocationId":"","target":"Fail","arguments":[]}"#,
        r#"{"type":1,"target":"Nope","arguments":[],"headers":{"Authorization":"Bearer ali"}}"#,
        r#"{"type":2,"invocationId":"9","item":{}}"#,
        r#"{"type":3,"invocationId":"9","result":1}"#,
        r#"{"type":5,"invocationId":"9"}"#,
        r#"{"type":6}"#,
        r#"{"type":8,"sequenceId":1}"#,
        r#"{"type":9,"sequenceId":1}"#,
        r#"{"type":42}"#,
    ] {
        client.says(record).await;
    }
    client.calls("1", "Void", "[]").await;
    client.hears(r#"{"type":3,"invocationId":"1"}"#).await;
    assert_eq!(
        peer.hub.calls.lock().len(),
        2 * 3,
        "Void, Fail and Void again were called"
    );
}

#[tokio::test]
async fn malformed_messages_end_the_connection() {
    let peer = Peer::start().await;
    for record in [
        "",
        "[]",
        "{}",
        "not json",
        r#"{"type":"1"}"#,
        r#"{"type":1,"target":"Void"}"#,
        r#"{"type":1,"arguments":[]}"#,
        r#"{"type":1,"target":"Void","arguments":[],"invocationId":null}"#,
        r#"{"type":1,"target":"Void","arguments":[],"invocationId":1}"#,
        r#"{"type":1,"target":"Void","arguments":[],"headers":{"a":1}}"#,
        r#"{"type":1,"target":"Void","arguments":[],"headers":{"a":null}}"#,
        r#"{"type":3,"invocationId":"1","result":1,"error":"e"}"#,
        r#"{"type":5}"#,
    ] {
        let mut client = peer.client().await;
        client.says(record).await;
        client.hears(ERROR).await;
        client.is_closed_with(1000).await;
    }
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn the_limit_holds_for_each_message_and_not_for_a_frame() {
    let call = |len: usize| {
        let frame = r#"{"type":1,"invocationId":"1","target":"Echo","arguments":[""]}"#.len() + 1;
        let text = "x".repeat(len - frame);
        format!(r#"{{"type":1,"invocationId":"1","target":"Echo","arguments":["{text}"]}}"#)
            + "\u{1e}"
    };
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.sends(Message::text(call(32_768))).await;
    assert_eq!(
        client.record().await.len(),
        r#"{"type":3,"invocationId":"1","result":""}"#.len() + 32_768
            - r#"{"type":1,"invocationId":"1","target":"Echo","arguments":[""]}"#.len()
            - 1
    );
    client.sends(Message::text(call(32_768).repeat(4))).await;
    for _ in 0..4 {
        assert!(client.record().await.contains("result"));
    }
    client.sends(Message::text(call(32_769))).await;
    client.hears(ERROR).await;
    client.is_closed_with(1000).await;

    let mut client = peer.client().await;
    client.sends(Message::text("x".repeat(32_769))).await;
    client.hears(ERROR).await;
    client.is_closed_with(1000).await;

    let mut client = peer.client().await;
    client.sends(Message::text("x".repeat(300_000))).await;
    client.hears(ERROR).await;
}

#[tokio::test]
async fn a_message_may_be_split_over_messages_and_frames() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    let call =
        "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[\"ü\"]}\u{1e}";
    // The cut goes through the letter: only the other opcode may do that.
    let (start, end) = call.as_bytes().split_at(call.find('ü').unwrap() + 1);
    client.sends(Message::binary(start.to_vec())).await;
    client.sends(Message::binary(end.to_vec())).await;
    client
        .hears(r#"{"type":3,"invocationId":"1","result":"ü"}"#)
        .await;

    let frame = |bytes: &[u8], kind, last| {
        Message::Frame(Frame::message(bytes.to_vec(), OpCode::Data(kind), last))
    };
    client.sends(frame(start, Data::Text, false)).await;
    client.sends(frame(&end[..1], Data::Continue, false)).await;
    client.sends(frame(&end[1..], Data::Continue, true)).await;
    client
        .hears(r#"{"type":3,"invocationId":"1","result":"ü"}"#)
        .await;

    for byte in call.as_bytes() {
        client.sends(Message::binary(vec![*byte])).await;
    }
    client
        .hears(r#"{"type":3,"invocationId":"1","result":"ü"}"#)
        .await;
}

#[tokio::test]
async fn the_calls_of_a_connection_run_one_after_the_other() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.calls("1", "Slow", "[100]").await;
    client.calls("2", "Echo", r#"["a"]"#).await;
    client
        .hears(r#"{"type":3,"invocationId":"1","result":"slow"}"#)
        .await;
    client
        .hears(r#"{"type":3,"invocationId":"2","result":"a"}"#)
        .await;
    let calls = peer.hub.calls.lock().clone();
    assert_eq!(
        calls,
        ["Slow begins", "Slow ends", "Echo begins", "Echo ends"]
    );
}

#[tokio::test]
async fn another_connection_does_not_wait_for_a_slow_call() {
    let peer = Peer::start().await;
    let (mut slow, mut quick) = (peer.client().await, peer.client().await);
    slow.calls("1", "Slow", "[60000]").await;
    quick.calls("1", "Void", "[]").await;
    quick.hears(r#"{"type":3,"invocationId":"1"}"#).await;
    slow.is_silent_for(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn a_client_is_called_before_the_answer_to_its_call() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.calls("1", "EchoBack", r#"["hi"]"#).await;
    client
        .hears(r#"{"type":1,"target":"ReceiveMessage","arguments":["hi"]}"#)
        .await;
    client.hears(r#"{"type":3,"invocationId":"1"}"#).await;
}
