//! What a game's answer means for the command.

use regex::Regex;

use crate::config::fixed;
use crate::message::{Command, Outcome, Status};

/// How answers are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    pub(crate) failure: Vec<Regex>,
    /// The player is not there.
    pub(crate) away: Vec<Regex>,
}

/// Where Minecraft itself speaks: at the beginning of a line, behind the time and thread that a log
/// puts there. A player's chat has the player's name there, so nobody can talk a purchase into being
/// made again.
const SPEAKS: &str =
    r"(?m)^(?:\[[\d:. A-Za-z]*\](?: \[[^\]\n]*/[A-Z]+\])?(?: \[[^\]\n]*\])?: )?(?:Error: ?)?";

impl Patterns {
    /// What Minecraft and its usual plugins say; RCON itself never tells failure. `direct`: the answer
    /// has nothing in it but the answer, which a log has.
    pub(crate) fn minecraft(direct: bool) -> Self {
        let says = |words: &str| fixed(&format!("{SPEAKS}(?:{words})"));
        let mut failure = vec![
            says(r"Unknown (?:or incomplete )?command"),
            says(r"Incorrect argument for command"),
            says(r"An (?:unexpected|internal) error occurred"),
            says(r"(?i:you do not have permission)|I'm sorry, but you do not have perm"),
        ];
        if direct {
            failure.push(fixed(r"<--\[HERE\]\s*$"));
        }
        let away = "No player was found|No entity was found|That player cannot be found|Player not found|Player not online";
        Self {
            failure,
            away: vec![says(&format!(r"(?i:{away})\.?[ \r]*$"))],
        }
    }

    /// The result of a command that the game answered with a text.
    pub(crate) fn judge(&self, answer: &str) -> Outcome {
        let plain = without_colours(answer);
        let hit = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(&plain));
        let outcome = if hit(&self.away) {
            Outcome::new(Status::AwaitingPlayer)
        } else if hit(&self.failure) {
            Outcome::failed(plain.trim())
        } else {
            Outcome::new(Status::Completed)
        };
        outcome.with_output(answer)
    }

    /// The result of a command beside which a log said this. What the log says may be the answer to
    /// somebody else's command, so that nothing is run again because of it - but for a command that
    /// needs its player, where the log is what tells that the player is gone.
    pub(crate) fn judge_log(&self, log: &str, needs_player: bool) -> Outcome {
        let outcome = self.judge(log);
        match outcome.status {
            Status::AwaitingPlayer if needs_player => outcome,
            Status::AwaitingPlayer | Status::Failed => Outcome::interrupted(&format!(
                "the log tells of a command that did not work, of this one or another: {}",
                without_colours(log).trim()
            ))
            .with_output(log),
            Status::Completed | Status::Interrupted => outcome,
        }
    }
}

/// Why a command is not given to the game at all.
pub(crate) fn refusal(command: &Command, longest: usize) -> Option<Outcome> {
    let text = &command.command;
    // One command must never become two, whatever a game takes for the end of a line.
    let breaks = |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(breaks) {
        return Some(Outcome::failed(
            "the command has a line break or a control character, which the agent never sends",
        ));
    }
    if text.trim().is_empty() {
        return Some(Outcome::failed("the command is empty"));
    }
    (text.len() > longest).then(|| {
        Outcome::failed(&format!(
            "the command has {} bytes, and the game takes at most {longest}",
            text.len()
        ))
    })
}

/// Minecraft marks colours with a § and a character, others with terminal escapes.
pub(crate) fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '§' => drop(chars.next()),
            '\u{1b}' => drop(chars.by_ref().find(char::is_ascii_alphabetic)),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Command {
        serde_json::from_value(serde_json::json!({
            "idempotencyKey": "a:1", "id": "a", "attempt": 1, "command": text,
        }))
        .unwrap()
    }

    #[test]
    fn minecrafts_answers_are_understood() {
        let patterns = Patterns::minecraft(true);
        for (answer, status) in [
            ("Gave 1 [Diamond] to Steve", Status::Completed),
            ("", Status::Completed),
            ("No player was found", Status::AwaitingPlayer),
            ("§cError: §4Player not found.", Status::AwaitingPlayer),
            (
                "Unknown or incomplete command, see below for errorgvie<--[HERE]",
                Status::Failed,
            ),
            ("Unknown command. Type \"/help\" for help.", Status::Failed),
            ("§cUnknown command", Status::Failed),
            (
                "An unexpected error occurred trying to execute that command",
                Status::Failed,
            ),
        ] {
            assert_eq!(patterns.judge(answer).status, status, "{answer}");
        }
        let failed = patterns.judge("§cUnknown command");
        assert_eq!(failed.error.as_deref(), Some("Unknown command"));
        assert_eq!(failed.output.as_deref(), Some("§cUnknown command"));
        assert_eq!(
            Patterns::default().judge("No player was found").status,
            Status::Completed
        );
    }

    #[test]
    fn what_players_say_is_no_answer() {
        let patterns = Patterns::minecraft(false);
        let judge = |line: &str| {
            let log = format!("[12:00:01] [Server thread/INFO]: Gave 1 [Diamond] to Eve\n{line}\n");
            patterns.judge(&log).status
        };
        for said in [
            "[12:00:01] [Server thread/INFO]: <Eve> No player was found",
            "[12:00:01 INFO]: <Eve> No player was found",
            "[12:00:01] [Server thread/INFO]: [Not Secure] <Eve> Unknown command",
            "[12:00:01] [Async Chat Thread - #0/INFO]: [VIP] Eve: Player not found",
            "[12:00:01] [Server thread/INFO]: <Eve> give Eve foo<--[HERE]",
            "[12:00:01] [Server thread/INFO]: * Eve An unexpected error occurred",
        ] {
            assert_eq!(judge(said), Status::Completed, "{said}");
        }
        for answer in [
            "[12:00:01] [Server thread/INFO]: No player was found",
            "[12:00:01 INFO]: No player was found",
            "[12:00:01 ERROR]: Error: Player not found.",
        ] {
            assert_eq!(judge(answer), Status::AwaitingPlayer, "{answer}");
        }
        let unknown = "[12:00:01 INFO]: Unknown or incomplete command, see below for error";
        assert_eq!(judge(unknown), Status::Failed);
    }

    #[test]
    fn what_a_log_says_makes_no_command_run_again() {
        let patterns = Patterns::minecraft(false);
        let unknown = "[12:00:01 INFO]: Unknown command. Type \"/help\" for help.";
        let away = "[12:00:01 INFO]: No player was found";
        for (log, needs_player, status) in [
            (
                "[12:00:01 INFO]: Gave 1 [Diamond]",
                false,
                Status::Completed,
            ),
            ("", true, Status::Completed),
            (unknown, false, Status::Interrupted),
            (unknown, true, Status::Interrupted),
            (away, false, Status::Interrupted),
            (away, true, Status::AwaitingPlayer),
        ] {
            let outcome = patterns.judge_log(log, needs_player);
            assert_eq!(outcome.status, status, "{log} {needs_player}");
            assert_eq!(outcome.output.unwrap_or_default(), log);
            let told = outcome.error.unwrap_or_default();
            assert_eq!(
                told.contains(log),
                status == Status::Interrupted || log.is_empty()
            );
        }
    }

    #[test]
    fn one_command_never_becomes_two() {
        for text in [
            "say a\nop Eve",
            "say a\rop Eve",
            "say a\0op Eve",
            "say a\u{85}op",
            "say\u{2028}b",
            "\u{b}",
            " ",
            "",
        ] {
            let outcome = refusal(&command(text), 100).unwrap();
            assert_eq!(outcome.status, Status::Failed, "{text:?}");
        }
        assert!(refusal(&command("tellraw Steve {\"text\":\"é\tx\"}"), 100).is_none());
        assert!(refusal(&command(&"x".repeat(101)), 100).is_some());
    }
}
