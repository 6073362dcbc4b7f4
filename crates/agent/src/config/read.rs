//! Reading the configuration: the default, then the file, then the environment, then the secrets.

use std::path::Path;

use super::{Config, ConfigError, DEFAULT, Kind, Secret};

const PREFIX: &str = "TRADEPOST_AGENT_";

impl Config {
    /// Reads the configuration.
    pub(crate) fn load(
        file: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = parse(DEFAULT, "the default configuration")?;
        let origin = file.display().to_string();
        let text = read(&origin, "; make one with 'tradepost agent init'")?;
        merge(&mut table, parse(&text, &origin)?, "", &origin)?;
        let ours = environment.filter(|(name, _)| name.starts_with(PREFIX));
        let mut ours: Vec<_> = ours.collect();
        ours.sort();
        for (name, value) in ours {
            set(&mut table, &name, &value)?;
        }
        let config: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| invalid(&origin, error.to_string().trim()))?;
        config.finish(file, &origin)
    }

    fn finish(mut self, file: &Path, origin: &str) -> Result<Self, ConfigError> {
        // Beside the file, so that the journal does not depend on where the agent was started.
        let folder = file.parent().unwrap_or(Path::new(""));
        self.data = folder.join(&self.data);
        if !self.ca_file.is_empty() {
            self.ca_file = folder.join(&self.ca_file).display().to_string();
        }
        fill("token", &mut self.token, folder, &self.token_file)?;
        let rcon = &mut self.rcon;
        fill(
            "rcon.password",
            &mut rcon.password,
            folder,
            &rcon.password_file,
        )?;
        let http = &mut self.http;
        fill("http.bearer", &mut http.bearer, folder, &http.bearer_file)?;
        self.check().map_err(|reason| invalid(origin, &reason))?;
        Ok(self)
    }

    fn check(&self) -> Result<(), String> {
        if !is_web(&self.store) {
            return Err("store must start with https:// or http://".to_owned());
        }
        if self.token.0.is_empty() {
            return Err(
                "token is empty; copy it from the Servers page of the dashboard".to_owned(),
            );
        }
        if !self.token.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("token has characters that no token has; copy it again".to_owned());
        }
        let zero = match self.game.kind {
            Kind::Rcon if self.rcon.answer_seconds == 0 => "rcon.answer_seconds",
            Kind::Http if self.http.answer_seconds == 0 => "http.answer_seconds",
            _ if self.players.every_seconds == 0 => "players.every_seconds",
            _ => "",
        };
        if !zero.is_empty() {
            return Err(format!("{zero} must be at least 1"));
        }
        match self.game.kind {
            Kind::Rcon if !self.rcon.address.contains(':') => {
                Err("rcon.address must be an address and a port such as 127.0.0.1:25575".to_owned())
            }
            Kind::Rcon if self.rcon.password.0.is_empty() => {
                Err("rcon.password is empty; for Minecraft it is in server.properties".to_owned())
            }
            Kind::Console if self.console.pipe.is_empty() => {
                Err("console.pipe is empty; it names the pipe that the game reads".to_owned())
            }
            Kind::Http => {
                address("http.url", &self.http.url)?;
                if !self.http.players_url.is_empty() {
                    address("http.players_url", &self.http.players_url)?;
                }
                Ok(())
            }
            Kind::Rcon | Kind::Console => self.check_groups(),
        }
    }

    fn check_groups(&self) -> Result<(), String> {
        let players = &self.players;
        for (key, pattern, group) in [
            ("list_pattern", &players.list_pattern, "names"),
            ("join_pattern", &players.join_pattern, "name"),
            ("leave_pattern", &players.leave_pattern, "name"),
        ] {
            let named = |it: &regex::Regex| it.capture_names().flatten().any(|name| name == group);
            if pattern.as_ref().is_some_and(|it| !named(it)) {
                return Err(format!(
                    "players.{key} must have a group (?P<{group}>...) around what it looks for"
                ));
            }
        }
        Ok(())
    }
}

fn is_web(url: &url::Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn address(key: &str, text: &str) -> Result<(), String> {
    match url::Url::parse(text) {
        Ok(url) if is_web(&url) => Ok(()),
        _ => Err(format!("{key} must start with https:// or http://")),
    }
}

/// Reads a secret from its file, where there is one.
fn fill(key: &str, secret: &mut Secret, folder: &Path, file: &str) -> Result<(), ConfigError> {
    if file.is_empty() {
        return Ok(());
    }
    if !secret.0.is_empty() {
        let reason = format!("set {key} or {key}_file, not both");
        return Err(invalid("configuration", &reason));
    }
    let file = folder.join(file).display().to_string();
    secret.0 = read(&file, "")?.trim().to_owned();
    Ok(())
}

fn read(path: &str, hint: &'static str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
        path: path.to_owned(),
        hint: match cause.kind() {
            std::io::ErrorKind::NotFound => hint,
            _ => "",
        },
        cause,
    })
}

fn parse(text: &str, origin: &str) -> Result<toml::Table, ConfigError> {
    text.parse()
        .map_err(|error: toml::de::Error| invalid(origin, error.to_string().trim()))
}

fn merge(
    into: &mut toml::Table,
    from: toml::Table,
    prefix: &str,
    origin: &str,
) -> Result<(), ConfigError> {
    for (key, value) in from {
        let name = format!("{prefix}{key}");
        match (into.get_mut(&key), value) {
            (None, _) => {
                return Err(invalid(
                    origin,
                    &format!(
                        "unknown key '{name}'; 'tradepost agent init' writes a file with all known keys"
                    ),
                ));
            }
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => {
                merge(into, from, &format!("{name}."), origin)?;
            }
            (Some(old), new) if old.type_str() == new.type_str() => *old = new,
            (Some(old), _) => {
                let reason = format!("{name} must be of type {}", old.type_str());
                return Err(invalid(origin, &reason));
            }
        }
    }
    Ok(())
}

/// Sets one key from a variable such as `TRADEPOST_AGENT_RCON_PASSWORD`.
fn set(table: &mut toml::Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let key = variable.trim_start_matches(PREFIX).to_lowercase();
    let place = place(table, &key).ok_or_else(|| invalid(variable, "there is no such key"))?;
    let new = match place {
        toml::Value::Boolean(_) => value.parse().ok().map(toml::Value::Boolean),
        toml::Value::Integer(_) => value.parse().ok().map(toml::Value::Integer),
        toml::Value::String(_) => Some(toml::Value::String(value.to_owned())),
        _ => None,
    };
    let kind = place.type_str();
    *place = new.ok_or_else(|| match kind {
        "array" => invalid(variable, "a list can only be set in the file"),
        kind => invalid(variable, &format!("must be of type {kind}")),
    })?;
    Ok(())
}

fn place<'a>(table: &'a mut toml::Table, key: &str) -> Option<&'a mut toml::Value> {
    if table.get(key).is_some_and(|value| !value.is_table()) {
        return table.get_mut(key);
    }
    let (section, rest) = key.split_once('_')?;
    table.get_mut(section)?.as_table_mut()?.get_mut(rest)
}

fn invalid(origin: &str, reason: &str) -> ConfigError {
    ConfigError::Invalid {
        origin: origin.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Regular expressions in a list.
pub(super) mod patterns {
    use regex::Regex;
    use serde::{Deserialize, Deserializer, de::Error as _};

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Regex>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let patterns = texts.iter().map(|text| Regex::new(text));
        patterns.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

/// A regular expression, or an empty text for none.
pub(super) mod pattern {
    use regex::Regex;
    use serde::{Deserialize, Deserializer, de::Error as _};

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Regex>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        Regex::new(&text).map(Some).map_err(D::Error::custom)
    }
}
