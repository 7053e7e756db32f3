//! `cargo xtask bench`: measures the release build of the proxy beside other servers that do the same work. `cargo xtask bench widget`
//! measures the widget beside other pages that do the same.
//!
//! The bench is a workspace of its own in `tests/bench`, and its README says what is measured. These commands build and install what takes
//! part, and start it. They measure nothing themselves, and end when the bench does.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::chromium::Chromium;
use crate::workspace::Workspace;
use crate::{dist, run, setup};

/// The folder of the bench.
pub(crate) const FOLDER: &str = "tests/bench";
/// The folders of the servers in Node.js.
pub(crate) const PEERS: [&str; 2] = ["tests/bench/peer-node", "tests/bench/express-node"];

/// The folder of the bench of the widget.
pub(crate) const WIDGET: &str = "tests/bench/widget";

/// The arguments of `cargo xtask bench`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    other: Option<Other>,
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
    kvitt: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Other {
    /// Measure what a customer waits for on a phone, beside adyen-web and the least by hand, and write it into tests/bench/RESULTS.md
    Widget {
        /// Run three rounds instead of fifteen, and write nothing
        #[arg(long)]
        quick: bool,
        /// Measure this binary of the proxy instead of building one, with the widget that is in it
        #[arg(long, value_name = "FILE", hide = true)]
        kvitt: Option<PathBuf>,
    },
}

/// Builds and runs the bench. A whole run writes `tests/bench/RESULTS.md`, and its headline into the README.
pub(crate) fn bench(workspace: &Workspace, args: &Args) -> Result<()> {
    if let Some(Other::Widget { quick, kvitt }) = &args.other {
        return widget(workspace, *quick, kvitt.as_deref());
    }
    setup::postgres()?;
    for folder in PEERS {
        setup::npm_packages(workspace, folder)?;
    }
    let kvitt = release(workspace, args.kvitt.as_deref())?;
    run::run(
        workspace
            .cargo(["build", "--release", "--locked", "--manifest-path", "tests/bench/Cargo.toml"])
            .env("CARGO_TARGET_DIR", workspace.target("")),
    )?;

    let mut bench = Command::new(binary(workspace, "kvitt-bench"));
    bench.arg("--kvitt").arg(kvitt).arg("--floor").arg(binary(workspace, "kvitt-floor"));
    bench.arg("--peers").arg(workspace.path(FOLDER)).arg("--results").arg(workspace.path(FOLDER).join("RESULTS.md"));
    bench.arg("--headline").arg(workspace.path("README.md"));
    bench.arg("--commit").arg(commit(workspace)?);
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

/// The same for the widget. A whole run writes its section of `tests/bench/RESULTS.md`.
fn widget(workspace: &Workspace, quick: bool, kvitt: Option<&Path>) -> Result<()> {
    setup::npm_packages(workspace, WIDGET)?;
    setup::npm_packages(workspace, setup::BROWSER_TOOLS)?;
    let chromium = Chromium::find_or_install()?;
    let built = if kvitt.is_none() {
        // A release build has the widget's files in it.
        dist::dist(workspace)?;
        "as a release build"
    } else {
        "in a given build"
    };
    let kvitt = release(workspace, kvitt)?;
    let mut bench = Command::new("node");
    bench
        .arg(workspace.path(WIDGET).join("bench.mjs"))
        .arg("--commit")
        .arg(commit(workspace)?)
        .args(["--proxy", built]);
    bench.args(["--rounds", if quick { "3" } else { "15" }]);
    if !quick {
        bench.arg("--results").arg(workspace.path(FOLDER).join("RESULTS.md"));
    }
    run::run(bench.env("KVITT_BIN", kvitt).env("CHROMIUM", chromium.browser))
}

/// The release build of the proxy: the given one, or one that is built now.
fn release(workspace: &Workspace, given: Option<&Path>) -> Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    run::run(&mut workspace.cargo(["build", "--release", "--package", "kvitt"]))?;
    Ok(binary(workspace, "kvitt"))
}

fn binary(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.target(Path::new("release").join(format!("{name}{EXE_SUFFIX}")))
}

/// What is built, for the results.
fn commit(workspace: &Workspace) -> Result<String> {
    let mut commit = Command::new("git");
    commit.args(["rev-parse", "--short", "HEAD"]).current_dir(workspace.path(""));
    Ok(run::output(&mut commit)?.trim().to_owned())
}
