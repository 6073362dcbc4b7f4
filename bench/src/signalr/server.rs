//! The server that is measured: started for one measurement on a core of its own, and ended after it.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{process::Child, time::sleep};

use super::connection::{Connection, PATIENCE, Result};

/// How to get at a server.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// Start it with this command, in which `{address}` stands for where it shall listen.
    Start(String),
    /// It runs already.
    Running { address: SocketAddr, pid: u32 },
}

/// A server that answers. It ends with this value, if it was started for it.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) process: Process,
    _child: Option<Child>,
}

impl Server {
    pub(super) async fn start(target: &Target, core: Option<usize>) -> Result<Self> {
        let server = match target {
            Target::Running { address, pid } => Self {
                address: *address,
                process: Process(*pid),
                _child: None,
            },
            Target::Start(command) => {
                let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
                let child = launch(command, address, core)?;
                let pid = child.id().ok_or("the server ended at once")?;
                Self {
                    address,
                    process: Process(pid),
                    _child: Some(child),
                }
            }
        };
        let began = Instant::now();
        while let Err(error) = Connection::open(server.address).await {
            if began.elapsed() > PATIENCE {
                return Err(format!("{target:?} does not answer: {error}").into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }
}

fn launch(command: &str, address: SocketAddr, core: Option<usize>) -> Result<Child> {
    let command = command.replace("{address}", &address.to_string());
    let (program, arguments) = command.split_once(' ').unwrap_or((&command, ""));
    // It is run from the root folder: some servers look at what lies around them.
    let program = if Path::new(program).exists() {
        fs::canonicalize(program)?
    } else {
        program.into()
    };
    let mut start = match core {
        Some(core) => {
            let mut start = Command::new("taskset");
            start.args(["--cpu-list", &core.to_string()]).arg(program);
            start
        }
        None => Command::new(program),
    };
    start
        .args(arguments.split_whitespace())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut start = tokio::process::Command::from(start);
    Ok(start.kill_on_drop(true).spawn()?)
}

/// A process as Linux tells about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(pub(super) u32);

impl Process {
    /// Bytes of memory that it uses.
    pub(super) fn memory(self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let kilobytes: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .ok_or("no VmRSS")?
            .parse()?;
        Ok(kilobytes * 1024.0)
    }

    /// Processor time that it has used, to a hundredth of a second.
    pub(super) fn processor(self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name before it may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
        let mut ticks = 0;
        for field in fields.split_whitespace().skip(11).take(2) {
            ticks += field.parse::<u64>()?;
        }
        Ok(Duration::from_millis(10 * ticks))
    }
}
