//! Configuration: `tradepost.toml`, overridden by `TRADEPOST_*`. Unknown keys are errors.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tradepost_model::plans::Plan;

/// The checked-in default file, which is the documentation of every key.
pub(crate) const DEFAULT: &str = include_str!("../tradepost.toml");

const PREFIX: &str = "TRADEPOST_";

/// Everything an operator can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where pages are reached from outside; empty for the address listened on.
    pub public_url: String,
    /// Stores are also at `{subdomain}.{base_domain}`; empty for none.
    pub base_domain: String,
    /// Whether a reverse proxy stands in front.
    pub behind_proxy: bool,
    /// The data folder.
    pub data: PathBuf,
    /// Development mode.
    pub dev: bool,
    /// Logs as JSON.
    pub log_json: bool,
    /// Which messages to log.
    pub log_level: String,
    /// The plan of a new store.
    #[serde(deserialize_with = "plan")]
    pub default_plan: Plan,
    /// The database.
    pub database: Database,
    /// The Management API.
    pub api: Api,
}

/// Which database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its URL; empty for a file in the data folder.
    pub url: String,
}

/// Settings of the Management API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Requests per minute and key; 0 leaves it to the store's plan.
    pub requests_per_minute: u32,
    /// Requests per minute of a member with a token.
    pub member_requests_per_minute: u32,
}

impl Api {
    /// The operator's own limit, where there is one.
    pub fn limit(&self) -> Option<u32> {
        Some(self.requests_per_minute).filter(|limit| *limit > 0)
    }
}

fn plan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Plan, D::Error> {
    let word = String::deserialize(deserializer)?;
    Plan::parse(&word).ok_or_else(|| D::Error::custom("default_plan must be pro or free"))
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        path: String,
        source: std::io::Error,
    },
    /// The file or the environment does not fit.
    #[error("{origin}: {reason}")]
    Invalid { origin: String, reason: String },
}

impl Config {
    /// Reads the default, then the file, then the environment. Without a file named, `tradepost.toml`
    /// in this folder is read where it exists.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = parse(DEFAULT, "the default configuration")?;
        let fallback = Path::new("tradepost.toml");
        let file = file.or_else(|| fallback.exists().then_some(fallback));
        if let Some(path) = file {
            let origin = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
                path: origin.clone(),
                source,
            })?;
            merge(&mut table, parse(&text, &origin)?, "", &origin)?;
        }
        let mut environment: Vec<_> = environment
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        environment.sort();
        for (name, value) in environment {
            set(&mut table, &name, &value)?;
        }
        let config: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| invalid("configuration", &explain(&error)))?;
        config.check()
    }

    /// Where pages are reached from outside.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        if self.public_url.is_empty() {
            format!("http://{bound}")
        } else {
            self.public_url.clone()
        }
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            let data = std::path::absolute(&self.data).unwrap_or_else(|_| self.data.clone());
            format!("sqlite://{}", data.join("tradepost.db").display())
        } else {
            self.database.url.clone()
        }
    }

    fn check(self) -> Result<Self, ConfigError> {
        if tracing_subscriber::EnvFilter::try_new(&self.log_level).is_err() {
            return Err(invalid(
                "log_level",
                "must be a level such as info, or a list such as info,tradepost_app=debug",
            ));
        }
        let url = &self.public_url;
        let is_url = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
        if !is_url || url.ends_with('/') {
            return Err(invalid(
                "public_url",
                "must start with https:// and not end with a slash",
            ));
        }
        if self.base_domain.contains(['/', ':']) || self.base_domain.starts_with('.') {
            return Err(invalid(
                "base_domain",
                "must be a domain such as shops.example.com",
            ));
        }
        let database = &self.database.url;
        if !database.is_empty()
            && !["sqlite://", "postgres://", "postgresql://"]
                .iter()
                .any(|it| database.starts_with(it))
        {
            return Err(invalid(
                "database.url",
                "must start with sqlite:// or postgres://",
            ));
        }
        Ok(self)
    }
}

/// The only setting whose text has a form of its own is `listen`.
fn explain(error: &toml::de::Error) -> String {
    match error.message() {
        message if message.contains("socket address") => {
            "listen must be an address and a port such as 127.0.0.1:8080".to_owned()
        }
        message => message.to_owned(),
    }
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
                    &format!("unknown key '{name}'; the known keys are in docs/configuration.md"),
                ));
            }
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => {
                merge(into, from, &format!("{name}."), origin)?;
            }
            (Some(old), new) if old.type_str() == new.type_str() => *old = new,
            (Some(old), _) => {
                return Err(invalid(
                    origin,
                    &format!("{name} must be of type {}", old.type_str()),
                ));
            }
        }
    }
    Ok(())
}

/// Sets one key from a variable such as `TRADEPOST_DATABASE_URL`, or from the file that
/// `TRADEPOST_DATABASE_URL_FILE` names.
fn set(table: &mut toml::Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let key = variable.trim_start_matches(PREFIX).to_lowercase();
    if let Some(place) = place(table, &key) {
        let new = match place {
            toml::Value::Boolean(_) => value.parse().ok().map(toml::Value::Boolean),
            toml::Value::Integer(_) => value.parse().ok().map(toml::Value::Integer),
            _ => Some(toml::Value::String(value.to_owned())),
        };
        *place =
            new.ok_or_else(|| invalid(variable, &format!("must be of type {}", place.type_str())))?;
        return Ok(());
    }
    if let Some(place) = key.strip_suffix("_file").and_then(|key| place(table, key)) {
        let text = std::fs::read_to_string(value).map_err(|source| ConfigError::Unreadable {
            path: value.to_owned(),
            source,
        })?;
        *place = toml::Value::String(text.trim_end().to_owned());
        return Ok(());
    }
    Err(invalid(
        variable,
        "no such key; the known keys are in docs/configuration.md",
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.toml");
        std::fs::write(&path, text).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(&path), environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_file_is_valid_and_can_be_overridden() {
        let config = load(
            "[api]\nrequests_per_minute = 5",
            &[("TRADEPOST_DATABASE_URL", "postgres://x/y")],
        )
        .unwrap();
        assert_eq!(config.api.limit(), Some(5));
        let members = config.api.member_requests_per_minute;
        assert_eq!(members, tradepost_app::rate::MEMBER_REQUESTS_PER_MINUTE);
        let plain = load("", &[("TRADEPOST_DEFAULT_PLAN", "free")]).unwrap();
        assert_eq!((plain.api.limit(), plain.default_plan), (None, Plan::Free));
        assert_eq!(config.database_url(), "postgres://x/y");
        assert!(!config.dev);
        assert_eq!(
            load(
                "",
                &[("TRADEPOST_BASE_DOMAIN", "shops.example"), ("HOME", "/")]
            )
            .unwrap()
            .base_domain,
            "shops.example"
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, environment, word) in [
            ("lisen = \"x\"", vec![], "lisen"),
            ("[api]\nrequests = 1", vec![], "api.requests"),
            ("dev = 1", vec![], "dev must be of type boolean"),
            ("listen = \"nowhere\"", vec![], "listen must be"),
            ("default_plan = \"gold\"", vec![], "default_plan must be"),
            ("[api]\nrequests_per_minute = -1", vec![], "configuration"),
            ("log_level = \"=,=\"", vec![], "log_level"),
            ("public_url = \"https://x.example/\"", vec![], "public_url"),
            (
                "",
                vec![("TRADEPOST_API_REQUESTS_PER_MINUTE", "many")],
                "TRADEPOST_API_REQUESTS_PER_MINUTE",
            ),
            ("", vec![("TRADEPOST_NONSENSE", "1")], "TRADEPOST_NONSENSE"),
            ("[database]\nurl = \"mysql://x\"", vec![], "database.url"),
        ] {
            let error = load(text, &environment).unwrap_err();
            assert!(error.contains(word), "{text:?} {environment:?}: {error}");
        }
    }
}
