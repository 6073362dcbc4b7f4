//! The first record in each direction, which names the protocol of all others.

use super::{json, records::SEPARATOR};
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
pub(crate) fn check(record: &[u8]) -> Result<(), String> {
    let Some(Request { protocol, version }) = json::object(record) else {
        return Err(UNEXPECTED.to_owned());
    };
    if !protocol.eq_ignore_ascii_case(json::NAME) {
        return Err(format!("The protocol '{protocol}' is not supported."));
    }
    if version > NEWEST_VERSION {
        return Err(format!(
            "The server does not support version {version} of the '{protocol}' protocol."
        ));
    }
    Ok(())
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
    fn versions_up_to_two_of_json_are_accepted() {
        for record in [
            r#"{"protocol":"json","version":0}"#,
            r#"{"protocol":"json","version":1}"#,
            r#" {"version":2,"protocol":"JSON","more":{"a":[1]}} "#,
        ] {
            assert_eq!(check(record.as_bytes()), Ok(()), "{record}");
        }
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
                check(record.as_bytes()),
                Err(sentence.to_owned()),
                "{record}"
            );
        }
    }
}
