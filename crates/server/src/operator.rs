//! The operator's commands: accounts, stores, keys, and checks.

use std::io::{BufRead as _, IsTerminal as _};

use tradepost_app::{Actor, App, identity, stores};
use tradepost_model::Timestamp;
use tradepost_model::money::Currency;
use tradepost_model::permissions::Permissions;
use tradepost_model::plans::{Plan, Subscribed};
use tradepost_model::players::Game;
use tradepost_model::stores::{NewStore, accent, subdomain};

use crate::cli::{Failure, KeyCommand, StoreArgs, StoreCommand, UserCommand};
use crate::config::Config;
use crate::serve::{DataFolder, open_app};

/// Opens the application beside a running server where the engine allows it.
async fn open(config: &Config) -> Result<App, Failure> {
    // SQLite lets several processes in; a server that runs keeps its lock on the folder, and needs
    // none of what is changed here in memory.
    let secrets = match DataFolder::open(&config.data) {
        Ok(folder) => folder.secrets()?,
        Err(crate::serve::StartError::InUse { .. }) => {
            crate::serve::existing_secrets(&config.data)?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(open_app(
        config,
        secrets,
        config.public_url(config.listen),
        "operator".to_owned(),
    )
    .await?)
}

pub(crate) async fn migrate(config: &Config) -> Result<(), Failure> {
    let app = open(config).await?;
    println!("The database is up to date.");
    app.db.close().await;
    Ok(())
}

pub(crate) async fn doctor(config: &Config) -> Result<(), Failure> {
    println!("configuration   ok");
    println!("listen          {}", config.listen);
    println!("public address  {}", config.public_url(config.listen));
    match DataFolder::open(&config.data) {
        Ok(folder) => {
            folder.secrets()?;
            println!("data folder     ok: {}", config.data.display());
        }
        Err(error @ crate::serve::StartError::InUse { .. }) => println!("data folder     {error}"),
        Err(error) => return Err(error.into()),
    }
    let app = open(config).await?;
    let statements = app.db.check_statements().await?;
    println!(
        "database        ok: {:?}, {statements} statements prepared",
        app.db.engine()
    );
    if config.public_url.starts_with("http://") || config.public_url.is_empty() {
        println!(
            "note            public_url is not https: put a TLS proxy in front before selling anything"
        );
    }
    app.db.close().await;
    Ok(())
}

pub(crate) async fn user(config: &Config, command: UserCommand) -> Result<(), Failure> {
    let app = open(config).await?;
    match command {
        UserCommand::Add { email, name } => {
            let user = identity::add_user(&app, &email, &name, &read_password()?)
                .await
                .map_err(explain)?;
            println!("Added {} ({}).", user.email, user.id);
        }
        UserCommand::Password { email } => {
            identity::set_password(&app, &email, &read_password()?)
                .await
                .map_err(explain)?;
            println!("The password was changed and all sessions ended.");
        }
    }
    app.db.close().await;
    Ok(())
}

pub(crate) async fn store(config: &Config, command: StoreCommand) -> Result<(), Failure> {
    let app = open(config).await?;
    match command {
        StoreCommand::Add(args) => {
            let store = add_store(&app, args).await?;
            println!(
                "Added {} ({}): {}/s/{}",
                store.name, store.id, app.settings.public_url, store.subdomain
            );
        }
        StoreCommand::List => {
            for store in stores::all(&app).await? {
                println!(
                    "{}  {}  {}  {}  {}",
                    store.id,
                    store.subdomain,
                    store.currency,
                    plan_line(store.plan),
                    store.name
                );
            }
        }
        StoreCommand::Plan { store, plan, until } => {
            let plan = subscribed(&plan, until.as_deref())?;
            let store = stores::by_subdomain(&app, &store).await?;
            stores::set_plan(&app, store.id, plan).await?;
            let lapsed = plan.expires_at.is_some_and(|at| at <= app.now());
            let note = if lapsed { ", which is over" } else { "" };
            println!("{} is on the plan {}{note}.", store.name, plan_line(plan));
        }
        StoreCommand::AllowOrigin { store, origin } => {
            let store = stores::by_subdomain(&app, &store).await?;
            stores::allow_origin(&app, store.id, &origin)
                .await
                .map_err(explain)?;
            println!("Checkouts of {} may return to {origin}.", store.name);
        }
    }
    app.db.close().await;
    Ok(())
}

pub(crate) async fn key(config: &Config, command: KeyCommand) -> Result<(), Failure> {
    let app = open(config).await?;
    match command {
        KeyCommand::Create { store, name } => {
            let actor = operator_of(&app, &store).await?;
            let permissions = Permissions::all_for_keys();
            let key = identity::create_key(&app, &actor, &name, permissions, None)
                .await
                .map_err(explain)?;
            println!("{}", key.text);
            eprintln!(
                "This is the only time the key is shown. Its id is {}.",
                key.key.id
            );
        }
        KeyCommand::List { store } => {
            for key in identity::list_keys(&app, &operator_of(&app, &store).await?).await? {
                let has_expired = key.expires_at.is_some_and(|at| at <= app.now());
                let state = match key.revoked_at {
                    Some(_) => "revoked",
                    None if has_expired => "expired",
                    None => "active",
                };
                let used = match key.last_used_at {
                    Some(at) => format!("used {at}"),
                    None => "never used".to_owned(),
                };
                println!(
                    "{}  {}...  {state}  {used}  {}",
                    key.id, key.prefix, key.name
                );
            }
        }
        KeyCommand::Revoke { store, id } => {
            let id = id
                .parse()
                .map_err(|_| "the id must be one that `tradepost key list` shows")?;
            identity::revoke_key(&app, &operator_of(&app, &store).await?, id).await?;
            println!("The key was revoked.");
        }
    }
    app.db.close().await;
    Ok(())
}

async fn add_store(app: &App, args: StoreArgs) -> Result<tradepost_model::stores::Store, Failure> {
    let StoreArgs {
        name,
        subdomain: name_in_address,
        owner,
        currency,
        game,
        tagline,
        accent: colour,
    } = args;
    let new = NewStore {
        name,
        subdomain: subdomain(&name_in_address).map_err(|error| format!("--subdomain {error}"))?,
        tagline,
        currency: Currency::parse(&currency).ok_or("--currency must be a code such as EUR")?,
        language: "en".to_owned(),
        game: Game::parse(&game).ok_or("--game must be minecraft, steam or other")?,
        accent: accent(&colour).map_err(|error| format!("--accent {error}"))?,
    };
    let owner = identity::user_by_email(app, &owner).await.map_err(|error| {
        format!("--owner: {error}; add the account first: tradepost user add --email {owner} --name ...")
    })?;
    stores::create(app, new, owner.id).await.map_err(explain)
}

fn subscribed(plan: &str, until: Option<&str>) -> Result<Subscribed, Failure> {
    let plan = Plan::parse(plan).ok_or("the plan must be pro or free")?;
    let expires_at = until.map(moment).transpose()?;
    match (plan, expires_at) {
        (Plan::Free, Some(_)) => Err("--until goes with pro: free does not end".into()),
        _ => Ok(Subscribed { plan, expires_at }),
    }
}

/// A time, or the first moment of a date in UTC.
fn moment(text: &str) -> Result<Timestamp, Failure> {
    let date = || {
        let date = text.parse::<jiff::civil::Date>()?;
        Ok::<_, jiff::Error>(date.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
    };
    let parsed = text.parse::<Timestamp>().or_else(|_| date());
    parsed.map_err(|_| {
        "--until must be a time such as 2027-01-31T18:00:00Z, or a date such as 2027-01-31".into()
    })
}

fn plan_line(plan: Subscribed) -> String {
    match plan.expires_at {
        Some(expires_at) => format!("{} until {expires_at}", plan.plan.word()),
        None => plan.plan.word().to_owned(),
    }
}

async fn operator_of(app: &App, store: &str) -> Result<Actor, Failure> {
    Ok(Actor::operator(stores::by_subdomain(app, store).await?.id))
}

fn read_password() -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        eprint!("Password (at least 10 characters, shown as you type): ");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// All that does not fit, in one sentence each.
fn explain(error: tradepost_app::Error) -> Failure {
    match error {
        tradepost_app::Error::Invalid(errors) => errors
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
            .into(),
        other => other.into(),
    }
}
