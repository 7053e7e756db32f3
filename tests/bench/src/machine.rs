//! The head of the results: on what machine, with which versions, by which command.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::process::Command;

use crate::postgres;
use crate::rows::Size;
use crate::stage::Programs;

const LOCK: &str = include_str!("../Cargo.lock");

/// Describes machine and versions in Markdown.
pub(crate) async fn describe(programs: &Programs, commit: &str, size: &Size) -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let gib = memory.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0 / 1024.0;
    let threads = std::thread::available_parallelism()?;
    let node = output(Command::new("node").arg("--version")).await?;
    let kvitt = output(Command::new(&programs.kvitt).arg("--version")).await?;
    let kernel = read("/proc/sys/kernel/osrelease");
    let package = |folder: &str, name: &str| -> Result<String> {
        let path = programs.peers.join(folder).join("node_modules").join(name).join("package.json");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let package: Value = serde_json::from_str(&text)?;
        Ok(format!("{name} {}", package["version"].as_str().unwrap_or_default()))
    };
    let postgres = match postgres::Server::start().await {
        Ok(server) => format!("PostgreSQL {}", server.version().await?),
        Err(_) => "no PostgreSQL".to_owned(),
    };
    Ok(format!(
        "# Results of the bench\n\n\
         `cargo xtask bench` has written this file. [README.md](README.md) says what is measured, and how.\n\n\
         - Machine: {threads} × {}, {gib:.0} GiB, Linux {}\n\
         - Kvitt: {kvitt}, commit {commit}, release build, with the default configuration but for limits and log\n\
         - Floor: {}, {}, {}, SQLite {}\n\
         - Peers: Node.js {node}; {}, {}, {}; {}\n\
         - {postgres}, with its default configuration\n\
         - Medians of {} rounds, in which the servers take turns\n",
        cpu.trim_matches([':', '\t', ' ']),
        kernel.trim(),
        locked("axum"),
        locked("reqwest"),
        locked("rusqlite"),
        rusqlite::version(),
        package("peer-node", "fastify")?,
        package("peer-node", "undici")?,
        package("peer-node", "better-sqlite3")?,
        package("express-node", "express")?,
        size.rounds,
    ))
}

async fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().await?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A crate of the lock file, with its version.
fn locked(name: &str) -> String {
    let version = LOCK.split("[[package]]").find_map(|package| {
        let mut lines = package.trim().lines();
        (lines.next()? == format!("name = \"{name}\"")).then(|| lines.next()?.split('"').nth(1)).flatten()
    });
    format!("{name} {}", version.unwrap_or("?"))
}
