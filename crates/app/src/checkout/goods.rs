//! What a basket asks for, what its prices are made of, and what stands in the way of it.

use std::collections::HashMap;

use tradepost_db::{Conn, entitlements, packages as db_packages, sales, stock};
use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::checkout::{
    Entered, MAX_COMMANDS, MAX_QUANTITY, SUBSCRIPTION, Session, TIMED,
};
use tradepost_model::commands::CommandType;
use tradepost_model::ids::{CategoryId, PackageId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::packages::{Package, PackageCommand, PackageKind, Target};
use tradepost_model::players::Player;
use tradepost_model::pricing::{Base, PriceLine, SaleRule, best_sale, tier_for};
use tradepost_model::servers::Server;
use tradepost_model::stores::Store;

use super::{BasketLine, Line, Problem};
use crate::{Error, Result};

/// Whether subscriptions begin with their free trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trials {
    /// For those who have not had it.
    Offered,
    /// For nobody.
    Withheld,
}

/// What a basket's lines stand for, loaded once each, with how many of each and how many commands
/// were asked for so far.
pub(super) struct Goods {
    store: StoreId,
    currency: Currency,
    trials: Trials,
    now: Timestamp,
    count: usize,
    packages: HashMap<PackageId, (Package, Vec<PackageCommand>)>,
    categories: Vec<Category>,
    sales: Vec<SaleRule>,
    wanted: HashMap<PackageId, u32>,
    commands: usize,
    servers: Vec<Server>,
}

impl Goods {
    /// Loads what can be bought of these lines now, and what its price depends on.
    pub(super) async fn load(
        conn: &mut Conn,
        store: &Store,
        lines: &[Line],
        trials: Trials,
        now: Timestamp,
    ) -> Result<Self> {
        let (store, currency) = (store.id, store.currency);
        let mut packages = HashMap::new();
        for line in lines {
            if packages.contains_key(&line.package) {
                continue;
            }
            let found = db_packages::find(conn, store, line.package, currency).await?;
            if let Some(package) = found.filter(|it| it.is_buyable_at(now)) {
                let commands = db_packages::commands(conn, store, line.package).await?;
                packages.insert(line.package, (package, commands));
            }
        }
        let sales = sales::active(conn, store, now).await?;
        Ok(Self {
            store,
            currency,
            trials,
            now,
            count: lines.len(),
            packages,
            categories: tradepost_db::categories::list(conn, store).await?,
            sales: sales.iter().map(|sale| sale.rule()).collect(),
            wanted: HashMap::new(),
            commands: 0,
            servers: tradepost_db::servers::list(conn, store).await?,
        })
    }

    /// A line with what it stands for, given the lines before it.
    pub(super) async fn look(
        &mut self,
        conn: &mut Conn,
        line: &Line,
        player: Option<&Player>,
    ) -> Result<BasketLine> {
        let Some((package, commands)) = self.packages.get(&line.package).cloned() else {
            return Ok(BasketLine {
                line: line.clone(),
                package: None,
                price: None,
                inputs: Entered::new(),
                problems: vec![problem(
                    "packageId",
                    "One or more packages are not found or inactive".to_owned(),
                )],
            });
        };
        let mut problems = Vec::new();
        problems.extend(self.server_problem(line, &package, &commands));
        problems.extend(self.quantity_problem(line, &package));
        let (base, refused) = self.base(conn, line, &package, player).await?;
        problems.extend(refused);
        let inputs = entered(line, &package, &mut problems);
        if let Some(player) = player {
            problems.extend(
                self.player_problem(conn, &package, &commands, player)
                    .await?,
            );
        }
        let categories = with_ancestors(&self.categories, package.category);
        let price = PriceLine {
            package: package.id,
            sale: best_sale(package.id, &categories, &self.sales),
            categories,
            quantity: line.quantity.clamp(1, MAX_QUANTITY),
            list_price: package.price,
            base,
        };
        Ok(BasketLine {
            line: line.clone(),
            package: Some(package),
            price: Some(price),
            inputs,
            problems,
        })
    }

    fn quantity_problem(&mut self, line: &Line, package: &Package) -> Option<Problem> {
        let name = &package.name;
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            let text = format!("Package '{name}': the quantity must be from 1 to {MAX_QUANTITY}");
            return Some(problem("quantity", text));
        }
        if package.kind.billing().is_some() && (line.quantity > 1 || self.count > 1) {
            let text = format!(
                "Package '{name}' is a subscription: buy one of it, and nothing else with it"
            );
            return Some(problem("quantity", text));
        }
        let wanted = self.wanted.entry(line.package).or_default();
        *wanted += line.quantity;
        let left = package.stock(self.now)?;
        (i64::from(*wanted) > left).then(|| {
            let text = match left {
                0 => format!("Package '{name}' is sold out"),
                left => format!("Package '{name}': only {left} left"),
            };
            problem("quantity", text)
        })
    }

    /// Where the price of one comes from.
    async fn base(
        &self,
        conn: &mut Conn,
        line: &Line,
        package: &Package,
        player: Option<&Player>,
    ) -> Result<(Base, Option<Problem>)> {
        let name = &package.name;
        if let PackageKind::Custom(custom) = &package.kind {
            let typed = line.custom_price.as_deref();
            let chosen = typed.map(|text| Money::parse(text.trim(), self.currency));
            let offered = custom.suggested.unwrap_or(custom.min);
            let (unit, text) = match chosen {
                None => (
                    offered,
                    Some(format!("Package '{name}': choose what you want to pay")),
                ),
                Some(Err(error)) => (
                    offered,
                    Some(format!("Package '{name}': the price {error}")),
                ),
                Some(Ok(unit)) if unit.minor() < custom.min.minor() => (
                    offered,
                    Some(format!("Package '{name}' costs at least {}", custom.min)),
                ),
                Some(Ok(unit)) if custom.max.is_some_and(|max| unit.minor() > max.minor()) => {
                    let most = custom.max.unwrap_or(unit);
                    (
                        offered,
                        Some(format!("Package '{name}' costs at most {most}")),
                    )
                }
                Some(Ok(unit)) => (unit, None),
            };
            return Ok((
                Base::Custom { unit },
                text.map(|text| problem("customPrice", text)),
            ));
        }
        let refused = line.custom_price.is_some().then(|| {
            let text = format!("Package '{name}' has a fixed price");
            problem("customPrice", text)
        });
        if let PackageKind::Subscription(billing) = &package.kind
            && let Some(days) = billing.trial_days
            && self.trials == Trials::Offered
        {
            let had = match player {
                Some(player) => {
                    let key = player.username.key();
                    entitlements::ever_bought(conn, self.store, &key, package.id).await?
                }
                None => false,
            };
            // Nobody has two trials of one thing.
            if !had {
                return Ok((Base::Trial { days }, refused));
            }
        }
        let base = match tier_for(&package.tiers, line.quantity) {
            Some(tier) => Base::Tier {
                min_quantity: tier.min_quantity,
                unit: tier.unit_price,
            },
            None => Base::List,
        };
        Ok((base, refused))
    }

    /// What stands in the way for the player who receives.
    async fn player_problem(
        &self,
        conn: &mut Conn,
        package: &Package,
        commands: &[PackageCommand],
        player: &Player,
    ) -> Result<Option<Problem>> {
        let name = &package.name;
        if player.uuid.is_none() && commands.iter().any(|it| it.template.needs_uuid()) {
            let text = format!("Package '{name}' needs the player's UUID, which is not known here");
            return Ok(Some(problem("", text)));
        }
        if let Some(limit) = package.per_user_limit {
            let used = stock::used_by_player(conn, self.store, package, player, self.now).await?;
            let wanted = self.wanted.get(&package.id).copied().unwrap_or_default();
            if used + wanted > limit {
                let had = if used > 0 {
                    format!(", and {used} was bought before")
                } else {
                    String::new()
                };
                let text = format!("Package '{name}' is limited to {limit} per player{had}");
                return Ok(Some(problem("quantity", text)));
            }
        }
        let others: Vec<_> = self.packages.keys().copied().collect();
        let lacking = lacking(conn, self.store, package, &others, player).await?;
        Ok(lacking.map(|text| problem("", text)))
    }

    /// What stands in the way of running a line's commands.
    fn server_problem(
        &mut self,
        line: &Line,
        package: &Package,
        commands: &[PackageCommand],
    ) -> Option<Problem> {
        let name = &package.name;
        let asks = package.server_selection
            || commands
                .iter()
                .any(|command| command.target == Target::CustomerChoice);
        match line.server {
            None if asks => {
                let text = format!("Package '{name}' requires a server selection");
                return Some(problem("serverId", text));
            }
            None => {}
            Some(server) => {
                let exists = self.servers.iter().any(|known| known.id == server);
                let offered = package.servers.is_empty() || package.servers.contains(&server);
                if !exists || !offered {
                    let text = format!("Package '{name}' is not offered on that server");
                    return Some(problem("serverId", text));
                }
            }
        }
        for command in commands
            .iter()
            .filter(|command| command.kind == CommandType::Initial)
        {
            let targets = command.targets(package, line.server, &self.servers).len();
            if targets == 0 {
                let text = format!("Package '{name}' cannot be delivered: no server is set for it");
                return Some(problem("", text));
            }
            self.commands += targets * command.runs(line.quantity) as usize;
        }
        let too_many = self.commands > MAX_COMMANDS;
        too_many.then(|| {
            problem(
                "quantity",
                "This is too much for one order, buy it in several".to_owned(),
            )
        })
    }
}

/// Errors: the player who receives no longer has what something on this session is for.
pub(crate) async fn refuse_unmet(conn: &mut Conn, session: &Session) -> Result<()> {
    let currency = session.amounts.total.currency();
    let bought: Vec<_> = session.items.iter().map(|item| item.package).collect();
    for item in &session.items {
        let found = db_packages::find(conn, session.store, item.package, currency).await?;
        let Some(package) = found else {
            continue;
        };
        let receiver = session.receiver();
        if matches!(item.line.base, Base::Trial { .. })
            && entitlements::ever_bought(
                conn,
                session.store,
                &receiver.username.key(),
                item.package,
            )
            .await?
        {
            let message = format!("Package '{}' was tried before.", item.name);
            return Err(Error::refused("trial_used", message));
        }
        if let Some(text) = lacking(conn, session.store, &package, &bought, &receiver).await? {
            return Err(Error::refused("requirement_missing", format!("{text}.")));
        }
    }
    Ok(())
}

/// What a player must have first and has not: all of it or any of it, bought before or together with it.
async fn lacking(
    conn: &mut Conn,
    store: StoreId,
    package: &Package,
    bought: &[PackageId],
    player: &Player,
) -> Result<Option<String>> {
    let (mut has, mut lacks) = (0, None);
    let key = player.username.key();
    for required in &package.required_packages {
        let with_it = bought.contains(required) && *required != package.id;
        if with_it || entitlements::holds(conn, store, &key, *required).await? {
            has += 1;
        } else {
            lacks = lacks.or(Some(*required));
        }
    }
    let Some(lacks) = lacks.filter(|_| !package.require_any || has == 0) else {
        return Ok(None);
    };
    let currency = package.price.currency();
    let found = db_packages::find_ever(conn, store, lacks, currency).await?;
    let other = found.map_or_else(
        || "another package".to_owned(),
        |it| format!("'{}'", it.name),
    );
    Ok(Some(format!(
        "Package '{}' is for players who have {other}: buy that first, or with it",
        package.name
    )))
}

/// How a package is sold: what makes it another thing for its buyer.
pub(crate) fn shape(package: &Package) -> String {
    match &package.kind {
        PackageKind::OneTime => "oneTime".to_owned(),
        PackageKind::Custom(_) => "custom".to_owned(),
        PackageKind::Timed { hours } => format!("{TIMED}{hours}"),
        PackageKind::Subscription(billing) => {
            format!(
                "{SUBSCRIPTION}{}/{}",
                billing.count,
                billing.interval.word()
            )
        }
    }
}

/// A category and those around it, innermost first.
pub(crate) fn with_ancestors(all: &[Category], category: Option<CategoryId>) -> Vec<CategoryId> {
    let mut path = Vec::new();
    let mut next = category;
    while let Some(id) = next.filter(|id| !path.contains(id)) {
        path.push(id);
        next = all.iter().find(|it| it.id == id).and_then(|it| it.parent);
    }
    path
}

/// Checks what was entered for a package, input by input.
fn entered(line: &Line, package: &Package, problems: &mut Vec<Problem>) -> Entered {
    let mut kept = Entered::new();
    let name = &package.name;
    for input in &package.inputs {
        let raw = line.inputs.get(&input.name).map(String::as_str);
        let member = format!("inputs.{}", input.name);
        match raw.map(str::trim).filter(|text| !text.is_empty()) {
            None if input.required => {
                let text = format!("Package '{name}': {} is needed", input.label);
                problems.push(problem(&member, text));
            }
            None => {}
            Some(text) => match input.check(text) {
                Ok(value) => _ = kept.insert(input.name.clone(), value),
                Err(error) => {
                    let text = format!("Package '{name}': {} {error}", input.label);
                    problems.push(problem(&member, text));
                }
            },
        }
    }
    for unknown in line.inputs.keys() {
        if package.inputs.iter().all(|input| input.name != *unknown) {
            let text = format!("Package '{name}' asks for no such thing");
            problems.push(problem(&format!("inputs.{unknown}"), text));
        }
    }
    kept
}

fn problem(member: &str, text: String) -> Problem {
    Problem {
        member: member.to_owned(),
        text,
    }
}
