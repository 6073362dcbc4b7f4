//! A server in a process of its own, which ends with this value.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tradepost_bench::store::Failure;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Process {
    pub(super) address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts a program and waits until it listens.
    pub(super) async fn start(
        program: &Path,
        arguments: &[&OsStr],
        address: SocketAddr,
    ) -> Result<Self, Failure> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = child.try_wait()?;
            if ended.is_some() || began.elapsed() > PATIENCE {
                return Err(format!("{} does not listen: {ended:?}", program.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { address, child })
    }

    /// Bytes of memory that it uses.
    pub(super) fn memory(&self) -> Result<f64, Failure> {
        let id = self.child.id().ok_or("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .ok_or("no VmRSS")?;
        Ok(kilobytes.parse::<f64>()? * 1024.0)
    }
}
