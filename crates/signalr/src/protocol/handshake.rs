//! The first record in each direction, which names the protocol of all others.

use super::{Protocol, json, records::SEPARATOR};
use bytes::Bytes;
use serde::Deserialize;

const NEWEST_VERSION: i32 = 2;

pub(crate) const ACCEPTED: &[u8] = b"{}\x1e";
pub(crate) const UNEXPECTED: &str = "An unexpected error occurred during connection handshake.";
pub(crate) const CANCELED: &str = "Handshake was canceled.";

#[derive(Deserialize)]
struct Request<'r> {
    #[serde(borrow)]
    protocol: std::borrow::Cow<'r, str>,
    version: i32,
}

/// Checks a client's handshake; the error is the sentence to answer.
pub(crate) fn check(record: &[u8], text_only: bool) -> Result<Protocol, String> {
    let Some(Request { protocol, version }) = json::object(record) else {
        return Err(UNEXPECTED.to_owned());
    };
    let name = protocol;
    let Some(protocol) = Protocol::of(&name) else {
        return Err(format!("The protocol '{name}' is not supported."));
    };
    if version > NEWEST_VERSION {
        return Err(format!(
            "The server does not support version {version} of the '{name}' protocol."
        ));
    }
    if text_only && protocol.is_binary() {
        return Err(format!(
            "Cannot use the '{name}' protocol on the current transport. \
             The transport does not support 'Binary' transfer format."
        ));
    }
    Ok(protocol)
}

pub(crate) fn error(sentence: &str) -> Bytes {
    let mut record = serde_json::json!({ "error": sentence })
        .to_string()
        .into_bytes();
    record.push(SEPARATOR);
    record.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_up_to_two_of_both_protocols_are_accepted() {
        for (record, protocol) in [
            (r#"{"protocol":"json","version":0}"#, Protocol::Json),
            (r#"{"protocol":"json","version":1}"#, Protocol::Json),
            (
                r#" {"version":2,"protocol":"JSON","more":{"a":[1]}} "#,
                Protocol::Json,
            ),
            (
                r#"{"protocol":"messagepack","version":1}"#,
                Protocol::MessagePack,
            ),
        ] {
            assert_eq!(check(record.as_bytes(), false), Ok(protocol), "{record}");
        }
    }

    #[test]
    fn a_binary_protocol_needs_a_binary_transport() {
        let record = br#"{"protocol":"messagepack","version":1}"#;
        let sentence = "Cannot use the 'messagepack' protocol on the current transport. \
                        The transport does not support 'Binary' transfer format.";
        assert_eq!(check(record, true), Err(sentence.to_owned()));
        let record = br#"{"protocol":"json","version":1}"#;
        assert_eq!(check(record, true), Ok(Protocol::Json));
    }

    #[test]
    fn anything_else_is_refused_with_its_sentence() {
        let unsupported = "The server does not support version 3 of the 'json' protocol.";
        for (record, sentence) in [
            (r#"{"protocol":"json","version":3}"#, unsupported),
            (
                r#"{"protocol":"xml","version":1}"#,
                "The protocol 'xml' is not supported.",
            ),
            (r#"{"protocol":"json"}"#, UNEXPECTED),
            (r#"{"version":1}"#, UNEXPECTED),
            (r#"{"protocol":null,"version":1}"#, UNEXPECTED),
            (r#"{"protocol":"json","version":"1"}"#, UNEXPECTED),
            (r#"["json",1]"#, UNEXPECTED),
            (r#"{"type":6}"#, UNEXPECTED),
            ("hello", UNEXPECTED),
            ("", UNEXPECTED),
        ] {
            assert_eq!(
                check(record.as_bytes(), false),
                Err(sentence.to_owned()),
                "{record}"
            );
        }
    }
}
