//! The house rules that can be read off the files: the order of the rooms, who may import whom, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the workspace").to_owned()
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() && !matches!(name.as_str(), "node_modules" | "target" | "pkg" | "artifacts" | ".git" | ".next")
        {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

/// The rooms of a crate, top to bottom, as the table in the documentation of its `lib.rs` lists them.
fn rooms(source: &Path) -> Vec<String> {
    let text = fs::read_to_string(source.join("lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let rooms: Vec<String> = rows.map(|row| row.split('`').next().unwrap().to_owned()).collect();
    let declared: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(rooms.iter().map(String::as_str).collect::<BTreeSet<_>>(), declared, "{}", source.display());
    rooms
}

/// The code of a file: without comments, and without the tests at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests.rs" | "tests")))
}

/// A file's module path within its crate, such as `engine::outbox::release`; empty for the crate's root.
fn module(source: &Path, file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(source).unwrap().with_extension("");
    let parts: Vec<String> = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(parts.as_slice(), [root] if root == "lib" || root == "main") { Vec::new() } else { parts }
}

/// Everything that a file names by a path of its own crate: `crate::a::b`, `super::a`, groups in braces included.
fn imports(source: &Path, file: &Path) -> BTreeSet<Vec<String>> {
    let (own, code) = (module(source, file), code(file));
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '$')) {
            continue;
        }
        let path = &code[start..];
        let base = if path.starts_with("crate") {
            Vec::new()
        } else {
            let ups = (0..).take_while(|nth| path["super::".len() * nth..].starts_with("super::")).count();
            own[..own.len().saturating_sub(ups)].to_vec()
        };
        let rest = path.trim_start_matches("crate::").trim_start_matches("super::");
        found.extend(tails(rest).into_iter().map(|tail| [base.clone(), tail].concat()));
    }
    found
}

/// The paths that a piece of code begins with: one, or those of a group in braces.
fn tails(text: &str) -> Vec<Vec<String>> {
    if let Some(group) = text.strip_prefix('{') {
        let (mut depth, mut start, mut found) = (0, 0, Vec::new());
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    found.extend(tails(group[start..at].trim_start()));
                    start = at + 1;
                    if letter == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
        return found;
    }
    let name: String = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    if name.is_empty() {
        return Vec::new();
    }
    match text[name.len()..].strip_prefix("::") {
        Some(rest) if !tails(rest).is_empty() => {
            tails(rest).into_iter().map(|tail| [vec![name.clone()], tail].concat()).collect()
        }
        _ => vec![vec![name]],
    }
}

/// The crates whose rooms have an order, which is the list in their documentation.
const CRATES: [&str; 5] = ["proxy/src", "plugin/src", "proxy/emulator/src", "proxy/vipps/src", "proxy/wire/src"];

#[test]
fn a_room_imports_only_from_rooms_below_it() {
    for folder in CRATES {
        let source = root().join(folder);
        let rooms = rooms(&source);
        let place = |room: &str| rooms.iter().position(|other| other == room);
        for file in files(&source, &[".rs"]).iter().filter(|file| !is_test(file)) {
            let Some(own) = module(&source, file).first().and_then(|room| place(room)) else { continue };
            for path in imports(&source, file) {
                let Some(other) = path.first().and_then(|room| place(room)) else { continue };
                assert!(other >= own, "{} may not use crate::{}", file.display(), path.join("::"));
            }
        }
    }
}

#[test]
fn no_modules_of_a_room_import_each_other_in_a_circle() {
    for folder in CRATES {
        let source = root().join(folder);
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let modules: BTreeSet<String> = files(&source, &[".rs"])
            .iter()
            .map(|file| module(&source, file))
            .filter(|path| path.len() == 2)
            .map(|path| path.join("::"))
            .collect();
        for file in files(&source, &[".rs"]).iter().filter(|file| !is_test(file)) {
            let own = module(&source, file);
            let Some(own) = own.get(..2).map(|path| path.join("::")) else { continue };
            let named = imports(&source, file).into_iter().filter_map(|path| path.get(..2).map(|path| path.join("::")));
            arrows.entry(own.clone()).or_default().extend(named.filter(|name| *name != own && modules.contains(name)));
        }
        // Whoever imports nothing that is left can go; who stays at the end is in a circle, or imports one.
        while let Some(free) = arrows.iter().find(|(_, named)| named.is_empty()).map(|(name, _)| name.clone()) {
            arrows.remove(&free);
            for named in arrows.values_mut() {
                named.remove(&free);
            }
        }
        assert!(arrows.is_empty(), "{folder}: {arrows:#?}");
    }
}

/// The crates of others that only some places of the proxy may name: a room, a module of it or a file, by its path from `proxy/src`.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("axum", &["http"]),
    ("clap", &["commands"]),
    ("hyper", &["http/listen"]),
    ("kvitt_emulator", &["commands"]),
    ("kvitt_vipps", &["commands", "vendor", "observe/metrics", "http/routes/vipps"]),
    ("maud", &["http"]),
    ("opentelemetry", &["observe"]),
    ("prometheus_client", &["observe"]),
    ("reqwest", &["commands", "shop/relay", "observe/telemetry"]),
    ("rusqlite", &["store"]),
    ("sqlx", &["store"]),
    ("utoipa", &["http"]),
];

/// Where the whole configuration may be named. Everything else is handed its own section.
const WHOLE_CONFIG: &[&str] = &["commands", "config", "http/app", "http/serve"];

/// What a room must not know at all, since it is pure or makes no call by itself.
const NEVER_IN: &[(&str, &[&str])] = &[
    ("checkout", &["tokio", "jiff", "rand", "tracing"]),
    ("base", &["tokio", "tracing"]),
    ("config", &["tokio", "tracing"]),
    ("access", &["tokio"]),
    ("shop/cart", &["tokio", "tracing"]),
    ("vendor/advice", &["tokio", "jiff", "tracing"]),
    ("engine/pace", &["tokio", "jiff", "tracing"]),
];

#[test]
fn other_crates_are_named_only_where_they_belong() {
    let source = root().join("proxy/src");
    let names = |text: &str, name: &str| {
        text.match_indices(&format!("{name}::")).any(|(at, _)| {
            !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '/'))
        })
    };
    for file in files(&source, &[".rs"]).iter().filter(|file| !is_test(file)) {
        let (code, place) = (code(file), module(&source, file).join("/"));
        let is_in = |room: &&str| place == *room || place.starts_with(&format!("{room}/"));
        for (name, _) in ONLY_IN.iter().filter(|(_, places)| !places.iter().any(is_in)) {
            assert!(!names(&code, name), "{} may not name {name}", file.display());
        }
        for (_, foreign) in NEVER_IN.iter().filter(|(room, _)| is_in(room)) {
            let found = foreign.iter().find(|name| names(&code, name));
            assert!(found.is_none(), "{} may not name {}", file.display(), found.unwrap_or(&""));
        }
        let sections_only = !WHOLE_CONFIG.iter().any(is_in);
        let whole = imports(&source, file).contains(["config", "Config"].map(str::to_owned).as_slice());
        assert!(!(sections_only && whole), "{} may not know the whole configuration", file.display());
        assert!(!code.contains("Timestamp::now") || place == "base/clock", "{} reads the clock", file.display());
    }
}

#[test]
fn the_emulator_and_the_wire_import_nothing_of_ours() {
    for (folder, own) in
        [("proxy/emulator", "kvitt_emulator"), ("proxy/wire", "kvitt_wire"), ("proxy/vipps", "kvitt_vipps")]
    {
        for path in files(&root().join(folder).join("src"), &[".rs"]) {
            let text = fs::read_to_string(&path).unwrap();
            for other in ["kvitt::", "kvitt_emulator", "kvitt_wire", "kvitt_vipps", "kvitt_plugin"] {
                assert!(other == own || !text.contains(other), "{} names {other}", path.display());
            }
        }
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("kvitt").count(), 1, "{folder} depends on a crate of ours");
    }
}

#[test]
fn no_file_is_too_long() {
    // What is made from the API's description is as long as that.
    let made = root().join("www/docs/kvitt-shop.d.ts");
    for path in files(&root(), &[".rs", ".js", ".mjs", ".ts", ".css"]).into_iter().filter(|path| *path != made) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}
