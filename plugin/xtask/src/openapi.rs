//! `proxy/openapi.json`: the proxy's own description of its routes, kept in the repository so that a change of them is seen.
//!
//! The document comes from the binary (`kvitt openapi`). Checking never writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::workspace::Workspace;

const FILE: &str = "proxy/openapi.json";

/// How `cargo xtask openapi` was called.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Do not write: fail when the file differs from what would be written
    #[arg(long)]
    check: bool,
}

/// Writes the document, or compares it with the one in the repository.
pub(crate) fn openapi(workspace: &Workspace, args: &Args) -> Result<()> {
    let kvitt = workspace.build_kvitt()?;
    if args.check {
        return check(workspace, &kvitt);
    }
    let path = workspace.path(FILE);
    fs::write(&path, document(&kvitt)?).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {FILE}");
    Ok(())
}

/// Fails when the routes of the binary `kvitt` are no longer those of the file.
pub(crate) fn check(workspace: &Workspace, kvitt: &Path) -> Result<()> {
    let path = workspace.path(FILE);
    let found = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    match first_difference(&found, &document(kvitt)?) {
        None => {
            println!("{FILE} agrees with the routes");
            Ok(())
        }
        Some(line) => bail!("{FILE} differs from the routes, first in line {line}: run `cargo xtask openapi`"),
    }
}

fn document(kvitt: &Path) -> Result<String> {
    run::output(Command::new(kvitt).arg("openapi"))
}

/// The number of the first line that differs.
fn first_difference(found: &str, expected: &str) -> Option<usize> {
    if found == expected {
        return None;
    }
    let same = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_found_where_it_is() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\nb", "a\nb\n"), Some(3));
    }
}
