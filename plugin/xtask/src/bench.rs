//! `cargo xtask bench`: measures the release build of the proxy beside other servers that do the same work.
//!
//! The bench is a workspace of its own in `tests/bench`, and its README says what is measured. This command builds and installs what takes
//! part, and starts it. It measures nothing itself, and ends when the bench does.

use std::env::consts::EXE_SUFFIX;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{run, setup};

/// The folder of the bench.
pub(crate) const FOLDER: &str = "tests/bench";
/// The folders of the servers in Node.js.
pub(crate) const PEERS: [&str; 2] = ["tests/bench/peer-node", "tests/bench/express-node"];

/// The arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure only this row; may be repeated: payments, connections, frames, streams, start, postgres, age
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// Measure only this server, to profile it; may be repeated: floor, fastify, express, kvitt
    #[arg(long, value_name = "SERVER")]
    server: Vec<String>,
    /// Take small counts and one round: two minutes in all, once everything is built
    #[arg(long)]
    quick: bool,
    /// Measure this binary of the proxy instead of building one
    #[arg(long, value_name = "FILE", hide = true)]
    kvitt: Option<String>,
}

/// Builds and runs the bench. A whole run writes `tests/bench/RESULTS.md`, and its headline into the README.
pub(crate) fn bench(workspace: &Workspace, args: &Args) -> Result<()> {
    setup::postgres()?;
    for folder in PEERS {
        setup::npm_packages(workspace, folder)?;
    }
    let binary = |name: &str| workspace.target(Path::new("release").join(format!("{name}{EXE_SUFFIX}")));
    let kvitt = match &args.kvitt {
        Some(given) => given.into(),
        None => {
            run::run(&mut workspace.cargo(["build", "--release", "--package", "kvitt"]))?;
            binary("kvitt")
        }
    };
    run::run(
        workspace
            .cargo(["build", "--release", "--locked", "--manifest-path", "tests/bench/Cargo.toml"])
            .env("CARGO_TARGET_DIR", workspace.target("")),
    )?;

    let mut bench = Command::new(binary("kvitt-bench"));
    bench.arg("--kvitt").arg(kvitt).arg("--floor").arg(binary("kvitt-floor"));
    bench.arg("--peers").arg(workspace.path(FOLDER)).arg("--results").arg(workspace.path(FOLDER).join("RESULTS.md"));
    bench.arg("--headline").arg(workspace.path("README.md"));
    let mut commit = Command::new("git");
    commit.args(["rev-parse", "--short", "HEAD"]).current_dir(workspace.path(""));
    bench.arg("--commit").arg(run::output(&mut commit)?.trim());
    for row in &args.only {
        bench.args(["--only", row]);
    }
    for server in &args.server {
        bench.args(["--server", server]);
    }
    if args.quick {
        bench.arg("--quick");
    }
    run::run(&mut bench)
}
