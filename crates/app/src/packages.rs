//! Packages: what the owner edits, checked as a whole.

use tradepost_db::packages as db;
use tradepost_model::categories::Category;
use tradepost_model::commands::CommandType;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{CategoryId, PackageId, ServerId, StoreId};
use tradepost_model::images::image_url;
use tradepost_model::money::Money;
use tradepost_model::names::{self, Slug};
use tradepost_model::packages::{
    Execute, MAX_COMMANDS, MAX_DELAY, MAX_SLOTS, MAX_TIMED_HOURS, Package, PackageCommand, RunPer,
    Target,
};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::servers::Server;
use tradepost_model::stores::Store;
use tradepost_model::templates::Template;

use crate::{Actor, App, Error, Result};

/// A delivery command as it was entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandInput {
    /// The template's text.
    pub template: String,
    /// `initial`, `renewal`, ...
    pub kind: String,
    /// `all`, `customerChoice` or a server's id.
    pub target: String,
    /// `always` or `whenOnline`.
    pub execute: String,
    /// Seconds.
    pub delay: String,
    /// Inventory slots.
    pub slots: String,
    /// `unit` or `line`.
    pub run_per: String,
}

/// A package as it was entered: text, to be shown again where something does not fit. Errors name
/// these fields; those of the commands are `commands[0].template` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageInput {
    /// The name.
    pub name: String,
    /// Rich text.
    pub description: String,
    /// The id of a category, or nothing.
    pub category: String,
    /// The name of a category to be made, or nothing.
    pub new_category: String,
    /// `https://...`, `/media/...` or nothing.
    pub image_url: String,
    /// A decimal.
    pub price: String,
    /// A number or nothing.
    pub global_limit: String,
    /// A number or nothing.
    pub per_user_limit: String,
    /// A number.
    pub sort_order: String,
    /// For how long one is bought: a number of days; with no hours either, for ever.
    pub timed_days: String,
    /// And a number of hours.
    pub timed_hours: String,
    /// Whether it can be bought.
    pub is_active: bool,
    /// Whether the buyer chooses the server.
    pub server_selection: bool,
    /// The ids of the servers offered; none = all.
    pub servers: Vec<String>,
    /// The delivery commands.
    pub commands: Vec<CommandInput>,
}

/// What the editor needs to know about a store.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Its categories.
    pub categories: Vec<Category>,
    /// Its servers.
    pub servers: Vec<Server>,
}

/// A store's packages, also those that cannot be bought, with the categories.
pub async fn list(
    app: &App,
    actor: &Actor,
    store: &Store,
) -> Result<(Vec<Package>, Vec<Category>)> {
    actor.require(Area::Packages, Access::View)?;
    let (id, currency) = (store.id, store.currency);
    app.read(async move |conn| {
        let packages = db::list(conn, id, currency).await?;
        let categories = tradepost_db::categories::list(conn, id).await?;
        Ok((packages, categories))
    })
    .await
}

/// One package with its commands. Errors: no such package.
pub async fn find(
    app: &App,
    actor: &Actor,
    store: &Store,
    package: PackageId,
) -> Result<(Package, Vec<PackageCommand>)> {
    actor.require(Area::Packages, Access::View)?;
    let (id, currency) = (store.id, store.currency);
    let found = app
        .read(async move |conn| {
            let Some(found) = db::find(conn, id, package, currency).await? else {
                return Ok(None);
            };
            let commands = db::commands(conn, id, package).await?;
            Ok(Some((found, commands)))
        })
        .await?;
    found.ok_or(Error::NotFound("package"))
}

/// The categories and servers that a package can name.
pub async fn surroundings(app: &App, actor: &Actor) -> Result<Surroundings> {
    actor.require(Area::Packages, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| {
        let categories = tradepost_db::categories::list(conn, store).await?;
        let servers = tradepost_db::servers::list(conn, store).await?;
        Ok(Surroundings {
            categories,
            servers,
        })
    })
    .await
}

/// Saves a new package, or the one named. Errors: every field that does not fit; no such package.
pub async fn save(
    app: &App,
    actor: &Actor,
    store: &Store,
    package: Option<PackageId>,
    input: &PackageInput,
) -> Result<PackageId> {
    actor.require(Area::Packages, Access::Edit)?;
    let around = surroundings(app, actor).await?;
    let (draft, commands) = check(app, store, &around, input)?;
    let now = app.now();
    let new_category = match input.new_category.trim() {
        "" => None,
        name => {
            let name = names::line(name, 1, 64)
                .map_err(|error| Error::invalid("newCategory", error.to_string()))?;
            Some(Category {
                id: app.id(),
                slug: Slug::from_name(&name, "category"),
                name,
                description: String::new(),
                is_enabled: true,
                sort_order: 0,
            })
        }
    };
    let id = package.unwrap_or(draft.id);
    let store_id = store.id;
    let saved = app
        .write(async move |tx| {
            let mut draft = draft.clone();
            if let Some(category) = &new_category {
                draft.category = Some(add_category(tx, store_id, category.clone(), now).await?);
            }
            draft.id = id;
            if package.is_some() {
                if !db::update(tx, store_id, &draft).await? {
                    return Ok(false);
                }
            } else {
                insert(tx, store_id, &draft).await?;
            }
            db::set_servers(tx, store_id, id, &draft.servers).await?;
            db::set_commands(tx, store_id, id, &commands).await?;
            Ok(true)
        })
        .await?;
    if saved {
        Ok(id)
    } else {
        Err(Error::NotFound("package"))
    }
}

/// Checks everything that was entered, and tells all that does not fit.
pub fn check(
    app: &App,
    store: &Store,
    around: &Surroundings,
    input: &PackageInput,
) -> Result<(Package, Vec<PackageCommand>)> {
    let mut errors = FieldErrors::default();
    let name = errors.check("name", names::line(&input.name, 1, 128));
    let description = errors.check("description", names::paragraph(&input.description, 10_000));
    let price = errors.check("price", Money::parse(input.price.trim(), store.currency));
    let image_url = check_image(&mut errors, &input.image_url);
    let category = check_category(&mut errors, around, &input.category);
    let global_limit = limit(&mut errors, "globalLimit", &input.global_limit);
    let per_user_limit = limit(&mut errors, "perUserLimit", &input.per_user_limit);
    let sort_order = number(&mut errors, "sortOrder", &input.sort_order, 0, 1_000_000).unwrap_or(0);
    let timed_hours = check_time(&mut errors, input);
    let servers: Vec<_> = input
        .servers
        .iter()
        .filter_map(|id| known_server(&around.servers, id))
        .collect();
    if servers.len() != input.servers.len() {
        errors.add("servers", "names a server that does not exist");
    }
    if input.commands.len() > MAX_COMMANDS {
        errors.add("commands", format!("must be at most {MAX_COMMANDS}"));
    }
    let commands: Vec<_> = input
        .commands
        .iter()
        .enumerate()
        .filter_map(|(place, command)| {
            let choose = input.server_selection;
            check_command(app, &mut errors, &around.servers, choose, place, command)
        })
        .collect();
    let now = app.now();
    let (Some(name), Some(description), Some(price), true) =
        (name, description, price, errors.is_empty())
    else {
        return Err(errors.into());
    };
    let package = Package {
        id: app.id(),
        category,
        slug: Slug::from_name(&name, "package"),
        name,
        description: safe_html(&description),
        price,
        image_url,
        is_active: input.is_active,
        sort_order: i32::try_from(sort_order).unwrap_or(i32::MAX),
        global_limit,
        per_user_limit,
        server_selection: input.server_selection,
        servers,
        timed_hours,
        sold: 0,
        reserved: 0,
        created_at: now,
        updated_at: now,
    };
    Ok((package, commands))
}

/// Reduces rich text to what cannot do harm: paragraphs, emphasis, lists, headings and links.
pub fn safe_html(text: &str) -> String {
    let tags = [
        "p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "h3", "h4", "a", "code",
    ];
    ammonia::Builder::default()
        .tags(tags.into_iter().collect())
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean(text)
        .to_string()
}

async fn add_category(
    tx: &mut tradepost_db::Tx,
    store: StoreId,
    mut category: Category,
    now: tradepost_model::Timestamp,
) -> Result<CategoryId> {
    let same = tradepost_db::categories::list(tx, store).await?;
    if let Some(known) = same
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(&category.name))
    {
        return Ok(known.id);
    }
    category.sort_order = same.iter().map(|known| known.sort_order).max().unwrap_or(0) + 1;
    let base = category.slug.clone();
    for number in 2..100 {
        if tradepost_db::categories::insert(tx, store, &category, now).await? {
            return Ok(category.id);
        }
        category.slug = base.numbered(number);
    }
    Err(Error::invalid(
        "newCategory",
        "a hundred categories have this name, choose another",
    ))
}

async fn insert(tx: &mut tradepost_db::Tx, store: StoreId, draft: &Package) -> Result<()> {
    let mut draft = draft.clone();
    let base = draft.slug.clone();
    for number in 2..100 {
        if db::insert(tx, store, &draft).await? {
            return Ok(());
        }
        draft.slug = base.numbered(number);
    }
    Err(Error::invalid(
        "name",
        "a hundred packages have this name, choose another",
    ))
}

/// The hours that one is bought for; `None` where it is for ever.
fn check_time(errors: &mut FieldErrors, input: &PackageInput) -> Option<u32> {
    let most_days = MAX_TIMED_HOURS / 24;
    let days = number(errors, "timedDays", &input.timed_days, 0, most_days)?;
    let hours = number(errors, "timedHours", &input.timed_hours, 0, MAX_TIMED_HOURS)?;
    let total = days * 24 + hours;
    if total > MAX_TIMED_HOURS {
        errors.add(
            "timedDays",
            format!("must be at most {most_days} days in all"),
        );
    }
    Some(total).filter(|total| *total > 0)
}

fn check_image(errors: &mut FieldErrors, text: &str) -> Option<String> {
    let text = text.trim();
    let uploaded = text
        .strip_prefix("/media/")
        .is_some_and(|id| uuid::Uuid::try_parse(id).is_ok());
    if text.is_empty() {
        None
    } else if uploaded {
        Some(text.to_owned())
    } else {
        errors.check("imageUrl", image_url(text))
    }
}

fn check_category(
    errors: &mut FieldErrors,
    around: &Surroundings,
    text: &str,
) -> Option<CategoryId> {
    if text.is_empty() {
        return None;
    }
    let known = around
        .categories
        .iter()
        .find(|category| category.id.to_string() == text);
    if known.is_none() {
        errors.add("category", "does not exist, choose another");
    }
    known.map(|category| category.id)
}

/// Checks the command at a place of the list that was entered. `choose`: whether customers choose the
/// server.
pub(crate) fn check_command(
    app: &App,
    errors: &mut FieldErrors,
    servers: &[Server],
    choose: bool,
    place: usize,
    command: &CommandInput,
) -> Option<PackageCommand> {
    let field = |name: &str| format!("commands[{place}].{name}");
    let template = errors.check(&field("template"), Template::parse(&command.template));
    let kind = choice(errors, &field("kind"), CommandType::parse(&command.kind));
    let execute = choice(errors, &field("execute"), Execute::parse(&command.execute));
    let run_per = choice(errors, &field("runPer"), RunPer::parse(&command.run_per));
    let target = match command.target.as_str() {
        "all" => Some(Target::All),
        "customerChoice" => Some(Target::CustomerChoice),
        id => known_server(servers, id).map(Target::Server),
    };
    let target = choice(errors, &field("target"), target);
    if target == Some(Target::CustomerChoice) && !choose {
        errors.add(
            field("target"),
            "needs \"Customers choose the server\" to be on",
        );
    }
    let delay_seconds = number(errors, &field("delay"), &command.delay, 0, MAX_DELAY);
    let required_slots = number(errors, &field("slots"), &command.slots, 0, MAX_SLOTS);
    Some(PackageCommand {
        id: app.id(),
        template: template?,
        kind: kind?,
        target: target?,
        execute: execute?,
        delay_seconds: delay_seconds?,
        required_slots: required_slots?,
        run_per: run_per?,
    })
}

fn known_server(servers: &[Server], id: &str) -> Option<ServerId> {
    servers
        .iter()
        .map(|server| server.id)
        .find(|server| server.to_string() == id)
}

fn choice<T>(errors: &mut FieldErrors, field: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        errors.add(field, "is not one of the choices");
    }
    value
}

fn limit(errors: &mut FieldErrors, field: &str, text: &str) -> Option<u32> {
    if text.trim().is_empty() {
        None
    } else {
        number(errors, field, text, 1, 1_000_000)
    }
}

fn number(errors: &mut FieldErrors, field: &str, text: &str, min: u32, max: u32) -> Option<u32> {
    let text = text.trim();
    let value = if text.is_empty() {
        Some(min)
    } else {
        text.parse().ok()
    };
    let value = value.filter(|value| (min..=max).contains(value));
    if value.is_none() {
        errors.add(field, format!("must be a whole number from {min} to {max}"));
    }
    value
}
