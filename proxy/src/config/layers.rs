//! Merges the sources of the configuration: the environment overrides the file, and the file overrides the defaults.

use std::path::Path;

use toml::{Table, Value};

use super::DEFAULTS;

/// The prefix of the environment variables that are options.
pub const PREFIX: &str = "KVITT_";

/// Environment variables with the prefix that are no options: the commands that call a running proxy read them.
const NO_OPTIONS: [&str; 4] = ["KVITT_URL", "KVITT_KEY", "KVITT_SECRET", "KVITT_EMULATOR"];

/// Merges all sources into one table; a source that cannot be parsed is added to the mistakes. `None` for a file that cannot be parsed:
/// nothing more can be said without it.
pub(super) fn merge(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    mistakes: &mut Vec<String>,
) -> Option<Table> {
    let mut table: Table = DEFAULTS.parse().expect("the embedded defaults are TOML, which a test reads");
    if let Some(path) = file {
        match std::fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| text.parse::<Table>().map_err(|error| parse_error(&text, &error)))
        {
            Ok(upper) => overlay(&mut table, upper),
            Err(error) => {
                mistakes.push(format!("{}: {error}", path.display()));
                return None;
            }
        }
    }
    let option = |name: &str| name.starts_with(PREFIX) && !NO_OPTIONS.contains(&name);
    let mut variables: Vec<_> = env.into_iter().filter(|(name, _)| option(name)).collect();
    variables.sort();
    for (name, value) in variables {
        if let Err(mistake) = set(&mut table, &name, value) {
            mistakes.push(format!("{name}: {mistake}"));
        }
    }
    Some(table)
}

/// Describes a syntax error in TOML: its line number and reason. It never quotes the line, which may contain a secret.
pub(super) fn parse_error(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| text[..span.start].lines().count().max(1));
    let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{line}{}", error.message().replace('\n', " "))
}

/// Writes one table over another: tables are merged, other values are replaced.
fn overlay(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(lower)), Value::Table(upper)) => overlay(lower, upper),
            (_, value) => drop(lower.insert(key, value)),
        }
    }
}

/// Sets the option of an environment variable. `KVITT_DATABASE__URL` is `database.url`. In a list of tables the next part of the name is the
/// name of an entry: `KVITT_SALES_UNIT__NO__CLIENT_ID`.
fn set(table: &mut Table, name: &str, value: String) -> Result<(), String> {
    let path = name[PREFIX.len()..].to_ascii_lowercase();
    let (path, value) = match path.strip_suffix("_file") {
        Some(path) => {
            let text = std::fs::read_to_string(&value).map_err(|error| format!("{value}: {error}"))?;
            (path.to_owned(), Value::String(text))
        }
        None => (path, Value::String(value)),
    };
    let parts: Vec<_> = path.split("__").collect();
    let (last, folders) = parts.split_last().expect("split yields one part at least");
    let mut at = table;
    let mut folders = folders.iter();
    while let Some(folder) = folders.next() {
        at = match at.entry(*folder).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => inner,
            Value::Array(list) => {
                let entry = folders.next().ok_or("is a list: add the name of an entry")?;
                list.iter_mut()
                    .filter_map(Value::as_table_mut)
                    .find(|inner| inner.get("name").and_then(Value::as_str).is_some_and(|name| same(name, entry)))
                    .ok_or_else(|| format!("there is no {folder} named {entry}"))?
            }
            _ => return Err(format!("{folder} is not a table")),
        };
    }
    at.insert((*last).to_owned(), value);
    Ok(())
}

/// Whether an entry's name matches a part of a variable's name, which has underscores for hyphens.
fn same(name: &str, part: &str) -> bool {
    name.replace('-', "_").eq_ignore_ascii_case(part)
}
