//! A PostgreSQL server of this machine's programs, in a temporary folder, on a socket there. It keeps every commit, as SQLite does here.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// A running server, which ends with this program.
pub(crate) struct Server {
    programs: PathBuf,
    _server: Child,
    folder: TempDir,
}

impl Server {
    /// Starts one.
    pub(crate) async fn start() -> Result<Self> {
        let programs = programs().context("no PostgreSQL here")?;
        let folder = tempfile::Builder::new().prefix("kvitt-bench-postgres-").tempdir()?;
        // PostgreSQL does not run as root.
        let nobody = if fs::metadata(folder.path())?.uid() == 0 { Some(nobody().await?) } else { None };
        if let Some((user, group)) = nobody {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            if let Some((user, group)) = nobody {
                command.uid(user).gid(group);
            }
            command.current_dir(folder.path()).env("LC_ALL", "C").kill_on_drop(true);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let made = command("initdb").args(["-D", "data", "-U", "kvitt", "-A", "trust"]).status().await?;
        ensure!(made.success(), "initdb ended with {made}");
        let mut postgres = command("postgres");
        postgres.args(["-D", "data", "-c", "listen_addresses=", "-c", "max_connections=300", "-k"]).arg(folder.path());
        let server = Self { _server: postgres.spawn()?, programs, folder };
        let began = Instant::now();
        while !server.program("pg_isready").arg("-q").status().await?.success() {
            ensure!(began.elapsed() < Duration::from_secs(60), "PostgreSQL does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.args(["-U", "kvitt", "-h"]).arg(self.folder.path());
        command
    }

    /// Creates a database. Returns its URL.
    pub(crate) async fn database(&self, name: &str) -> Result<String> {
        let made = self.program("createdb").arg(name).status().await?;
        ensure!(made.success(), "createdb ended with {made}");
        Ok(format!("postgres:///{name}?host={}&user=kvitt", self.folder.path().display()))
    }

    /// Runs SQL in a database. Returns the rows that it prints, with `|` between columns.
    pub(crate) async fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let mut command = self.program("psql");
        command.args(["-d", database, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        let mut psql = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        psql.stdin.take().context("no input")?.write_all(sql.as_bytes()).await?;
        let output = psql.wait_with_output().await?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Its version.
    pub(crate) async fn version(&self) -> Result<String> {
        Ok(self.sql("postgres", "SHOW server_version").await?.trim().to_owned())
    }
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let has = |folder: &Path| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    std::env::split_paths(&path).chain(versions.into_iter().rev()).find(|folder| has(folder))
}

/// The ids of a user without rights.
async fn nobody() -> Result<(u32, u32)> {
    let mut ids = [0; 2];
    for (id, which) in ids.iter_mut().zip(["-u", "-g"]) {
        let output = Command::new("id").args([which, "nobody"]).output().await?;
        *id = String::from_utf8(output.stdout)?.trim().parse()?;
    }
    Ok((ids[0], ids[1]))
}
