//! Lays the sources over each other: defaults, file, environment.

use std::path::Path;

use toml::{Table, Value};

use super::DEFAULTS;

/// What the variables of the environment begin with that are options.
pub const PREFIX: &str = "KVITT_";

/// What the commands that call a running proxy read, and no options: whoever has them set may type the others too.
const CALLERS: [&str; 4] = ["KVITT_URL", "KVITT_KEY", "KVITT_SECRET", "KVITT_EMULATOR"];

/// One table out of all sources; what cannot be read is added to the mistakes.
pub(super) fn merge(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    mistakes: &mut Vec<String>,
) -> Table {
    let mut table: Table = DEFAULTS.parse().expect("the embedded defaults are TOML, which a test reads");
    if let Some(path) = file {
        match std::fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| text.parse::<Table>().map_err(|error| unread(&text, &error)))
        {
            Ok(over) => lay_over(&mut table, over),
            Err(error) => mistakes.push(format!("{}: {error}", path.display())),
        }
    }
    let option = |name: &str| name.starts_with(PREFIX) && !CALLERS.contains(&name);
    let mut variables: Vec<_> = env.into_iter().filter(|(name, _)| option(name)).collect();
    variables.sort();
    for (name, value) in variables {
        if let Err(mistake) = set(&mut table, &name, value) {
            mistakes.push(format!("{name}: {mistake}"));
        }
    }
    table
}

/// Where a text stops being TOML, and why. Not the line itself, as the library would have it: it may be a secret with a slip in it.
pub(super) fn unread(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| text[..span.start].lines().count().max(1));
    let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{line}{}", error.message().replace('\n', " "))
}

/// Tables are merged, everything else is replaced.
fn lay_over(below: &mut Table, over: Table) {
    for (key, value) in over {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => lay_over(below, over),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

/// `KVITT_DATABASE__URL` is `database.url`; in a list of tables the next part is an entry's name: `KVITT_SALES_UNIT__NO__CLIENT_ID`.
fn set(table: &mut Table, name: &str, value: String) -> Result<(), String> {
    let path = name[PREFIX.len()..].to_ascii_lowercase();
    let (path, value) = match path.strip_suffix("_file") {
        Some(path) => {
            let text = std::fs::read_to_string(&value).map_err(|error| format!("{value}: {error}"))?;
            (path.to_owned(), Value::String(text.trim().to_owned()))
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
                let entry = folders.next().ok_or("names a list: add the name of an entry")?;
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

/// A variable's name has no hyphen.
fn same(name: &str, part: &str) -> bool {
    name.replace('-', "_").eq_ignore_ascii_case(part)
}
