//! What a plugin tells us, whatever transport it speaks.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use jiff::ToSpan as _;
use tradepost_db::commands::{self as db, Run};
use tradepost_db::{events, orders, polls, servers as db_servers, staff_commands, stores};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType, Next, RunResult, after};
use tradepost_model::events::Event;
use tradepost_model::ids::{CommandId, StoreId};
use tradepost_model::orders::OrderStatus;
use tradepost_model::players::username_key;
use uuid::Uuid;

use super::{NEXT_CHECK_SECONDS, Plugin, connections, dispatch};
use crate::live::Change;
use crate::orders::DISPUTED;
use crate::{App, Error, Result};

const OUTPUT_BYTES: usize = 4096;
const ERROR_CHARS: usize = 500;
const FETCHES_PER_MINUTE: u32 = 60;

/// How a plugin introduces itself.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    /// The plugin's own name for its installation; the same one coming back replaces its older self.
    pub instance: Option<String>,
    /// Plugin and platform with their versions, for people.
    pub software: String,
    /// Whether the game checks who players are.
    pub online_mode: bool,
    /// Who is on the server.
    pub players: Vec<PlayerName>,
}

/// A player as a plugin names them.
#[derive(Clone, Debug)]
pub struct PlayerName {
    /// The name.
    pub username: String,
    /// The UUID, where the game has one.
    pub uuid: Option<Uuid>,
}

/// What a plugin is told in return.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The server's name.
    pub server_name: String,
    /// The store's name.
    pub store_name: String,
    /// The store's address.
    pub store_url: String,
    /// The time here.
    pub now: Timestamp,
}

/// The result of one command.
#[derive(Clone, Debug)]
pub struct Report {
    /// The command.
    pub command: CommandId,
    /// The attempt, where the plugin tells it.
    pub attempt: Option<u32>,
    /// What happened.
    pub result: RunResult,
    /// What the console printed.
    pub output: Option<String>,
    /// How long it took.
    pub duration_ms: Option<i64>,
}

/// How many commands a plugin asks for.
pub type FetchLimit = usize;
/// How many commands wait for a player.
pub type Joined = usize;

/// A plugin says hello. Errors: another plugin is connected with the same token.
pub async fn hello(app: &App, plugin: Plugin, hello: Hello) -> Result<Welcome> {
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    admit(app, plugin, hello.instance.as_deref()).await?;
    if let Some(slot) = app.delivery.slot_of(plugin) {
        slot.offline_mode
            .store(!hello.online_mode, Ordering::Relaxed);
    }
    let (instance, software) = (hello.instance, clean(&hello.software, 120));
    let found = app
        .write(async move |tx| {
            db_servers::set_instance(tx, store, server, connection, instance.as_deref()).await?;
            db_servers::set_software(tx, store, server, &software).await?;
            Ok((
                db_servers::find(tx, store, server).await?,
                stores::find(tx, store).await?,
            ))
        })
        .await?;
    let (Some(found_server), Some(found_store)) = found else {
        return Err(Error::NotFound("server"));
    };
    players_online(app, plugin, hello.players).await?;
    app.live.changed(store, Change::Server(server));
    Ok(Welcome {
        server_name: found_server.name,
        store_url: format!("{}/s/{}", app.settings.public_url, found_store.subdomain),
        store_name: found_store.name,
        now: app.now(),
    })
}

/// Decides which of several connections receives, now that one says who it is. Errors: another plugin
/// is connected.
async fn admit(app: &App, plugin: Plugin, instance: Option<&str>) -> Result<()> {
    let _turn = app.delivery.turn(plugin.server).await;
    let live = connections::live(app, plugin).await?;
    let another = live.filter(|(live, _)| live.connection != plugin.connection);
    if let Some((_, other)) = another
        && (other.is_none() || other.as_deref() != instance)
    {
        return Err(Error::refused(
            "another_plugin",
            "Another plugin is connected with this token.",
        ));
    }
    match app.delivery.take_waiting(plugin) {
        Some((plugin, outlet)) => {
            connections::promote(app, plugin, outlet, instance.map(str::to_owned)).await
        }
        None => Ok(()),
    }
}

/// A plugin asks for what is due. Gives the commands and when to ask again. Errors: asked too often.
pub async fn fetch_pending(
    app: &App,
    plugin: Plugin,
    limit: FetchLimit,
) -> Result<(Vec<Command>, u32)> {
    let allowance = app.windows.take(
        &format!("fetch:{}", plugin.server),
        FETCHES_PER_MINUTE,
        app.now(),
    );
    if let Some(retry_seconds) = allowance.retry_after {
        return Err(Error::TooMany { retry_seconds });
    }
    let Some(slot) = app.delivery.slot_of(plugin) else {
        return Ok((Vec::new(), NEXT_CHECK_SECONDS));
    };
    let _turn = slot.claiming.lock().await;
    let commands = dispatch::claim(app, &slot, slot.room().min(limit)).await?;
    slot.unacked
        .lock()
        .extend(commands.iter().map(|command| (command.id, app.now())));
    dispatch::changed(app, plugin.store, &commands);
    Ok((commands, NEXT_CHECK_SECONDS))
}

/// A plugin has commands, and has not run them yet. How many of them are new to us.
pub async fn ack(app: &App, plugin: Plugin, ids: Vec<CommandId>) -> Result<usize> {
    let Plugin { store, server, .. } = plugin;
    let (now, answered) = (app.now(), ids.clone());
    let accepted = app
        .write(async move |tx| {
            let mut accepted = 0;
            for id in &ids {
                accepted += usize::from(db::ack(tx, store, server, *id, now).await?);
            }
            Ok(accepted)
        })
        .await?;
    go_on(app, plugin, &answered).await;
    Ok(accepted)
}

/// A plugin reports results. How many of them counted: unknown commands and past attempts do not.
pub async fn report_results(app: &App, plugin: Plugin, reports: Vec<Report>) -> Result<usize> {
    let (app_, answered) = (
        app.clone(),
        reports
            .iter()
            .map(|report| report.command)
            .collect::<Vec<_>>(),
    );
    let done = app
        .write(async move |tx| {
            let mut done = Vec::new();
            let mut told = Vec::new();
            let over = taken_back(tx, plugin.store, &reports).await?;
            for report in &reports {
                let over = over.get(&report.command).copied();
                if let Some((command, event)) = one_result(&app_, tx, plugin, report, over).await? {
                    done.push(command);
                    told.extend(event);
                }
            }
            for event in told {
                events::emit(tx, plugin.store, app_.id(), &event, app_.now()).await?;
            }
            Ok(done)
        })
        .await?;
    metrics::counter!("tradepost_results_total").increment(done.len() as u64);
    for command in &done {
        // A retry is due later; the timer looks then.
        app.delivery
            .due
            .lock()
            .insert((command.due_at, plugin.server));
    }
    dispatch::changed(app, plugin.store, &done);
    app.live
        .changed(plugin.store, Change::Server(plugin.server));
    go_on(app, plugin, &answered).await;
    Ok(done.len())
}

/// Which of the commands that did not run this time must not run any more, and why: goods of an order that
/// was refunded or charged back meanwhile, or whose time is over; the taking of goods that were won back.
/// Their orders and lines stay as they are until the transaction ends.
async fn taken_back(
    tx: &mut tradepost_db::Tx,
    store: StoreId,
    reports: &[Report],
) -> Result<HashMap<CommandId, &'static str>> {
    let again = |report: &&Report| {
        matches!(
            report.result,
            RunResult::Failed(_) | RunResult::AwaitingPlayer
        )
    };
    let mut commands = Vec::new();
    for report in reports.iter().filter(again) {
        commands.extend(staff_commands::find(tx, store, report.command).await?);
    }
    // Orders before lines before commands, each in one order, as everybody does.
    commands.sort_by_key(|command| command.order);
    for command in &commands {
        staff_commands::lock_order(tx, store, command.order).await?;
    }
    commands.sort_by_key(|command| command.item);
    let mut over = HashMap::new();
    for command in commands {
        let live = match command.item {
            Some(item) => staff_commands::lock_item(tx, store, item).await?,
            None => true,
        };
        let order = orders::find(tx, store, command.order).await?;
        let gives = matches!(command.kind, CommandType::Initial | CommandType::Renewal);
        let reason = match order.map(|order| order.status) {
            Some(OrderStatus::Paid) if gives && !live => {
                Some("not tried again: the time of what was bought is over")
            }
            Some(OrderStatus::Paid) if command.kind == CommandType::Chargeback => {
                Some("not tried again: the dispute was won")
            }
            Some(OrderStatus::Refunded) if gives => Some("not tried again: the order was refunded"),
            Some(OrderStatus::Chargeback) if gives => Some(DISPUTED),
            _ => None,
        };
        over.extend(reason.map(|reason| (command.id, reason)));
    }
    Ok(over)
}

/// Writes what follows from one result; `None` where it does not count.
async fn one_result(
    app: &App,
    tx: &mut tradepost_db::Tx,
    plugin: Plugin,
    report: &Report,
    over: Option<&'static str>,
) -> Result<Option<(Command, Option<Event>)>> {
    let (store, now) = (plugin.store, app.now());
    let Some(mut command) = db::current(tx, store, plugin.server, report.command).await? else {
        return Ok(None);
    };
    if report
        .attempt
        .is_some_and(|attempt| attempt != command.attempt)
    {
        return Ok(None);
    }
    let output = report
        .output
        .as_deref()
        .map(cut_output)
        .filter(|output| !output.is_empty());
    let mut run = Run {
        output,
        error: None,
        duration_ms: report.duration_ms,
    };
    let (order, id) = (command.order, command.id);
    let next = after(report.result.clone(), command.failures);
    let (counts, reason, event) = match next {
        Next::AwaitPlayer | Next::Retry { .. } if over.is_some() => {
            if let Next::Retry { reason, .. } = next {
                run.error = Some(clean(&reason, ERROR_CHARS));
            }
            let cancelled = CommandStatus::Cancelled;
            let ended = db::finish(tx, store, &command, cancelled, &run, now).await?;
            (ended, over.unwrap_or_default().to_owned(), None)
        }
        Next::Complete => {
            let done = db::finish(tx, store, &command, CommandStatus::Completed, &run, now).await?;
            (
                done,
                ran(report.duration_ms),
                Some(Event::CommandCompleted { command: id, order }),
            )
        }
        Next::AwaitPlayer => (
            db::await_player(tx, store, &command, now).await?,
            away(report.output.as_deref()),
            None,
        ),
        Next::Retry { seconds, reason } => {
            let reason = clean(&reason, ERROR_CHARS);
            run.error = Some(reason.clone());
            command.due_at = now + seconds.seconds();
            let queued = db::retry(tx, store, &command, command.due_at, &run, now).await?;
            (
                queued,
                format!("failed, next try in {seconds} s: {reason}"),
                None,
            )
        }
        Next::Fail { reason } => {
            let reason = clean(&reason, ERROR_CHARS);
            run.error = Some(reason.clone());
            let ended = db::finish(tx, store, &command, CommandStatus::Failed, &run, now).await?;
            (
                ended,
                reason.clone(),
                Some(Event::CommandFailed {
                    command: id,
                    order,
                    reason,
                }),
            )
        }
    };
    if !counts {
        return Ok(None);
    }
    db::note(tx, store, id, &reason, now).await?;
    Ok(Some((command, event)))
}

/// Why a command waits for its player, with what the game said about it.
fn away(output: Option<&str>) -> String {
    let said = output.and_then(|output| output.lines().next());
    let said = said.map(|line| clean(line, 200)).unwrap_or_default();
    match said.trim() {
        "" => "the player is not on the server".to_owned(),
        said => format!("the player is not on the server: {said}"),
    }
}

fn ran(duration_ms: Option<i64>) -> String {
    match duration_ms {
        Some(ms) => format!("ran in {ms} ms"),
        None => "ran, as the server says".to_owned(),
    }
}

/// A player joined: what waits for them is pushed at once. How many commands that were.
pub async fn player_joined(app: &App, plugin: Plugin, player: PlayerName) -> Result<Joined> {
    players_online(app, plugin, vec![player]).await
}

/// Players are on the server: what waits for them is pushed at once, or given at the next poll, which
/// may come at once. How many commands that were.
pub async fn players_online(app: &App, plugin: Plugin, players: Vec<PlayerName>) -> Result<Joined> {
    let slot = app.delivery.slot_of(plugin);
    if players.is_empty() || slot.is_none() && !plugin.is_by_request() {
        return Ok(0);
    }
    let Plugin { store, server, .. } = plugin;
    // Most of the time nothing waits, and there is nothing to write.
    let awaits = app
        .read(async move |conn| Ok(polls::awaits_player(conn, store, server).await?))
        .await?;
    if !awaits {
        return Ok(0);
    }
    // Whether a server that polls is in offline mode nobody tells: it is taken not to be.
    let offline_mode = slot.is_some_and(|slot| slot.offline_mode.load(Ordering::Relaxed));
    let now = app.now();
    let waiting = app
        .write(async move |tx| {
            if plugin.is_by_request()
                && let Some(holder) = db_servers::holder(tx, store, server).await?
                && holder.is_live_hub(now)
            {
                // The plugin that receives tells who is there.
                return Ok(0);
            }
            let mut waiting = 0;
            for player in &players {
                let key = username_key(&player.username);
                waiting +=
                    db::player_joined(tx, store, server, &key, player.uuid, offline_mode, now)
                        .await?;
            }
            if waiting > 0 && plugin.is_by_request() {
                polls::free(tx, store, server).await?;
            }
            Ok(waiting)
        })
        .await?;
    if waiting > 0 {
        app.live.changed(store, Change::Server(server));
        app.delivery.wake(app, server).await;
    }
    Ok(waiting)
}

/// Commands were answered: there may be room for more.
async fn go_on(app: &App, plugin: Plugin, answered: &[CommandId]) {
    let Some(slot) = app.delivery.slot_of(plugin) else {
        return;
    };
    answered.iter().for_each(|id| slot.answered(*id));
    if slot.more.load(Ordering::Relaxed) && slot.room() >= super::WINDOW / 2 {
        app.delivery.wake(app, plugin.server).await;
    }
}

/// Text of a plugin, without control characters, cut to some length.
fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// What a console printed, cut to 4 KiB at a character's border.
fn cut_output(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
        .collect();
    let mut end = text.len().min(OUTPUT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end().to_owned()
}
