//! What the agent and the store tell each other (`docs/plugin-protocol.md`).

use serde::{Deserialize, Serialize};

/// How much of a game's answer the store keeps, in bytes.
pub(crate) const OUTPUT_BYTES: usize = 4096;

/// A command to run. Written again, it is what an HTTP game gets.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Command {
    pub(crate) idempotency_key: String,
    pub(crate) id: String,
    pub(crate) attempt: u32,
    pub(crate) command: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) player: Player,
    #[serde(default)]
    pub(crate) require_online: bool,
    #[serde(default)]
    pub(crate) required_slots: u32,
    #[serde(default)]
    pub(crate) order_id: String,
    #[serde(default)]
    pub(crate) order_number: i64,
    #[serde(default)]
    pub(crate) package_name: String,
}

/// A player, as either side names one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Player {
    #[serde(default)]
    pub(crate) username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    Completed,
    Failed,
    AwaitingPlayer,
    /// Nobody can know whether it ran.
    Interrupted,
}

impl Status {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::AwaitingPlayer => "waits for its player",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How a command ended, and what there is to tell about it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
}

impl Outcome {
    pub(crate) fn new(status: Status) -> Self {
        Self {
            status,
            output: None,
            error: None,
            duration_ms: None,
        }
    }

    pub(crate) fn failed(error: &str) -> Self {
        Self::new(Status::Failed).with_error(error)
    }

    pub(crate) fn interrupted(error: &str) -> Self {
        Self::new(Status::Interrupted).with_error(error)
    }

    pub(crate) fn with_error(self, error: &str) -> Self {
        Self {
            error: Some(tidy(error, 500)),
            ..self
        }
    }

    pub(crate) fn with_output(self, output: &str) -> Self {
        let output = tidy(output, OUTPUT_BYTES);
        Self {
            output: (!output.is_empty()).then_some(output),
            ..self
        }
    }
}

/// A result as the store gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    #[serde(skip)]
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) attempt: u32,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// At most so many bytes of a text, without the control characters that no page can show.
fn tidy(text: &str, bytes: usize) -> String {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    let mut tidied = String::with_capacity(text.len().min(bytes));
    let shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    for c in text.chars().filter(shown) {
        if tidied.len() + c.len_utf8() > bytes {
            break;
        }
        tidied.push(c);
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_between_characters_and_loses_what_cannot_be_shown() {
        let long = "\u{1b}[31m".to_owned() + &"é".repeat(5000);
        let output = Outcome::new(Status::Completed).with_output(&long).output;
        let output = output.unwrap();
        assert!(output.len() <= OUTPUT_BYTES && output.len() > OUTPUT_BYTES - 2);
        assert!(output.starts_with("[31mé"));
        assert_eq!(tidy("a\0b\r\n\tc\n", 100), "ab\n\tc");
    }

    #[test]
    fn a_result_names_its_attempt_and_leaves_out_what_is_absent() {
        let report = Report {
            key: "k:2".to_owned(),
            id: "k".to_owned(),
            attempt: 2,
            outcome: Outcome::new(Status::AwaitingPlayer),
        };
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"id":"k","attempt":2,"status":"awaitingPlayer"}"#
        );
    }
}
