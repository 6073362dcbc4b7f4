//! The demo's store: made through the same operations as any other.

use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::{Actor, App, categories, identity, packages, servers, stores};
use tradepost_model::categories::CategoryDraft;
use tradepost_model::fields::Given;
use tradepost_model::money::Currency;
use tradepost_model::names::Slug;
use tradepost_model::packages::Package;
use tradepost_model::permissions::Permissions;
use tradepost_model::players::Game;
use tradepost_model::stores::{NewStore, Store};

use super::extras;
use super::kept::{Kept, KeptPackage, KeptServer, Owner};
use crate::cli::Failure;

struct Goods {
    name: &'static str,
    category: &'static str,
    price: &'static str,
    description: &'static str,
    survival: &'static [(&'static str, &'static str)],
    hub: &'static str,
    global_limit: &'static str,
    per_user_limit: &'static str,
}

const GOODS: [Goods; 8] = [
    Goods {
        name: "VIP",
        category: "Ranks",
        price: "9.99",
        description: "<p>Your name in gold, two extra homes and <strong>/hat</strong> for the loudest helmets.</p>\
            <ul><li>Golden name in chat</li><li>Two more homes</li><li>/hat and /nick</li></ul>",
        survival: &[("lp user {username} parent add vip", "always")],
        hub: "broadcast {username} is now VIP!",
        global_limit: "",
        per_user_limit: "",
    },
    Goods {
        name: "MVP",
        category: "Ranks",
        price: "19.99",
        description: "<p>Everything in VIP, and the sky: fly in the Hub, keep your levels, skip the queue.</p>",
        survival: &[("lp user {username} parent add mvp", "always")],
        hub: "lp user {username} permission set hub.fly true",
        global_limit: "",
        per_user_limit: "",
    },
    Goods {
        name: "Legend",
        category: "Ranks",
        price: "39.99",
        description: "<p>For those who built this place. Your own particle trail and a statue in the Hub.</p>",
        survival: &[("lp user {username} parent add legend", "always")],
        hub: "statue place {username}",
        global_limit: "",
        per_user_limit: "",
    },
    Goods {
        name: "Founder's Relic",
        category: "Ranks",
        price: "49.00",
        description: "<p>Only 50 were ever made. One per player, and never again.</p>",
        survival: &[("relic grant {username} founder", "always")],
        hub: "broadcast {username} found a Founder's Relic!",
        global_limit: "50",
        per_user_limit: "1",
    },
    Goods {
        name: "1,000 Coins",
        category: "Coins and kits",
        price: "4.99",
        description: "<p>Spend them at the market in Survival. They arrive before you can say \"emerald\".</p>",
        survival: &[("eco give {username} 1000", "always")],
        hub: "tell {username} Your coins are in Survival.",
        global_limit: "",
        per_user_limit: "",
    },
    Goods {
        name: "5,000 Coins",
        category: "Coins and kits",
        price: "19.99",
        description: "<p>A chest of coins, and a fifth cheaper than five small ones.</p>",
        survival: &[("eco give {username} 5000", "always")],
        hub: "tell {username} Your coins are in Survival.",
        global_limit: "",
        per_user_limit: "",
    },
    Goods {
        name: "Builder Kit",
        category: "Coins and kits",
        price: "6.00",
        description: "<p>Stone, wood and glass by the stack. The blocks are handed to you when you are in Survival.</p>",
        survival: &[
            ("kitlog add {username} builder", "always"),
            ("kit give builder {username}", "whenOnline"),
        ],
        hub: "tell {username} Your Builder Kit waits in Survival.",
        global_limit: "",
        per_user_limit: "",
    },
    Goods {
        name: "Welcome Gift",
        category: "Coins and kits",
        price: "0",
        description: "<p>A loaf of bread and a torch. Free, once per player, from all of us.</p>",
        survival: &[("kit give welcome {username}", "always")],
        hub: "broadcast Welcome, {username}!",
        global_limit: "",
        per_user_limit: "1",
    },
];

/// Makes the store with its owner, key, servers and packages.
pub(super) async fn seed(app: &App) -> Result<Kept, Failure> {
    let password = app.ids.token(16);
    let owner = identity::add_user(app, "owner@demo.example", "Demo owner", &password).await?;
    let new = NewStore {
        name: "Demo".to_owned(),
        subdomain: Slug::parse("demo")?,
        tagline: "Ranks, coins and kits for Hub and Survival. Nothing here costs real money."
            .to_owned(),
        currency: Currency::parse("EUR").ok_or("EUR is a currency")?,
        language: "en".to_owned(),
        game: Game::Minecraft,
        accent: "#0f766e".to_owned(),
    };
    let store = stores::create(app, new, owner.id).await?;
    stores::allow_origin(app, store.id, "http://localhost:*").await?;
    let actor = Actor::operator(store.id);
    let key =
        identity::create_key(app, &actor, "Demo key", Permissions::all_for_keys(), None).await?;
    let mut kept_servers = Vec::new();
    for (name, address) in [
        ("Hub", "hub.demo.example"),
        ("Survival", "survival.demo.example"),
    ] {
        let new = servers::create(app, &actor, name, address, "Minecraft").await?;
        let (id, token) = (new.server.id.to_string(), Some(new.token));
        kept_servers.push(KeptServer {
            id,
            name: name.to_owned(),
            token,
        });
    }
    let mut packages = seed_packages(app, &actor, &store, &kept_servers).await?;
    packages.extend(seed_extras(app, &actor, &kept_servers).await?);
    let member = Actor::member(store.id, owner.id, Permissions::owner());
    let gift_card = extras::gift_card(app, &member).await?;
    Ok(Kept {
        store_id: store.id.to_string(),
        owner: Owner {
            email: owner.email,
            password: Some(password),
        },
        api_key: Some(key.text),
        servers: kept_servers,
        packages,
        coupon: Some(extras::COUPON.to_owned()),
        gift_card: Some(gift_card),
        notes: Vec::new(),
    })
}

/// What is sold in other ways, with a sale on some of it.
async fn seed_extras(
    app: &App,
    actor: &Actor,
    servers: &[KeptServer],
) -> Result<Vec<KeptPackage>, Failure> {
    let draft = CategoryDraft {
        name: Given::Value("Extras".to_owned()),
        description: Given::Value("Clubs, titles, wings, and a way to say thanks".to_owned()),
        sort_order: Given::Value(100),
        ..CategoryDraft::default()
    };
    let (app_, actor_) = (app.clone(), actor.clone());
    let category = app
        .write(async move |tx| categories::create(&app_, tx, &actor_, draft.clone()).await)
        .await?;
    let survival = servers.iter().find(|server| server.name == "Survival");
    let survival = survival.map(|server| server.id.clone()).unwrap_or_default();
    let made = extras::packages(app, actor, category.id, &survival).await?;
    let on_sale = made
        .iter()
        .filter(|package| ["Custom Title", "Weekend Wings"].contains(&package.name.as_str()));
    extras::discounts(app, actor, on_sale.map(|package| package.id).collect()).await?;
    made.into_iter().map(kept_package).collect()
}

fn kept_package(package: Package) -> Result<KeptPackage, Failure> {
    Ok(KeptPackage {
        id: package.id.to_string(),
        price: serde_json::value::RawValue::from_string(package.price.decimal())?,
        name: package.name,
    })
}

async fn seed_packages(
    app: &App,
    actor: &Actor,
    store: &Store,
    servers: &[KeptServer],
) -> Result<Vec<KeptPackage>, Failure> {
    let server = |name: &str| {
        servers
            .iter()
            .find(|server| server.name == name)
            .map(|server| server.id.clone())
    };
    let (hub, survival) = (
        server("Hub").unwrap_or_default(),
        server("Survival").unwrap_or_default(),
    );
    let command = |template: &str, execute: &str, target: &str| CommandInput {
        template: template.to_owned(),
        kind: "initial".to_owned(),
        target: target.to_owned(),
        execute: execute.to_owned(),
        delay: "0".to_owned(),
        slots: "0".to_owned(),
        run_per: "unit".to_owned(),
    };
    let mut kept = Vec::new();
    for (place, goods) in GOODS.iter().enumerate() {
        let mut commands: Vec<_> = goods
            .survival
            .iter()
            .map(|(template, execute)| command(template, execute, &survival))
            .collect();
        commands.push(command(goods.hub, "always", &hub));
        let input = PackageInput {
            name: goods.name.to_owned(),
            description: goods.description.to_owned(),
            new_category: goods.category.to_owned(),
            price: goods.price.to_owned(),
            global_limit: goods.global_limit.to_owned(),
            per_user_limit: goods.per_user_limit.to_owned(),
            sort_order: place.to_string(),
            is_active: true,
            commands,
            ..PackageInput::default()
        };
        let id = packages::save(app, actor, store, None, &input).await?;
        let (package, _) = packages::find(app, actor, store, id).await?;
        kept.push(kept_package(package)?);
    }
    Ok(kept)
}
