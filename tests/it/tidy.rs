//! The house rules that can be read off the files: who may import whom, and how long a file may be.

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
        if path.is_dir() && !matches!(name.as_str(), "node_modules" | "target" | "pkg" | "artifacts" | ".git") {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

/// The modules of a crate that a file names, tests and comments left out.
fn named(text: &str, modules: &[&str]) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join(" ");
    let grouped = code.match_indices("use crate::{").flat_map(|(at, opening)| {
        let group = code[at + opening.len()..].split("};").next().unwrap_or_default();
        group.split(',').map(|part| part.trim().split("::").next().unwrap_or_default())
    });
    let grouped: Vec<_> = grouped.collect();
    let names = |module: &&&str| code.contains(&format!("crate::{module}")) || grouped.contains(module);
    modules.iter().filter(names).map(|module| (*module).to_owned()).collect()
}

#[test]
fn arrows_point_towards_the_core() {
    let source = root().join("proxy/src");
    let modules: Vec<String> = fs::read_dir(&source)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !matches!(name.as_str(), "lib" | "main"))
        .collect();
    let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
    // What each may know of this crate, and which crates it must not know at all.
    let rules: &[(&str, &[&str], &[&str])] = &[
        ("checkout", &["checkout"], &["tokio", "sqlx", "axum", "reqwest", "kvitt_vipps", "jiff"]),
        ("vault", &[], &["tokio", "sqlx", "axum", "reqwest", "kvitt_vipps", "jiff"]),
        ("store", &["checkout", "store", "vault"], &["axum", "kvitt_vipps", "reqwest"]),
        ("hub", &["checkout"], &["sqlx", "axum", "kvitt_vipps", "reqwest"]),
        ("ledger", &["checkout", "clock", "hub", "store", "trace"], &["sqlx", "axum", "kvitt_vipps", "reqwest"]),
        ("chores", &["checkout", "clock", "store"], &["sqlx", "axum", "kvitt_vipps", "reqwest"]),
        (
            "customers",
            &["checkout", "chores", "clock", "ledger", "store", "trace"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest"],
        ),
        (
            "inbox",
            &["checkout", "chores", "clock", "ledger", "outage", "store", "trace"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest"],
        ),
        (
            "outbox",
            &["checkout", "clock", "ledger", "outage", "pace", "perform", "store", "trace"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest"],
        ),
        ("advice", &[], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"]),
        ("pace", &["checkout"], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"]),
        (
            "reconcile",
            &["checkout", "chores", "clock", "config", "ledger", "perform", "store"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest"],
        ),
        (
            "registrations",
            &["chores", "clock", "config", "perform", "store", "vault"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"],
        ),
        (
            "money",
            &["advice", "app", "checkout", "error", "idempotency", "ledger", "store"],
            &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"],
        ),
        ("docs", &["error"], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"]),
        ("stories", &[], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"]),
        ("ready", &["app", "clock", "outage"], &["sqlx", "axum", "kvitt_vipps", "reqwest"]),
        (
            "captures",
            &["advice", "checkout", "chores", "clock", "config", "store"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest"],
        ),
        ("outage", &["ledger", "store"], &["sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"]),
        ("wake", &["hub", "outage", "store"], &["sqlx", "axum", "kvitt_vipps", "reqwest"]),
        ("trace", &["checkout"], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest"]),
        (
            "relay",
            &["checkout", "chores", "clock", "config", "metrics", "outage", "relay", "store"],
            &["sqlx", "axum", "kvitt_vipps"],
        ),
        (
            "session",
            &["checkout", "chores", "clock", "config", "shop_key", "store"],
            &["sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"],
        ),
        ("perform", &["checkout"], &["sqlx", "axum"]),
        ("cart", &["cart", "checkout", "config"], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest", "jiff"]),
        ("config", &["checkout", "config", "vault"], &["tokio", "sqlx", "axum", "kvitt_vipps", "reqwest"]),
    ];
    for (module, allowed, foreign) in rules {
        let mut sources = vec![source.join(format!("{module}.rs"))];
        if source.join(module).is_dir() {
            sources.extend(files(&source.join(module), &[".rs"]));
        }
        for path in sources.iter().filter(|path| !path.ends_with("tests.rs")) {
            let text = fs::read_to_string(path).unwrap();
            for name in named(&text, &modules) {
                assert!(allowed.contains(&name.as_str()), "{} may not use crate::{name}", path.display());
            }
            for name in *foreign {
                assert!(!text.contains(&format!("{name}::")), "{} may not use {name}", path.display());
            }
        }
    }
}

#[test]
fn sql_is_the_store_s_time_is_the_clock_s_and_what_is_exported_is_in_one_place() {
    for path in files(&root().join("proxy/src"), &[".rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        assert!(!text.contains("sqlx::") || name.starts_with("proxy/src/store"), "{name} names sqlx");
        let exports = name.starts_with("proxy/src/telemetry/otlp") || name == "proxy/src/trace/joined.rs";
        assert!(!text.contains("opentelemetry::") || exports, "{name} names opentelemetry");
        assert!(!text.contains("Timestamp::now") || name == "proxy/src/clock.rs", "{name} reads the clock");
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
fn no_file_outgrows_its_room() {
    // What is made from the API's description is as long as that.
    let made = root().join("www/docs/kvitt-shop.d.ts");
    for path in files(&root(), &[".rs", ".js", ".mjs", ".ts", ".css"]).into_iter().filter(|path| *path != made) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}
