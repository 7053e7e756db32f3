//! `kvitt completions`, `kvitt man`, and the pages of the documentation that are generated: the command line from the commands, the
//! configuration from the documented defaults.
//!
//! The pages are committed (`www/docs/command-line.md`, `www/docs/configuration.md`), so that they can be read in the repository. `cargo
//! xtask openapi` writes them; a test compares them with what the program says.

mod command_line;
mod configuration;

use std::path::Path;

use anyhow::Context;
use clap::{Command, ValueEnum};
use clap_complete::Shell;

use crate::config;

/// A generated page.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Page {
    /// Every command: `www/docs/command-line.md`.
    CommandLine,
    /// Every option of the configuration: `www/docs/configuration.md`.
    Configuration,
}

/// Prints what completes the commands in a shell.
pub(crate) fn completions(shell: Shell, mut command: Command) {
    clap_complete::generate(shell, &mut command, "kvitt", &mut std::io::stdout());
}

/// Writes a manual page for each command into a folder.
pub(crate) fn pages(folder: &Path, command: Command) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("cannot write into {}", folder.display()))
}

/// A page in Markdown, in the form that is committed.
pub(crate) fn markdown(page: Page, command: Command) -> String {
    match page {
        Page::CommandLine => command_line::markdown(command),
        Page::Configuration => configuration::markdown(config::DEFAULTS),
    }
}

/// Text that Markdown would take for HTML, such as `<NAME>`, escaped; code in backticks stays as it is.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(nth, part)| if nth % 2 == 0 { part.replace('<', "\\<") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::commands::Cli;

    #[test]
    fn the_committed_pages_are_those_of_this_program() {
        for (page, committed) in [
            (Page::CommandLine, include_str!("../../../www/docs/command-line.md")),
            (Page::Configuration, include_str!("../../../www/docs/configuration.md")),
        ] {
            let expected = markdown(page, Cli::command());
            let same =
                committed.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected).count();
            assert!(committed == expected, "{page:?} differs from line {}: run `cargo xtask openapi`", same + 1);
        }
    }

    #[test]
    fn what_looks_like_html_is_escaped_outside_code() {
        assert_eq!(prose("a <b> `<c>` <d>"), "a \\<b> `<c>` \\<d>");
    }
}
