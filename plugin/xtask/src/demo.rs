//! `cargo xtask demo`: builds the widget and the proxy, and becomes the demo.
//!
//! On Unix this process is *replaced* by `kvitt demo`: there is no parent left that could die without its child, so Ctrl-C and a
//! kill reach the demo itself and leave nothing behind.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{dist, run};

/// How `cargo xtask demo` was called.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the shop listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Returns only when the demo ends, or could not be built.
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
