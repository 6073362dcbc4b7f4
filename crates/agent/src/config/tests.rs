use std::path::Path;

use super::*;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agent.toml");
    std::fs::write(&path, text).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(&path, environment).map_err(|error| error.to_string())
}

const SECRETS: [(&str, &str); 2] = [
    ("TRADEPOST_AGENT_TOKEN", "abc_def"),
    ("TRADEPOST_AGENT_RCON_PASSWORD", "hunter2"),
];

#[test]
fn the_default_file_needs_only_its_secrets() {
    let config = load(DEFAULT, &SECRETS).unwrap();
    assert_eq!(config.token.0, "abc_def");
    assert_eq!(config.rcon.password.0, "hunter2");
    assert!(config.data.is_absolute() && config.data.ends_with("agent-data"));
    assert_eq!(config.longest_command(), 1446);
    assert!(config.players.list(config.game.game).is_some());
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("abc_def"));
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "from_file\n").unwrap();
    let file = file.to_str().unwrap();
    let environment = [("TRADEPOST_AGENT_TOKEN_FILE", file), SECRETS[1]];
    assert_eq!(load("", &environment).unwrap().token.0, "from_file");
    let both = [SECRETS[0], environment[0], environment[1]];
    assert!(load("", &both).unwrap_err().contains("not both"));
    let missing = [("TRADEPOST_AGENT_TOKEN_FILE", "/nowhere"), SECRETS[1]];
    assert!(load("", &missing).unwrap_err().contains("/nowhere"));
}

#[test]
fn what_does_not_fit_is_named() {
    for (text, word) in [
        ("toke = \"x\"", "unknown key 'toke'"),
        ("[rcon]\nport = 1", "unknown key 'rcon.port'"),
        ("online_mode = 1", "online_mode must be of type boolean"),
        ("[game]\nkind = \"telnet\"", "kind"),
        ("[game]\naway_patterns = [\"(\"]", "away_patterns"),
        ("[players]\nlist_pattern = \"x\"", "players.list_pattern"),
        ("[players]\nevery_seconds = 0", "players.every_seconds"),
        ("[game]\nkind = \"console\"", "console.pipe is empty"),
        ("[game]\nkind = \"http\"", "http.url"),
        ("[rcon]\naddress = \"localhost\"", "rcon.address"),
        ("store = \"shop.example\"", "store"),
        ("token = \"a b\"", "TRADEPOST_AGENT_TOKEN is set"),
    ] {
        let error = match load(text, &SECRETS) {
            // The environment comes last.
            Ok(_) => "TRADEPOST_AGENT_TOKEN is set".to_owned(),
            Err(error) => error,
        };
        assert!(error.contains(word), "{text}: {error}");
    }
    for (environment, word) in [
        (&SECRETS[..1], "rcon.password is empty"),
        (&SECRETS[1..], "token is empty"),
        (&[("TRADEPOST_AGENT_NONSENSE", "1")], "NONSENSE"),
        (&[("TRADEPOST_AGENT_PLAYERS_WATCH", "maybe")], "WATCH"),
    ] {
        let error = load("", environment).unwrap_err();
        assert!(error.contains(word), "{environment:?}: {error}");
    }
    let error = Config::load(Path::new("/nowhere/agent.toml"), std::iter::empty()).unwrap_err();
    assert!(error.to_string().contains("tradepost agent init"));
}

#[test]
fn minecrafts_log_tells_who_comes_and_goes_and_chat_cannot() {
    let config = load("", &SECRETS).unwrap();
    let patterns = config.players.coming_and_going(Preset::Minecraft).unwrap();
    for line in [
        "[12:00:00] [Server thread/INFO]: Steve joined the game",
        "[12:00:00 INFO]: Steve joined the game",
    ] {
        let found = patterns.join.captures(line).unwrap();
        assert_eq!(&found["name"], "Steve");
    }
    for line in [
        "[12:00:00] [Server thread/INFO]: <Eve> Steve joined the game",
        "[12:00:00] [Server thread/INFO]: <Eve> [x]: Steve joined the game",
        "[12:00:00] [Server thread/INFO]: [Eve] [x]: Steve joined the game",
    ] {
        assert!(!patterns.join.is_match(line), "{line}");
    }
}
