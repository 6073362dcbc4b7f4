//! What every measurement of the whole program begins with: a store in a database of its own, and the
//! program's configuration.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tradepost_app::secrets::Secrets;
use tradepost_app::{App, Settings, identity, stores};
use tradepost_db::{Db, Options};
use tradepost_model::clock::SystemClock;
use tradepost_model::money::Currency;
use tradepost_model::names::Slug;
use tradepost_model::plans::Plan;
use tradepost_model::players::Game;
use tradepost_model::stores::{NewStore, Store};

/// Any failure of a preparation.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const MASTER_KEY: [u8; 32] = [7; 32];

/// The name of the store in web addresses.
pub const SUBDOMAIN: &str = "bench";

/// Opens a database, made if need be, as the program would.
pub async fn open(url: &str) -> Result<App, Failure> {
    let db = Db::open(url, Options::default()).await?;
    let settings = Settings {
        public_url: "http://127.0.0.1".to_owned(),
        base_domain: None,
        dev: true,
        requests_per_minute: None,
        member_requests_per_minute: tradepost_app::rate::MEMBER_REQUESTS_PER_MINUTE,
        default_plan: Plan::Pro,
        node: "preparation".to_owned(),
    };
    let app = App::new(
        db,
        Arc::new(SystemClock),
        Secrets::new(MASTER_KEY),
        settings,
    );
    app.owns_database().await?;
    Ok(app)
}

/// Makes a store that sells in euros.
pub async fn make(app: &App) -> Result<Store, Failure> {
    let owner = identity::add_user(app, "bench@example.com", "Bench", "a long password").await?;
    let new = NewStore {
        name: "Bench".to_owned(),
        subdomain: Slug::parse(SUBDOMAIN)?,
        tagline: String::new(),
        currency: Currency::parse("EUR").ok_or("no euro")?,
        language: "en".to_owned(),
        game: Game::Minecraft,
        accent: "#2f6fed".to_owned(),
    };
    Ok(stores::create(app, new, owner.id).await?)
}

/// Writes what the program needs into its folder, and tells where its configuration is. Keys are not
/// limited: it is to be measured how much can be asked.
pub fn configure(folder: &Path, address: SocketAddr, url: &str) -> Result<PathBuf, Failure> {
    std::fs::write(folder.join("master.key"), MASTER_KEY)?;
    let config = folder.join("tradepost.toml");
    let text = format!(
        "listen = \"{address}\"\ndata = \"{}\"\nlog_level = \"warn\"\n[database]\nurl = \"{url}\"\n\
         [api]\nrequests_per_minute = 1000000000\n",
        folder.display()
    );
    std::fs::write(&config, text)?;
    Ok(config)
}

/// An address that is free now.
pub fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
