//! Compares the store's books with what the games ran.

use std::collections::HashSet;
use std::fmt;

use tradepost_app::orders::{self, Filter};
use tradepost_model::commands::{Command, CommandStatus};
use tradepost_model::ids::OrderId;

use super::chaos::Kills;
use super::world::{Game, World};
use super::{Failure, PER_ORDER};

/// What a soak counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commands in the store's books.
    pub sent: usize,
    /// Runs that the games counted.
    pub executed: usize,
    /// Commands that the books call completed.
    pub completed: usize,
    /// Commands that ended because nobody can know whether they ran.
    pub interrupted: usize,
    /// Of these, the ones that ran.
    pub interrupted_and_ran: usize,
    /// Completed commands that no game ran, and commands that vanished or ended in another way.
    pub lost: usize,
    /// Runs beyond the first of a command.
    pub doubled: usize,
    /// Runs that no book knows.
    pub unknown: usize,
    /// Interrupted commands beyond what the kills explain.
    pub unexplained: usize,
}

impl Counts {
    /// Errors: something is not as promised.
    pub fn check(&self) -> Result<(), Failure> {
        let Self {
            lost,
            doubled,
            unknown,
            unexplained,
            ..
        } = self;
        if lost + doubled + unknown + unexplained == 0 {
            Ok(())
        } else {
            Err(format!("not as promised: {self}").into())
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sent {}, executed {}, completed {}, interrupted {} (of which ran {}), lost {}, doubled {}",
            self.sent,
            self.executed,
            self.completed,
            self.interrupted,
            self.interrupted_and_ran,
            self.lost,
            self.doubled
        )?;
        if self.unknown + self.unexplained > 0 {
            write!(
                f,
                ", unknown {}, unexplained interruptions {}",
                self.unknown, self.unexplained
            )?;
        }
        Ok(())
    }
}

/// Counts, once everything has come to rest.
pub(crate) async fn judge(
    world: &World,
    answered: &[String],
    kills: &Kills,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut known = HashSet::new();
    let mut left: HashSet<&str> = answered.iter().map(String::as_str).collect();
    let mut keyless_interruptions = 0;
    for (order, commands) in books(world).await? {
        left.remove(order.to_string().as_str());
        counts.lost += PER_ORDER.saturating_sub(commands.len());
        for command in commands {
            let game = world
                .games
                .iter()
                .find(|game| game.server == command.server);
            let game = game.ok_or("a command of a server that is none")?;
            count(&mut counts, &mut keyless_interruptions, game, &command);
            known.insert(command.text);
        }
    }
    // Purchases that were answered and are not in the books.
    counts.lost += left.len() * PER_ORDER;
    counts.unexplained = keyless_interruptions.saturating_sub(kills.keyless_agents);
    for game in &world.games {
        let effects = game.ledger.effects.lock();
        counts.executed += effects.values().map(|&times| times as usize).sum::<usize>();
        counts.unknown += effects.keys().filter(|text| !known.contains(*text)).count();
    }
    Ok(counts)
}

fn count(counts: &mut Counts, keyless_interruptions: &mut usize, game: &Game, command: &Command) {
    let times = game
        .ledger
        .effects
        .lock()
        .get(&command.text)
        .copied()
        .unwrap_or(0) as usize;
    counts.sent += 1;
    counts.doubled += times.saturating_sub(1);
    let interrupted = command
        .last_error
        .as_deref()
        .is_some_and(|it| it.starts_with("interrupted"));
    match command.status {
        CommandStatus::Completed => {
            counts.completed += 1;
            counts.lost += usize::from(times == 0);
        }
        // A game that obeys keys leaves no doubt.
        CommandStatus::Failed if interrupted && !game.obeys_keys => {
            counts.interrupted += 1;
            counts.interrupted_and_ran += usize::from(times > 0);
            *keyless_interruptions += 1;
        }
        _ => counts.lost += 1,
    }
}

/// Every order with its commands.
async fn books(world: &World) -> Result<Vec<(OrderId, Vec<Command>)>, Failure> {
    let mut books = Vec::new();
    let mut filter = Filter::default();
    loop {
        let page = orders::list(&world.app, &world.actor, filter.clone(), 100).await?;
        let Some((last, _)) = page.last() else {
            return Ok(books);
        };
        filter.before = Some(last.id);
        for (order, _) in page {
            let details = orders::find(&world.app, &world.actor, order.id).await?;
            books.push((
                order.id,
                details.commands.into_iter().map(|it| it.command).collect(),
            ));
        }
    }
}
