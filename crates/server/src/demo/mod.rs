//! `tradepost demo`: everything at once on embedded defaults, to try and to test against.

mod extras;
mod game;
mod kept;
mod seed;

use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use tempfile::TempDir;
use tradepost_app::App;
use tradepost_app::rate::MEMBER_REQUESTS_PER_MINUTE;
use tradepost_model::plans::Plan;

use crate::cli::{DemoArgs, Failure, end_signal};
use crate::config::{Api, Config, Database};
use crate::{serve, telemetry};
use kept::{Kept, KeptGiftCard, KeptPackage, KeptServer, Owner};

/// Runs the demo until it is told to stop.
pub(crate) async fn run(args: DemoArgs) -> Result<(), Failure> {
    telemetry::start_logs("warn", false);
    let temporary = args
        .data
        .is_none()
        .then(|| TempDir::with_prefix("tradepost-demo-"))
        .transpose()?;
    let data = args
        .data
        .clone()
        .or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned()))
        .unwrap_or_default();
    let config = config(&args, data.clone());
    let ready = serve::prepare(&config, telemetry::start_metrics()).await?;
    let app = ready.app.clone();
    let kept = match Kept::load(&data)? {
        Some(kept) => kept.without_what_changed(&app).await?,
        None => seed::seed(&app).await?.save(&data)?,
    };
    game::play_hub(&app, &kept, args.json).await?;
    let end = end_signal();
    tell(&app, &kept, &args)?;
    ready.run(end).await;
    drop(temporary);
    Ok(())
}

fn config(args: &DemoArgs, data: PathBuf) -> Config {
    Config {
        listen: args.listen,
        public_url: String::new(),
        base_domain: String::new(),
        data,
        behind_proxy: false,
        dev: true,
        log_json: false,
        log_level: "warn".to_owned(),
        default_plan: Plan::Pro,
        database: Database { url: String::new() },
        api: Api {
            requests_per_minute: args.rate_limit,
            member_requests_per_minute: args.rate_limit.max(MEMBER_REQUESTS_PER_MINUTE),
        },
    }
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    url: &'a str,
    store_url: &'a str,
    dashboard_url: &'a str,
    store_id: &'a str,
    owner: &'a Owner,
    api_key: Option<&'a str>,
    servers: &'a [KeptServer],
    packages: &'a [KeptPackage],
    coupon: Option<&'a str>,
    gift_card: Option<&'a KeptGiftCard>,
}

fn tell(app: &App, kept: &Kept, args: &DemoArgs) -> std::io::Result<()> {
    let url = &app.settings.public_url;
    let (store_url, dashboard_url) = (format!("{url}/s/demo"), format!("{url}/dashboard"));
    for note in &kept.notes {
        eprintln!("note: {note}");
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let line = Line {
            url,
            store_url: &store_url,
            dashboard_url: &dashboard_url,
            store_id: &kept.store_id,
            owner: &kept.owner,
            api_key: kept.api_key.as_deref(),
            servers: &kept.servers,
            packages: &kept.packages,
            coupon: kept.coupon.as_deref(),
            gift_card: kept.gift_card.as_ref(),
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
        return out.flush();
    }
    let shown = |value: &Option<String>| {
        value
            .clone()
            .unwrap_or_else(|| "(changed since, see the note)".to_owned())
    };
    let survival = kept
        .servers
        .iter()
        .find(|server| server.name == "Survival")
        .map(|server| shown(&server.token));
    writeln!(
        out,
        "
  Tradepost demo is ready

  Shop        {store_url}
  Dashboard   {dashboard_url}
              {email}  /  {password}
  API key     {key}
  Hub         a simulated game server, connected; what it runs is printed below
  Survival    waits for your plugin, token:
              {token}
{codes}
  Try this
  1. Open the shop, put VIP into the basket and pay with the Test gateway.
     Watch Hub run its command here and the receipt change by itself.
     At the checkout, \"Add a code\" takes the coupon and the gift card.
  2. Log in to the dashboard: the order waits for Survival, which is offline.
  3. Connect as Survival with any SignalR client: {url}/plugin-hub
     What waits for it arrives at once.
  4. curl -H 'X-Api-Key: <the key above>' {url}/api/v1/packages

  {kept_where}Stop with Ctrl-C.
",
        email = kept.owner.email,
        password = shown(&kept.owner.password),
        key = shown(&kept.api_key),
        token = survival.unwrap_or_default(),
        codes = codes(kept),
        kept_where = match &args.data {
            Some(path) => format!("Everything is kept in {}. ", path.display()),
            None => "Everything is gone when it stops; keep it with --data DIR. ".to_owned(),
        },
    )?;
    out.flush()
}

/// What can be entered at a checkout.
fn codes(kept: &Kept) -> String {
    let mut lines = String::new();
    if let Some(code) = &kept.coupon {
        lines += &format!("  Coupon      {code}\n");
    }
    if let Some(card) = &kept.gift_card {
        lines += &format!("  Gift card   {}, {} EUR\n", card.code, card.amount);
    }
    lines
}
