//! `cargo xtask openapi`: the generated files that are kept in the repository, so that a change of them is visible in a review. These are
//! `proxy/openapi.json`, which describes the proxy's routes, the TypeScript types made from it, and the documentation's pages about commands
//! and options. The binary prints them (`kvitt openapi`, `kvitt manual`). A check must never write.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{run, setup};

/// The files, and the arguments of the binary that prints each.
const FILES: [(&str, &[&str]); 4] = [
    ("proxy/openapi.json", &["openapi"]),
    ("www/docs/kvitt-shop.d.ts", &["openapi", "--typescript"]),
    ("www/docs/command-line.md", &["manual", "command-line"]),
    ("www/docs/configuration.md", &["manual", "configuration"]),
];

/// The arguments of `cargo xtask openapi`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a file is out of date
    #[arg(long)]
    check: bool,
}

/// Writes the files, or compares them with those in the repository.
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

/// Fails if a file differs from the output of the binary `kvitt`.
pub(crate) fn check(workspace: &Workspace, kvitt: &Path) -> Result<()> {
    for (file, arguments) in FILES {
        let path = workspace.path(file);
        let found = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(line) = first_difference(&found, &document(kvitt, arguments)?) {
            bail!("{file} is out of date, first in line {line}: run `cargo xtask openapi`");
        }
        println!("{file} is up to date");
    }
    Ok(())
}

/// Fails if a public validator refuses the description: one from npm, and one from PyPI. Their schemas of OpenAPI 3.1 differ.
pub(crate) fn validate(workspace: &Workspace) -> Result<()> {
    setup::npm_packages(workspace, setup::BROWSER_TOOLS)?;
    let python = setup::python(workspace)?;
    let description = workspace.path("proxy/openapi.json");
    run::run(Command::new(setup::npm_tool(workspace, setup::BROWSER_TOOLS, "validate-api")).arg(&description))?;
    run::run(Command::new(python).args(["-m", "openapi_spec_validator"]).arg(&description))
}

fn document(kvitt: &Path, arguments: &[&str]) -> Result<String> {
    run::output(Command::new(kvitt).args(arguments))
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
    fn the_first_line_that_differs_is_found() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\nb", "a\nb\n"), Some(3));
    }
}
