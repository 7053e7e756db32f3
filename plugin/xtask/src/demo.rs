//! `cargo xtask demo`: builds the widget and the proxy, and runs the demo.
//!
//! On Unix `kvitt demo` *replaces* this process. So Ctrl-C and signals reach the demo itself, and no child process is left running.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{dist, run};

/// The arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address that the shop listens on; port 0 takes a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Builds and runs the demo. Returns only when it ends or cannot be built.
pub(crate) fn demo(workspace: &Workspace, args: &Args) -> Result<()> {
    dist::dist(workspace)?;
    run::become_command(
        Command::new(workspace.build_kvitt()?)
            .arg("demo")
            .arg("--listen")
            .arg(args.listen.to_string())
            .current_dir(workspace.path("")),
    )
}
