//! The page of the configuration, from the defaults and the comments beside them.
//!
//! The form of `config.default.toml`: a comment explains the options below it up to the next comment; an option or a list of tables that
//! is commented out has no default; `Required.` begins the comment of an option that has to be set.

use std::fmt::Write;

use super::prose;
use crate::config;

const HEAD: &str = "\
# Configuration

After this page you can set every option of the proxy, in a file or by the environment, and check the result before it runs.

## Where options come from

Each option is taken from the last of these that sets it:

1. the defaults below, which are part of the program;
2. the file that `--config` names: `kvitt serve --config kvitt.toml`, in [TOML](https://toml.io);
3. the environment.

A variable is `KVITT_` and the option's path in capitals, with two underscores between its parts: `KVITT_DATABASE__URL` sets `database.url`. In a list of tables the \
next part is the `name` of an entry of the file, with `_` for `-`: `KVITT_SALES_UNIT__NO__CLIENT_SECRET`. With `_FILE` at the end of the variable, its value is the path of a \
file that the option is read from: `KVITT_ENCRYPTION__KEY_FILE=/run/secrets/key`. Keep secrets in such files. A list is \
written as in the file: `KVITT_ALLOWED_ORIGINS='[\"https://shop.example\"]'`. On this page, NAME stands for an entry's name.

[`kvitt check`](/docs/command-line#kvitt-check) reads the configuration as the proxy does, lists every mistake at once, and tries the keys of each sales unit at Vipps MobilePay. \
Names that end in `_ms` are milliseconds.

";

const FOOT: &str = "\
This page is generated from `proxy/config.default.toml` by `cargo xtask openapi`.
";

/// A table of the file, or a list of tables.
#[derive(Debug, Default)]
struct Section {
    /// `[limits]`, `[[sales_unit]]`; empty for what is above all tables.
    header: String,
    about: String,
    groups: Vec<Group>,
}

/// The options that one comment is about.
#[derive(Debug, Default)]
struct Group {
    comment: String,
    options: Vec<Setting>,
}

/// One option.
#[derive(Debug)]
struct Setting {
    name: String,
    /// As it is written in TOML: the default, or an example of what has none.
    value: String,
    /// Whether `value` is an example.
    commented: bool,
    /// What stands behind it in its line.
    note: String,
}

/// The page in Markdown.
pub(super) fn markdown(defaults: &str) -> String {
    let mut page = HEAD.to_owned();
    for section in read(defaults) {
        write_section(&mut page, &section);
    }
    page.push_str(FOOT);
    page
}

fn read(defaults: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut comment = String::new();
    // The file's own introduction ends at the first empty line.
    for line in defaults.lines().skip_while(|line| !line.is_empty()) {
        let (commented, text) = match line.strip_prefix("# ") {
            Some(text) => (true, text),
            None => (false, line),
        };
        let current = sections.last_mut().expect("begins with one");
        if text.is_empty() {
            comment.clear();
        } else if text.starts_with('[') && text.ends_with(']') {
            sections.push(Section { header: text.to_owned(), about: std::mem::take(&mut comment), groups: Vec::new() });
        } else if let Some(mut option) = option(text) {
            option.commented = commented;
            if !comment.is_empty() || current.groups.is_empty() {
                current.groups.push(Group { comment: std::mem::take(&mut comment), options: Vec::new() });
            }
            current.groups.last_mut().expect("just added").options.push(option);
        } else {
            let gap = if comment.is_empty() { "" } else { " " };
            comment = comment + gap + text;
        }
    }
    sections
}

/// `name = value # note`, where the value is TOML.
fn option(line: &str) -> Option<Setting> {
    let (name, rest) = line.split_once(" = ")?;
    let table: toml::Table = line.parse().ok()?;
    table.get(name)?;
    let (value, note) = rest.split_once("  # ").or(rest.split_once(" # ")).unwrap_or((rest, ""));
    Some(Setting { name: name.to_owned(), value: value.trim().to_owned(), commented: false, note: note.to_owned() })
}

fn write_section(page: &mut String, section: &Section) {
    let list = section.header.starts_with("[[");
    let table = section.header.trim_matches(['[', ']']);
    let title = if table.is_empty() { "Top of the file".to_owned() } else { format!("`{}`", section.header) };
    let _ = writeln!(page, "## {title}\n");
    if !section.about.is_empty() {
        let _ = writeln!(page, "{}\n", prose(&section.about));
    }
    for group in &section.groups {
        let mut comment = group.comment.as_str();
        let required = comment.strip_prefix("Required. ").map(|rest| comment = rest).is_some();
        for (nth, option) in group.options.iter().enumerate() {
            let path = if table.is_empty() { option.name.clone() } else { format!("{table}.{}", option.name) };
            let _ = writeln!(page, "### `{path}`\n");
            let (note, needed) = note(&option.note);
            if nth == 0 && !comment.is_empty() {
                let _ = writeln!(page, "{}\n", prose(comment));
            } else if !comment.is_empty() && !list {
                let first = format!("{table}.{}", group.options[0].name);
                let _ = writeln!(page, "Explained with [`{first}`](#{}).\n", first.replace('.', ""));
            }
            if !note.is_empty() {
                let _ = writeln!(page, "{}\n", prose(&note));
            }
            let value = match (required || needed, option.commented) {
                (true, true) if option.value == "\"\"" => "**Required**.".to_owned(),
                (true, _) => format!("**Required**, such as `{}`.", option.value),
                (false, true) if option.value == "\"\"" => "No default.".to_owned(),
                (false, true) if list && !note.contains("default") => format!("Default: `{}`.", option.value),
                (false, true) if list => format!("Such as `{}`.", option.value),
                (false, true) => format!("No default; an example is `{}`.", option.value),
                (false, false) => format!("Default: `{}`.", option.value),
            };
            let environment = match (list, option.name.as_str()) {
                (true, "name") => "In the file alone: variables find the entry by it.".to_owned(),
                _ => format!("Environment: `{}`", variable(table, list, &option.name)),
            };
            let _ = writeln!(page, "{value} {environment}\n");
        }
    }
}

/// A note as a sentence, and whether it says that the option is required.
fn note(note: &str) -> (String, bool) {
    let needed = note.starts_with("required");
    // With a condition, the note itself says when.
    let rest = if note.starts_with("required with") {
        note
    } else {
        note.trim_start_matches("required").trim_start_matches([':', ' '])
    };
    let mut letters = rest.chars();
    let sentence = match letters.next() {
        // What begins with a class of letters, such as `a-z`, keeps it.
        Some(first) if !rest[first.len_utf8()..].starts_with('-') => first.to_uppercase().chain(letters).collect(),
        _ => rest.to_owned(),
    };
    (if sentence.is_empty() { sentence } else { sentence + "." }, needed && !note.starts_with("required with"))
}

fn variable(table: &str, list: bool, option: &str) -> String {
    let folder = match (table, list) {
        ("", _) => String::new(),
        (table, true) => format!("{table}__NAME__"),
        (table, false) => format!("{table}__"),
    };
    format!("{}{}", config::PREFIX, format!("{folder}{option}").to_uppercase())
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;

    fn paths(table: &Table, above: &str) -> Vec<String> {
        table
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Table(inner) => paths(inner, &format!("{above}{name}.")),
                _ => vec![format!("{above}{name}")],
            })
            .collect()
    }

    #[test]
    fn every_option_of_the_defaults_is_on_the_page() {
        let page = markdown(config::DEFAULTS);
        let mut options = paths(&config::DEFAULTS.parse().expect("the defaults are TOML"), "");
        assert!(options.len() > 50, "{options:?}");
        // Those without a default.
        let commented =
            ["public_url", "shop.name", "encryption.key", "metrics.listen", "sales_unit.client_id", "cart_key.secret"];
        options.extend(commented.map(str::to_owned));
        for option in options {
            assert!(page.lines().any(|line| line == format!("### `{option}`")), "{option} is missing");
        }
        // And nothing that looks like an option was taken for prose.
        let written = config::DEFAULTS.lines().filter(|line| {
            line.trim_start_matches("# ").parse::<Table>().is_ok_and(|table| !table.is_empty() && line.contains(" = "))
        });
        assert_eq!(written.count(), page.lines().filter(|line| line.starts_with("### ")).count());
    }

    #[test]
    fn an_option_says_what_it_is_its_default_whether_it_is_required_and_its_variable() {
        let page = markdown(
            "# The file.\n\n# Where to.\nlisten = \"a\"\n\n[shop]\n# Required. Its\n# name.\n# name = \"N\"\n# How long.\nfirst_ms = 1\nnext_ms = 2\n\n\
             # One each.\n# [[unit]]\n# name = \"no\"   # required: a-z\n# id = \"\"\n",
        );
        for part in [
            "## Top of the file\n\n### `listen`\n\nWhere to.\n\nDefault: `\"a\"`. Environment: `KVITT_LISTEN`\n",
            "## `[shop]`\n\n### `shop.name`\n\nIts name.\n\n**Required**, such as `\"N\"`. Environment: `KVITT_SHOP__NAME`\n",
            "### `shop.next_ms`\n\nExplained with [`shop.first_ms`](#shopfirst_ms).\n\nDefault: `2`. Environment: `KVITT_SHOP__NEXT_MS`\n",
            "## `[[unit]]`\n\nOne each.\n\n### `unit.name`\n\na-z.\n\n**Required**, such as `\"no\"`. In the file alone: variables find the entry by it.\n",
            "### `unit.id`\n\nNo default. Environment: `KVITT_UNIT__NAME__ID`\n",
        ] {
            assert!(page.contains(part), "{part}\nis not in\n{page}");
        }
    }
}
