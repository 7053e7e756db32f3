//! The bench: what the proxy spends on a payment, beside other servers that do the same work. `cargo xtask bench` builds all of them and
//! starts this program; README.md says what is measured, and how.

mod age;
mod fill;
mod http;
mod machine;
mod pages;
mod payments;
mod postgres;
mod process;
mod report;
mod rows;
mod stage;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use rows::{Row, Size};
use stage::{Programs, Server};

/// Measures the proxy beside other servers.
#[derive(Parser)]
struct Args {
    /// The proxy's binary, which has the emulator too
    #[arg(long, value_name = "FILE")]
    kvitt: PathBuf,
    /// The floor's binary
    #[arg(long, value_name = "FILE")]
    floor: PathBuf,
    /// The folder with peer-node and express-node
    #[arg(long, value_name = "FOLDER")]
    peers: PathBuf,
    /// Where a whole run writes its results
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// The document in which a whole run replaces the headline
    #[arg(long, value_name = "FILE")]
    headline: Option<PathBuf>,
    /// What the proxy was built from, for the results
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// Measure only this row; may be repeated
    #[arg(long, value_name = "ROW", value_enum)]
    only: Vec<Row>,
    /// Measure only this server, to profile it; may be repeated
    #[arg(long, value_name = "SERVER", value_enum)]
    server: Vec<Server>,
    /// Small counts and one round: two minutes in all
    #[arg(long)]
    quick: bool,
}

// One thread: the load takes as little as it can from the two that are measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Whatever ends this, the servers are killed with it.
    tokio::select! {
        result = run(&args) => result,
        _ = terminate.recv() => bail!("terminated"),
        result = tokio::signal::ctrl_c() => { result?; bail!("interrupted") }
    }
}

async fn run(args: &Args) -> Result<()> {
    let (size, began) = (if args.quick { Size::QUICK } else { Size::WHOLE }, Instant::now());
    let programs = Programs {
        kvitt: args.kvitt.clone(),
        floor: args.floor.clone(),
        peers: args.peers.clone(),
        servers: args.server.clone(),
    };
    if stage::is_in_memory(&std::env::temp_dir()) {
        println!("The temporary folder is in memory: commits cost less than on a disk. TMPDIR names another one.");
    }
    let is_whole = args.only.is_empty() && args.server.is_empty() && !args.quick;
    let mut text = machine::describe(&programs, &args.commit, &size).await?;
    let mut tables = Vec::new();
    for row in Row::value_variants().iter().filter(|row| args.only.is_empty() || args.only.contains(row)) {
        let (name, from) = (row.to_possible_value().context("a row has a name")?, Instant::now());
        println!("\n== {}", name.get_name());
        for table in rows::measure(*row, &programs, &size).await {
            let markdown = table.markdown();
            println!("\n{markdown}");
            text += &format!("\n{markdown}");
            tables.push(table);
        }
        println!("{} took {:.0} s", name.get_name(), from.elapsed().as_secs_f64());
        // After each row, so that a run that is interrupted leaves what it has measured.
        if let Some(results) = args.results.as_ref().filter(|_| is_whole) {
            let old = fs::read_to_string(results).unwrap_or_default();
            let whole = format!("{text}{}", report::about_the_widget(&old));
            fs::write(results, whole).with_context(|| format!("cannot write {}", results.display()))?;
        }
    }
    if let Some(document) = args.headline.as_ref().filter(|_| is_whole) {
        let old = fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
        fs::write(document, report::between_markers(&old, &report::headline(&tables))?)?;
    }
    println!("\nall of it took {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}
