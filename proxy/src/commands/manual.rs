//! `kvitt completions` and `kvitt man`: what a package of the proxy installs beside it, made from the commands themselves.

use std::path::Path;

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;

/// Prints what completes the commands in a shell.
pub(crate) fn completions(shell: Shell, mut command: Command) {
    clap_complete::generate(shell, &mut command, "kvitt", &mut std::io::stdout());
}

/// Writes a manual page for each command into a folder.
pub(crate) fn pages(folder: &Path, command: Command) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("cannot write into {}", folder.display()))
}
