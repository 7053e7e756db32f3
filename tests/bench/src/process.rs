//! A server as a process: started, waited for, measured by its own accounting, and ended with this program whatever happens.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a server may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server.
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    cpu: ClockId,
    /// The URL that it says it listens on.
    pub(crate) url: String,
}

impl Process {
    /// Starts a server, and waits until it says `listening on URL`. Its errors go to a file in `folder`.
    pub(crate) async fn start(command: &mut Command, folder: &Path, name: &str) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::options().append(true).create(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).context("it ended at once")?;
        let pid = Pid::from_raw(pid);
        let cpu = clock_getcpuclockid(pid)?;
        let output = child.stdout.take().context("no output")?;
        let line = tokio::time::timeout(PATIENCE, BufReader::new(output).lines().next_line()).await??;
        let url = line.as_deref().and_then(|line| line.strip_prefix("listening on "));
        let Some(url) = url.map(str::to_owned) else {
            bail!("{name} did not start: {}", fs::read_to_string(&log).unwrap_or_default());
        };
        Ok(Self { child, pid, cpu, url })
    }

    /// The CPU time of all its threads so far, those that have ended included.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        Ok(clock_gettime(self.cpu)?.into())
    }

    /// The memory that it has, and the most that it had, in KiB.
    pub(crate) fn memory_kib(&self) -> Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok()).context("no memory")
        };
        Ok(Memory { resident: kib("VmRSS")?, peak: kib("VmHWM")? })
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stops(mut self) -> Result<()> {
        kill(self.pid, Signal::SIGTERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }

    /// Kills it, and waits until it is gone.
    pub(crate) async fn dies(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Memory of a process, in KiB.
pub(crate) struct Memory {
    pub(crate) resident: f64,
    pub(crate) peak: f64,
}
