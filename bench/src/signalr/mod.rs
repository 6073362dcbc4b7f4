//! A SignalR server under load, and a second one beside it to compare with.
//!
//! Server and generator have a core each. Every measurement gets a server that was just started, the
//! servers take turns, and the median of all rounds counts.

mod cases;
pub(crate) mod connection;
mod latency;
mod report;
mod server;

use std::{error::Error, fs, net::SocketAddr, process::Command, thread};

use self::{
    cases::Push,
    connection::Result,
    report::{Report, Sample},
    server::{Server, Target},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Starts the server; `{address}` stands for where it listens [default: the example `testhub`,
    /// built with the same profile]
    #[arg(long, conflicts_with_all = ["address", "pid"])]
    server: Option<String>,
    /// Starts a second server, to compare with
    #[arg(long)]
    against: Option<String>,
    /// What the second server is called
    #[arg(long, default_value = "ASP.NET Core SignalR 9.0")]
    against_name: String,
    /// Measures a server that runs already, at this address
    #[arg(long, requires = "pid")]
    address: Option<SocketAddr>,
    /// The process id of that server
    #[arg(long, requires = "address")]
    pid: Option<u32>,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections that are idle, or come in a storm
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Only the measurements whose name contains this
    #[arg(long, default_value = "")]
    only: String,
}

/// A measurement, which gives several numbers.
#[derive(Clone, Copy)]
enum Case {
    Idle,
    Push(Push, usize, u64),
    Latency(u32),
    Storm(usize),
}

const CASES: [(&str, Case); 9] = [
    ("idle", Case::Idle),
    ("burst 1", Case::Push(Push::Burst, 1, 1_000_000)),
    ("burst 50", Case::Push(Push::Burst, 50, 20_000)),
    ("fan 100", Case::Push(Push::Fan, 100, 20_000)),
    ("fan 1000", Case::Push(Push::Fan, 1_000, 2_000)),
    ("latency 1000", Case::Latency(1_000)),
    ("latency 10000", Case::Latency(10_000)),
    ("storm gentle", Case::Storm(250)),
    ("storm full", Case::Storm(usize::MAX)),
];

pub(crate) async fn run(args: &Args) -> std::result::Result<(), Box<dyn Error>> {
    run_all(args)
        .await
        .map_err(|error| -> Box<dyn Error> { error })
}

async fn run_all(args: &Args) -> Result<()> {
    let targets = targets(args)?;
    let core = prepare(args.connections)?;
    let mut reports: Vec<_> = targets.iter().map(|(name, _)| Report::new(name)).collect();
    for round in 1..=args.rounds {
        for (name, case) in CASES
            .into_iter()
            .filter(|(name, _)| name.contains(&args.only))
        {
            for ((_, target), report) in targets.iter().zip(&mut reports) {
                eprintln!("round {round} of {}: {name}, {}", args.rounds, report.name);
                // What fails is missing in this round: an hour of others must not be lost with it.
                match measure(target, core, case, args.connections).await {
                    Ok(samples) => samples.into_iter().for_each(|sample| report.add(sample)),
                    Err(error) => eprintln!("  failed: {error}"),
                }
            }
        }
    }
    report::print(&reports);
    Ok(())
}

fn targets(args: &Args) -> Result<Vec<(String, Target)>> {
    let first = match (args.address, args.pid, &args.server) {
        (Some(address), Some(pid), _) => Target::Running { address, pid },
        (_, _, Some(command)) => Target::Start(command.clone()),
        _ => {
            let testhub = std::env::current_exe()?
                .with_file_name("examples")
                .join("testhub");
            Target::Start(format!("{} {{address}}", testhub.display()))
        }
    };
    let mut targets = vec![("signalr-server".to_owned(), first)];
    if let Some(command) = &args.against {
        targets.push((args.against_name.clone(), Target::Start(command.clone())));
    }
    Ok(targets)
}

async fn measure(
    target: &Target,
    core: Option<usize>,
    case: Case,
    connections: usize,
) -> Result<Vec<Sample>> {
    let server = Server::start(target, core).await?;
    match case {
        Case::Idle => cases::idle(&server, connections).await,
        Case::Push(push, count, messages) => cases::push(&server, push, count, messages).await,
        Case::Latency(per_second) => latency::measure(&server, per_second).await,
        Case::Storm(in_flight) => {
            cases::storm(&server, connections, in_flight.min(connections)).await
        }
    }
}

/// Takes the second core for itself and gives the one for the server. Sees that enough files may be
/// open, here and so in what is started from here.
fn prepare(connections: usize) -> Result<Option<usize>> {
    let own = std::process::id().to_string();
    let files = connections + 100;
    let limits = fs::read_to_string("/proc/self/limits")?;
    let allowed = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|soft| soft.parse::<usize>().ok());
    if allowed.is_some_and(|allowed| allowed < files) {
        let raised = Command::new("prlimit")
            .args(["--pid", &own, &format!("--nofile={files}:")])
            .status();
        if !raised.is_ok_and(|status| status.success()) {
            return Err(
                format!("at most {allowed:?} open files: raise it with ulimit -n {files}").into(),
            );
        }
    }
    if thread::available_parallelism()?.get() < 2 {
        eprintln!("one core only: server and generator share it");
        return Ok(None);
    }
    let pinned = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", "1", &own])
        .output();
    if pinned.is_ok_and(|output| output.status.success()) {
        Ok(Some(0))
    } else {
        eprintln!("no taskset: server and generator share the cores");
        Ok(None)
    }
}
