//! `demo.json`: what the demo printed, so that a second start prints the same.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tradepost_app::{App, delivery, identity};

use crate::cli::Failure;
use crate::serve::write_private;

/// What the demo tells. A value is `None` once it was changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    pub(super) store_id: String,
    pub(super) owner: Owner,
    pub(super) api_key: Option<String>,
    pub(super) servers: Vec<KeptServer>,
    pub(super) packages: Vec<KeptPackage>,
    #[serde(default)]
    pub(super) coupon: Option<String>,
    #[serde(default)]
    pub(super) gift_card: Option<KeptGiftCard>,
    #[serde(skip)]
    pub(super) notes: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) email: String,
    pub(super) password: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptServer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) token: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptPackage {
    pub(super) id: String,
    pub(super) name: String,
    /// Major units, as the API writes them.
    pub(super) price: Box<serde_json::value::RawValue>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptGiftCard {
    pub(super) code: String,
    /// What was on it at first, in major units.
    pub(super) amount: Box<serde_json::value::RawValue>,
}

impl Kept {
    /// What an earlier start left in the folder.
    pub(super) fn load(data: &Path) -> Result<Option<Self>, Failure> {
        let path = data.join("demo.json");
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path)?;
        let kept = serde_json::from_str(&text);
        kept.map(Some)
            .map_err(|error| format!("{} is not readable: {error}", path.display()).into())
    }

    /// Keeps it for the next start, readable by its owner alone.
    pub(super) fn save(self, data: &Path) -> Result<Self, Failure> {
        write_private(&data.join("demo.json"), &serde_json::to_vec_pretty(&self)?)?;
        Ok(self)
    }

    /// Takes out what no longer works, with a note for each.
    pub(super) async fn without_what_changed(mut self, app: &App) -> Result<Self, Failure> {
        if let Some(password) = &self.owner.password
            && identity::log_in(app, &self.owner.email, password, "demo")
                .await
                .is_err()
        {
            self.owner.password = None;
            self.notes
                .push("the owner's password was changed since".to_owned());
        }
        if let Some(key) = &self.api_key
            && identity::authenticate_key(app, key).await.is_err()
        {
            self.api_key = None;
            self.notes.push("the API key was revoked since".to_owned());
        }
        for server in &mut self.servers {
            if let Some(token) = &server.token
                && delivery::authenticate(app, Some(token)).await.is_err()
            {
                server.token = None;
                self.notes.push(format!(
                    "the token of {} was regenerated since",
                    server.name
                ));
            }
        }
        Ok(self)
    }
}
