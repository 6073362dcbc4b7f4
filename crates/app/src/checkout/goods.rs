//! What a basket asks for, and what stands in the way of it.

use std::collections::HashMap;

use tradepost_db::{Conn, packages as db_packages, stock};
use tradepost_model::checkout::{MAX_COMMANDS, MAX_QUANTITY};
use tradepost_model::commands::CommandType;
use tradepost_model::ids::{PackageId, StoreId};
use tradepost_model::money::Currency;
use tradepost_model::packages::{Package, PackageCommand, Target};
use tradepost_model::players::Player;
use tradepost_model::servers::Server;

use super::Line;
use crate::Result;

/// What a basket's lines stand for, loaded once each, with how many of each and how many commands
/// were asked for so far.
#[derive(Default)]
pub(super) struct Goods {
    pub(super) packages: HashMap<PackageId, (Package, Vec<PackageCommand>)>,
    wanted: HashMap<PackageId, u32>,
    commands: usize,
    servers: Option<Vec<Server>>,
}

impl Goods {
    pub(super) async fn load(
        &mut self,
        conn: &mut Conn,
        store: StoreId,
        id: PackageId,
        currency: Currency,
    ) -> Result<()> {
        if self.packages.contains_key(&id) {
            return Ok(());
        }
        if let Some(package) = db_packages::find(conn, store, id, currency)
            .await?
            .filter(|it| it.is_active)
        {
            let commands = db_packages::commands(conn, store, id).await?;
            self.packages.insert(id, (package, commands));
        }
        Ok(())
    }

    /// What stands in the way of a line, given the lines before it.
    pub(super) async fn problem(
        &mut self,
        conn: &mut Conn,
        store: StoreId,
        line: &Line,
        player: Option<&Player>,
    ) -> Result<Option<String>> {
        if let Some(problem) = self.server_problem(conn, store, line).await? {
            return Ok(Some(problem));
        }
        let Some((package, commands)) = self.packages.get(&line.package) else {
            return Ok(Some(
                "One or more packages are not found or inactive".to_owned(),
            ));
        };
        let name = &package.name;
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            return Ok(Some(format!(
                "Package '{name}': the quantity must be from 1 to {MAX_QUANTITY}"
            )));
        }
        if let Some(player) = player
            && player.uuid.is_none()
            && commands.iter().any(|command| command.template.needs_uuid())
        {
            return Ok(Some(format!(
                "Package '{name}' needs the player's UUID, which is not known here"
            )));
        }
        let wanted = self.wanted.entry(line.package).or_default();
        *wanted += line.quantity;
        if let Some(left) = package.stock()
            && i64::from(*wanted) > left
        {
            return Ok(Some(match left {
                0 => format!("Package '{name}' is sold out"),
                left => format!("Package '{name}': only {left} left"),
            }));
        }
        if let (Some(limit), Some(player)) = (package.per_user_limit, player) {
            let used =
                stock::used_by_player(conn, store, line.package, &player.customer_key()).await?;
            if used + *wanted > limit {
                let had = if used > 0 {
                    format!(", and {used} was bought before")
                } else {
                    String::new()
                };
                return Ok(Some(format!(
                    "Package '{name}' is limited to {limit} per player{had}"
                )));
            }
        }
        Ok(None)
    }

    /// What stands in the way of running a line's commands.
    async fn server_problem(
        &mut self,
        conn: &mut Conn,
        store: StoreId,
        line: &Line,
    ) -> Result<Option<String>> {
        if self.servers.is_none() {
            self.servers = Some(tradepost_db::servers::list(conn, store).await?);
        }
        let servers = self.servers.as_deref().unwrap_or_default();
        let Some((package, commands)) = self.packages.get(&line.package) else {
            return Ok(None);
        };
        let name = &package.name;
        let asks = package.server_selection
            || commands
                .iter()
                .any(|command| command.target == Target::CustomerChoice);
        match line.server {
            None if asks => {
                return Ok(Some(format!(
                    "Package '{name}' requires a server selection"
                )));
            }
            None => {}
            Some(server) => {
                let exists = servers.iter().any(|known| known.id == server);
                let offered = package.servers.is_empty() || package.servers.contains(&server);
                if !exists || !offered {
                    return Ok(Some(format!(
                        "Package '{name}' is not offered on that server"
                    )));
                }
            }
        }
        for command in commands
            .iter()
            .filter(|command| command.kind == CommandType::Initial)
        {
            let targets = command.targets(package, line.server, servers).len();
            if targets == 0 {
                let problem =
                    format!("Package '{name}' cannot be delivered: no server is set for it");
                return Ok(Some(problem));
            }
            self.commands += targets * command.runs(line.quantity) as usize;
        }
        let too_many = self.commands > MAX_COMMANDS;
        Ok(too_many.then(|| "This is too much for one order, buy it in several".to_owned()))
    }
}
