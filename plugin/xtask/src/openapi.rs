//! `proxy/openapi.json`, the proxy's own description of its routes, and the types that are made from it for the shop's backend: kept in the
//! repository so that a change of them is seen.
//!
//! Both come from the binary (`kvitt openapi`). Checking never writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::workspace::Workspace;

/// The files, and what else the binary is asked for each.
const FILES: [(&str, &[&str]); 2] = [("proxy/openapi.json", &[]), ("www/docs/kvitt-shop.d.ts", &["--typescript"])];

/// How `cargo xtask openapi` was called.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Do not write: fail when the file differs from what would be written
    #[arg(long)]
    check: bool,
}

/// Writes the documents, or compares them with those in the repository.
pub(crate) fn openapi(workspace: &Workspace, args: &Args) -> Result<()> {
    let kvitt = workspace.build_kvitt()?;
    if args.check {
        return check(workspace, &kvitt);
    }
    for (file, arguments) in FILES {
        let path = workspace.path(file);
        fs::write(&path, document(&kvitt, arguments)?).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {file}");
    }
    Ok(())
}

/// Fails when the routes of the binary `kvitt` are no longer those of the files.
pub(crate) fn check(workspace: &Workspace, kvitt: &Path) -> Result<()> {
    for (file, arguments) in FILES {
        let path = workspace.path(file);
        let found = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(line) = first_difference(&found, &document(kvitt, arguments)?) {
            bail!("{file} differs from the routes, first in line {line}: run `cargo xtask openapi`");
        }
        println!("{file} agrees with the routes");
    }
    Ok(())
}

fn document(kvitt: &Path, arguments: &[&str]) -> Result<String> {
    run::output(Command::new(kvitt).arg("openapi").args(arguments))
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
