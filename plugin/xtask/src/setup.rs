//! Installs what the commands need on a machine that has rustup, node with npm, and git.
//!
//! Every function may be called at any time and is fast when there is nothing to do. It prints one line for what it installs. If it may
//! not or cannot install something, it fails with an error that names the remedy; it must never leave something out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::fingerprint::fingerprint;
use crate::run;
use crate::workspace::Workspace;

/// The target that the widget is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// The folder whose `node_modules` have the tools that build the widget.
pub(crate) const BUILD_TOOLS: &str = "plugin/xtask";
/// The folder whose `node_modules` have the tools that drive the browser and read the API's description.
pub(crate) const BROWSER_TOOLS: &str = "tests/browser";

/// The folder of the sample apps. Each of them has its own `node_modules`.
const APPS: &str = "tests/apps";

const OLDEST_NODE: u32 = 20;
/// This file has the digest of the lock file that the packages were installed from.
const STAMP: &str = ".installed-from";

/// Adds the WebAssembly target: rustup does not when its automatic installs are switched off.
pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = run::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(());
    }
    rustup(["target", "add", WASM])
}

/// Adds the source of the standard library, which is compiled with the widget.
pub(crate) fn standard_library() -> Result<()> {
    let sysroot = run::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock").is_file() {
        return Ok(());
    }
    rustup(["component", "add", "rust-src"])
}

/// Installs rustfmt and clippy.
pub(crate) fn components(workspace: &Workspace) -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !run::succeeds(&mut workspace.cargo([subcommand, "--version"]))? {
            rustup(["component", "add", component])?;
        }
    }
    Ok(())
}

fn rustup(args: [&str; 3]) -> Result<()> {
    println!("Installing {} through rustup", args[2]);
    run::run(Command::new("rustup").args(args)).with_context(|| format!("install it with `rustup {}`", args.join(" ")))
}

/// Installs the npm packages of a folder's lock file, exactly as locked.
pub(crate) fn npm_packages(workspace: &Workspace, folder: &str) -> Result<()> {
    node()?;
    let folder_path = workspace.path(folder);
    let lock_path = folder_path.join("package-lock.json");
    let lock = fs::read(&lock_path).with_context(|| format!("cannot read {}", lock_path.display()))?;
    let digest = fingerprint(&lock);
    let stamp = folder_path.join("node_modules").join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == digest) {
        return Ok(());
    }
    println!("Installing the npm packages of {folder}");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run::run(
        Command::new(npm)
            .args(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder_path),
    )?;
    fs::create_dir_all(folder_path.join("node_modules"))?;
    fs::write(&stamp, digest).with_context(|| format!("cannot write {}", stamp.display()))
}

/// The folders of the sample apps that have npm packages, sorted.
pub(crate) fn apps(workspace: &Workspace) -> Result<Vec<String>> {
    let entries = fs::read_dir(workspace.path(APPS)).with_context(|| format!("cannot read {APPS}"))?;
    let paths = entries.map(|entry| Ok(format!("{APPS}/{}", entry?.file_name().to_string_lossy())));
    let mut apps = paths.collect::<Result<Vec<_>>>()?;
    apps.retain(|app| workspace.path(app).join("package-lock.json").exists());
    apps.sort();
    Ok(apps)
}

/// The path of a program from an npm package of a folder: [`BUILD_TOOLS`] or [`BROWSER_TOOLS`].
pub(crate) fn npm_tool(workspace: &Workspace, folder: &str, name: &str) -> PathBuf {
    let extension = if cfg!(windows) { ".cmd" } else { "" };
    workspace.path(folder).join(format!("node_modules/.bin/{name}{extension}"))
}

/// Installs a Python environment in the target folder with the packages of [`BROWSER_TOOLS`], exactly as locked. Returns the interpreter.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf> {
    let list = workspace.path(BROWSER_TOOLS).join("requirements.txt");
    let digest = fingerprint(&fs::read(&list).with_context(|| format!("cannot read {}", list.display()))?);
    let folder = workspace.target("python");
    let python = folder.join("bin/python");
    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == digest) {
        return Ok(python);
    }
    println!("Installing the Python packages of {BROWSER_TOOLS}");
    let make = || run::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    if make().is_err() {
        debian_packages(&["python3", "python3-venv"])?;
        make().context("no Python with venv: install it (on Debian: apt-get install python3-venv)")?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--disable-pip-version-check", "-r"]);
    run::run(pip.arg(&list))?;
    fs::write(&stamp, digest).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}

/// Checks that Node.js is new enough.
fn node() -> Result<()> {
    let remedy = || format!("install Node.js {OLDEST_NODE} or newer, with npm");
    let version = run::output(Command::new("node").arg("--version")).with_context(remedy)?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node.js {} is too old: {}", version.trim(), remedy()),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs system packages on Debian as root. Anywhere else it does nothing: that is the user's decision.
pub(crate) fn debian_packages(names: &[&str]) -> Result<()> {
    if !Path::new("/etc/debian_version").exists() || !is_root() {
        return Ok(());
    }
    println!("Installing {} through apt-get", names.join(", "));
    let apt_get = |args: &[&str]| run::run(Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"));
    apt_get(&["update", "--quiet"])?;
    apt_get(&[&["install", "--yes", "--quiet", "--no-install-recommends"], names].concat())
}

fn is_root() -> bool {
    run::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Finds or installs PostgreSQL. The scenarios start their own server with its programs and look in the same places.
pub(crate) fn postgres() -> Result<()> {
    if has_postgres() {
        return Ok(());
    }
    debian_packages(&["postgresql"])?;
    ensure!(has_postgres(), "no PostgreSQL: install it (on Debian: apt-get install postgresql)");
    Ok(())
}

/// Finds or installs nginx, behind which scenarios and streams are tested.
pub(crate) fn nginx() -> Result<()> {
    // Debian has it where only root looks.
    let found = || {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).any(|folder| folder.join("nginx").is_file())
    };
    if !found() {
        debian_packages(&["nginx-light"])?;
    }
    ensure!(found(), "no nginx: install it (on Debian: apt-get install nginx-light)");
    Ok(())
}

fn has_postgres() -> bool {
    let configured = run::output(Command::new("pg_config").arg("--bindir")).ok();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(configured.map(|folder| PathBuf::from(folder.trim())))
        .chain(versions.map(|version| version.path().join("bin")))
        .any(|folder| ["initdb", "postgres", "pg_isready", "createdb"].iter().all(|name| folder.join(name).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version_of_node() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v9.0.0"), Some(9));
        assert_eq!(major("20.1.0"), None);
        assert_eq!(major("v"), None);
    }
}
