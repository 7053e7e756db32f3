//! The page of the command line, from the commands themselves.

use std::fmt::Write;

use clap::{Arg, Command};

use super::prose;

const HEAD: &str = "\
# Command line

After this page you know every command of `kvitt`, what it takes, and what its exit codes mean.

`kvitt` is one program: it runs the proxy, and it does what an operator does beside it. Commands that work with the database or with Vipps MobilePay read the \
same [configuration](/docs/configuration) as the proxy; give the file with `--config`. `kvitt help COMMAND` prints the same as this page. `kvitt completions` prints \
completions for a shell, `kvitt man` writes manual pages.

";

const FOOT: &str = "\
This page is generated from the program by `cargo xtask openapi`.
";

/// The page in Markdown.
pub(super) fn markdown(mut command: Command) -> String {
    command.build();
    let mut page = HEAD.to_owned();
    overview(&mut page, &command);
    exit_codes(&mut page, &command);
    for child in children(&command) {
        describe(&mut page, child, 2);
    }
    page.push_str(FOOT);
    page
}

fn children(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|child| !child.is_hide_set() && child.get_name() != "help")
}

fn overview(page: &mut String, command: &Command) {
    page.push_str("| command | what it does |\n|---|---|\n");
    for child in children(command) {
        let full = full_name(child);
        let _ = writeln!(page, "| [`{full}`](#{}) | {} |", full.replace(' ', "-"), cell(&about(child)));
    }
    page.push('\n');
}

/// The lines `  0  done` after the help, as a table.
fn exit_codes(page: &mut String, command: &Command) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    page.push_str("## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (code, meaning) in help.lines().filter_map(|line| line.trim().split_once("  ")) {
        let _ = writeln!(page, "| `{code}` | {} |", cell(meaning.trim()));
    }
    page.push('\n');
}

fn describe(page: &mut String, command: &Command, depth: usize) {
    let _ = writeln!(page, "{} `{}`\n", "#".repeat(depth), full_name(command));
    let _ = writeln!(page, "{}\n", prose(&about(command)));
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(page, "```text\n{}\n```\n", usage.trim_start_matches("Usage:").trim());
    let shown = |arg: &&Arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    let arguments: Vec<&Arg> = command.get_arguments().filter(shown).collect();
    if !arguments.is_empty() {
        page.push_str("| argument | meaning |\n|---|---|\n");
        for arg in arguments {
            let _ = writeln!(page, "| {} | {} |", cell(&name(arg)), cell(&meaning(arg)));
        }
        page.push('\n');
    }
    for child in children(command) {
        describe(page, child, depth + 1);
    }
}

fn full_name(command: &Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    about.map(|about| sentence(&about.to_string())).unwrap_or_default()
}

/// Clap leaves the full stop out.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// As it is typed: `--config <FILE>` with the bracket left out, or `FILE`.
fn name(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default().join(" ");
    if arg.is_positional() {
        return format!("`{values}`");
    }
    let names = [arg.get_short().map(|short| format!("-{short}")), arg.get_long().map(|long| format!("--{long}"))];
    let names = names.into_iter().flatten().collect::<Vec<_>>().join("`, `");
    if arg.get_action().takes_values() { format!("`{names} {values}`") } else { format!("`{names}`") }
}

/// Its help, the values that it may have, its default, the variable that gives it too, and whether it has to be given.
fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut sentences = vec![sentence(&help)];
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if !values.is_empty() && arg.get_action().takes_values() {
        let values: Vec<_> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        sentences.push(format!("One of {}.", values.join(", ")));
    }
    if arg.get_action().takes_values() && !arg.get_default_values().is_empty() {
        let values: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        sentences.push(format!("Default: `{}`.", values.join(" ")));
    }
    if let Some(variable) = arg.get_env() {
        sentences.push(format!("Environment: `{}`.", variable.to_string_lossy()));
    }
    if arg.is_required_set() {
        sentences.push("Required.".to_owned());
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// Text within a table: one line, and no end of the cell.
fn cell(text: &str) -> String {
    prose(text).split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn headings(command: &Command, depth: usize) -> Vec<String> {
        children(command)
            .flat_map(|child| {
                let own = format!("{} `{}`", "#".repeat(depth), full_name(child));
                std::iter::once(own).chain(headings(child, depth + 1))
            })
            .collect()
    }

    #[test]
    fn every_command_has_a_heading_and_every_argument_a_row() {
        let mut command = crate::commands::Cli::command();
        command.build();
        let page = markdown(command.clone());
        let headings = headings(&command, 2);
        assert!(headings.len() > 30, "{headings:?}");
        for heading in headings {
            assert!(page.lines().any(|line| line == heading), "{heading} is missing");
        }
        for code in 0..=3 {
            assert!(page.contains(&format!("\n| `{code}` | ")), "exit code {code}");
        }
        let listen = page.lines().find(|line| line.starts_with("| `--listen ADDR` |"));
        assert!(listen.is_some_and(|line| line.ends_with("Default: `127.0.0.1:8080`. |")), "{listen:?}");
        assert!(!page.contains("kvitt manual"), "hidden commands are not shown");
    }
}
