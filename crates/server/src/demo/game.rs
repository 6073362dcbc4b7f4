//! Hub: a simulated game server inside the process. It speaks to the delivery engine as the plugin
//! hub does, prints what it executes, and treats every player as online.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::mpsc;
use tradepost_app::delivery::{self, Outlet, Plugin, Report};
use tradepost_app::{App, Error};
use tradepost_model::commands::{Command, RunResult};
use tradepost_model::ids::ServerId;

use super::kept::Kept;
use crate::cli::Failure;

enum Message {
    Run(Vec<Command>),
    Closed(Option<String>),
}

struct SimulatedServer {
    messages: mpsc::UnboundedSender<Message>,
}

impl Outlet for SimulatedServer {
    fn execute(&self, commands: &[Command]) -> usize {
        // A server that has stopped gets what it missed when it comes back.
        self.messages.send(Message::Run(commands.to_vec())).ok();
        commands.len()
    }

    fn close(&self, error: Option<&str>, _allow_reconnect: bool) {
        self.messages
            .send(Message::Closed(error.map(str::to_owned)))
            .ok();
    }
}

/// Connects the simulated Hub and lets it play in the background.
pub(super) async fn play_hub(app: &App, kept: &Kept, to_stderr: bool) -> Result<(), Failure> {
    let hub = kept
        .servers
        .iter()
        .find(|server| server.name == "Hub")
        .ok_or("demo.json names no server Hub")?;
    let server: ServerId = hub.id.parse()?;
    let store = kept.store_id.parse()?;
    let plugin = Plugin {
        store,
        server,
        connection: app.id(),
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    delivery::connect(app, plugin, Arc::new(SimulatedServer { messages: sender })).await?;
    let print: fn(&str) = if to_stderr {
        |line| eprintln!("{line}")
    } else {
        |line| println!("{line}")
    };
    app.tasks.spawn(play(app.clone(), plugin, receiver, print));
    Ok(())
}

async fn play(
    app: App,
    plugin: Plugin,
    mut messages: mpsc::UnboundedReceiver<Message>,
    print: fn(&str),
) {
    let mut journal = HashSet::new();
    loop {
        let message = tokio::select! {
            message = messages.recv() => message,
            () = app.stop.cancelled() => return,
        };
        match message {
            Some(Message::Run(commands)) => {
                if let Err(error) = execute(&app, plugin, &commands, &mut journal, print).await {
                    print(&format!("[Hub] could not report: {error}"));
                }
            }
            Some(Message::Closed(reason)) => {
                if let Some(reason) = reason {
                    print(&format!(
                        "[Hub] the simulated server was disconnected: {reason}"
                    ));
                }
                delivery::disconnect(&app, plugin).await.ok();
                return;
            }
            None => return,
        }
    }
}

async fn execute(
    app: &App,
    plugin: Plugin,
    commands: &[Command],
    journal: &mut HashSet<String>,
    print: fn(&str),
) -> Result<(), Error> {
    delivery::ack(
        app,
        plugin,
        commands.iter().map(|command| command.id).collect(),
    )
    .await?;
    let mut reports = Vec::with_capacity(commands.len());
    for command in commands {
        // A key that was run is answered again, and not run again.
        if journal.insert(command.idempotency_key()) {
            print(&format!("[Hub] > {}", command.text));
        }
        reports.push(Report {
            command: command.id,
            attempt: Some(command.attempt),
            result: RunResult::Completed,
            output: Some("Executed by the simulated server.".to_owned()),
            duration_ms: Some(0),
        });
    }
    delivery::report_results(app, plugin, reports).await?;
    Ok(())
}
