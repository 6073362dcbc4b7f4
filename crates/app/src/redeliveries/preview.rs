//! What a redelivery would do, for people to agree to; nothing is written.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tradepost_db::redeliveries::{self as db, HeldLine};
use tradepost_db::{Conn, orders, packages, servers, staff_commands};
use tradepost_model::commands::CommandType;
use tradepost_model::ids::{PackageId, StoreId};
use tradepost_model::money::Currency;
use tradepost_model::packages::{Package, PackageCommand};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::redeliveries::{Redelivery, RedeliveryKind};
use tradepost_model::servers::Server;
use uuid::Uuid;

use super::{NewRedelivery, batch, check};
use crate::{Actor, App, Error, Result};

/// How many rows are looked at in one statement.
const PAGE: u32 = 2000;
/// How many texts are shown.
const TEXTS: usize = 10;

/// What a redelivery would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Of how many lines of orders (of entitlements).
    pub lines: usize,
    /// How many commands would be queued.
    pub commands: usize,
    /// For how many players.
    pub players: usize,
    /// The texts of the first ten.
    pub texts: Vec<String>,
}

/// What a redelivery would do. Errors: fields that do not fit.
pub async fn preview(app: &App, actor: &Actor, new: NewRedelivery) -> Result<Preview> {
    actor.require(Area::Commands, Access::View)?;
    let draft = check(app, actor, new).await?;
    let (app_, store) = (app.clone(), actor.store);
    let alone = alone(store).await;
    app.scan(async move |conn| {
        let _alone = &alone;
        match draft.kind {
            RedeliveryKind::Commands => of_commands(conn, store, &draft).await,
            RedeliveryKind::Entitlements => of_entitlements(&app_, conn, store, &draft).await,
        }
    })
    .await
}

/// Waits until nothing else is counted for a store on this node: counting reads everything it has, and
/// must not take all that reads from everyone else.
pub(super) async fn alone(store: StoreId) -> OwnedMutexGuard<()> {
    static COUNTING: LazyLock<Mutex<HashMap<StoreId, Arc<Turn<()>>>>> =
        LazyLock::new(Mutex::default);
    let turn = {
        let mut counting = COUNTING.lock();
        counting.retain(|_, turn| Arc::strong_count(turn) > 1);
        counting.entry(store).or_default().clone()
    };
    turn.lock_owned().await
}

/// How many commands or lines a redelivery would look at.
pub(super) async fn total(conn: &mut Conn, store: StoreId, it: &Redelivery) -> Result<i64> {
    let (mut place, mut total) = (it.place, 0_i64);
    loop {
        let (last, count, read) = match it.kind {
            RedeliveryKind::Commands => {
                let page = db::candidates(conn, store, it, place, PAGE).await?;
                (page.last().map(|it| it.id.0), page.len(), page.len())
            }
            RedeliveryKind::Entitlements => {
                let page = db::lines(conn, store, it, place, PAGE).await?;
                let fit = page.iter().filter(|line| batch::fits(it, line)).count();
                (page.last().map(|it| it.id.0), fit, page.len())
            }
        };
        total += i64::try_from(count).unwrap_or(i64::MAX);
        match last {
            Some(last) if read == PAGE as usize => place = last,
            _ => return Ok(total),
        }
    }
}

/// Whether the store has, or had, this package.
pub(super) async fn knows_package(
    conn: &mut Conn,
    store: StoreId,
    package: PackageId,
) -> Result<bool> {
    Ok(find_package(conn, store, package).await?.is_some())
}

async fn find_package(
    conn: &mut Conn,
    store: StoreId,
    package: PackageId,
) -> Result<Option<Package>> {
    // What it costs is not asked, so any currency will do.
    let any = Currency::parse("EUR").ok_or_else(|| Error::internal("no currency"))?;
    Ok(packages::find_ever(conn, store, package, any).await?)
}

async fn of_commands(conn: &mut Conn, store: StoreId, it: &Redelivery) -> Result<Preview> {
    let (mut place, mut players) = (it.place, HashSet::new());
    let mut preview = Preview::default();
    loop {
        let page = db::candidates(conn, store, it, place, PAGE).await?;
        for candidate in &page {
            if preview.texts.len() < TEXTS
                && let Some(command) = staff_commands::find(conn, store, candidate.id).await?
            {
                preview.texts.push(command.text);
            }
        }
        preview.commands += page.len();
        let last = page.last().map(|it| it.id.0);
        let more = page.len() == PAGE as usize;
        players.extend(page.into_iter().map(|it| it.username_key));
        match last {
            Some(last) if more => place = last,
            _ => break,
        }
    }
    preview.players = players.len();
    Ok(preview)
}

async fn of_entitlements(
    app: &App,
    conn: &mut Conn,
    store: StoreId,
    it: &Redelivery,
) -> Result<Preview> {
    let server = match it.server {
        Some(server) => servers::find(conn, store, server).await?,
        None => None,
    };
    let Some(server) = server else {
        return Ok(Preview::default());
    };
    // Counted without a statement for each line: there can be very many.
    let mut under_way: HashMap<_, usize> = HashMap::new();
    for item in db::under_way_at(conn, store, server.id).await? {
        *under_way.entry(item).or_default() += 1;
    }
    let targets = [server];
    let mut known: HashMap<PackageId, Goods> = HashMap::new();
    let (mut place, mut players) = (Uuid::nil(), HashSet::new());
    let mut preview = Preview::default();
    loop {
        let page = db::lines(conn, store, it, place, PAGE).await?;
        for line in page.iter().filter(|line| batch::fits(it, line)) {
            if let Entry::Vacant(entry) = known.entry(line.package) {
                entry.insert(Goods::load(conn, store, line.package).await?);
            }
            let made = known[&line.package].commands(line, &targets);
            let expected = under_way.get(&line.id).copied().unwrap_or_default();
            preview.commands += made.saturating_sub(expected);
            preview.lines += 1;
            players.insert(line.username_key.clone());
            let room = TEXTS - preview.texts.len();
            if room > 0
                && made > 0
                && let Some(order) = orders::find(conn, store, line.order).await?
            {
                let made = batch::made(app, conn, store, it, line, &order, &targets).await?;
                let texts = made.into_iter().map(|command| command.text);
                preview.texts.extend(texts.take(room));
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => place = last.id.0,
            _ => break,
        }
    }
    preview.players = players.len();
    Ok(preview)
}

/// A package and its commands.
struct Goods {
    package: Option<Package>,
    commands: Vec<PackageCommand>,
}

impl Goods {
    async fn load(conn: &mut Conn, store: StoreId, package: PackageId) -> Result<Self> {
        Ok(Self {
            package: find_package(conn, store, package).await?,
            commands: packages::commands(conn, store, package).await?,
        })
    }

    /// How many initial commands a line has on these servers.
    fn commands(&self, line: &HeldLine, targets: &[Server]) -> usize {
        let Some(package) = &self.package else {
            return 0;
        };
        let initial = self
            .commands
            .iter()
            .filter(|it| it.kind == CommandType::Initial);
        initial
            .map(|it| {
                it.targets(package, line.server, targets).len() * it.runs(line.quantity) as usize
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn one_thing_is_counted_at_a_time_for_a_store() {
        let (one, other) = (StoreId(Uuid::from_u128(1)), StoreId(Uuid::from_u128(2)));
        let first = alone(one).await;
        let soon = Duration::from_millis(20);
        assert!(timeout(soon, alone(one)).await.is_err(), "it waits");
        assert!(timeout(soon, alone(other)).await.is_ok());
        drop(first);
        assert!(timeout(soon, alone(one)).await.is_ok());
    }
}
