//! The output of commands: tables, durations and amounts for people, JSON for programs.
//!
//! Colours are escape sequences, which are removed where standard output is no terminal or `NO_COLOR` is set.

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// For what is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what is in progress.
pub(crate) const WAITING: Style = AnsiColor::Yellow.on_default();
/// For what needs attention.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// For headings and labels.
pub(crate) const QUIET: Style = Style::new().dimmed();

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a table.
pub(crate) fn table(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<_> = rows.collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| width_of(&row[column]));
        cells.chain([headings[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - width_of(cell))));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    anstream::println!("{}", styled(QUIET, line(headings.to_vec())));
    for row in &rows {
        anstream::println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}

/// The visible width of a text, without escape sequences.
fn width_of(text: &str) -> usize {
    strip_str(text).to_string().chars().count()
}

/// Prints labelled values, one a line.
pub(crate) fn facts(rows: &[(&str, String)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in rows {
        anstream::println!("{}  {value}", styled(QUIET, format!("{name:width$}")));
    }
}

/// A duration in its largest unit, such as `3 min`.
pub(crate) fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A size in its largest unit, such as `3 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        ..2_000_000 => format!("{} kB", bytes / 1_000),
        2_000_000..2_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

/// The time from now, such as `in 3 min` or `3 min ago`.
pub(crate) fn until(ms: i64) -> String {
    if ms > 0 { format!("in {}", duration(ms)) } else { format!("{} ago", duration(-ms)) }
}

/// An amount of minor units with two decimals, which every supported currency has.
pub(crate) fn amount(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
}

/// A moment, in UTC to the second.
pub(crate) fn time(ms: i64) -> String {
    crate::base::clock::format(crate::checkout::Moment(ms))
}
