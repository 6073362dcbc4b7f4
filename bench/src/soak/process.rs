//! Programs that are killed and come back.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::Failure;

/// A program that can be started again and again.
pub(crate) struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
}

impl Program {
    pub(crate) fn new(path: &Path, arguments: &[&str], log: PathBuf) -> Self {
        Self {
            path: path.to_owned(),
            arguments: arguments
                .iter()
                .map(|&argument| argument.to_owned())
                .collect(),
            log,
            child: None,
        }
    }

    pub(crate) fn start(&mut self) -> Result<(), Failure> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let child = Command::new(&self.path)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", self.path.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut child) = self.child.take() {
            // One that has ended by itself is a failure of its own.
            if let Some(status) = child.try_wait()? {
                return Err(format!("{} ended by itself: {status}", self.describe()).into());
            }
            child.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM, and waits until it is gone.
    pub(crate) async fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        if let Some(id) = child.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        match tokio::time::timeout(Duration::from_secs(20), child.wait()).await {
            Ok(status) if status.as_ref().is_ok_and(std::process::ExitStatus::success) => Ok(()),
            Ok(status) => Err(format!("{} ended with {status:?}", self.describe()).into()),
            Err(_) => Err(format!("{} does not end", self.describe()).into()),
        }
    }

    fn describe(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<_> = log.lines().rev().take(20).collect();
        let last: Vec<_> = last.into_iter().rev().collect();
        format!("{} ({}\n)", self.arguments.join(" "), last.join("\n"))
    }
}
