//! The folders of this repository, and how to call cargo there.
//!
//! The two folders come from `cargo metadata`, which respects `CARGO_TARGET_DIR` and the user's configuration. Cargo must always be called
//! through this module: a cargo started from a cargo inherits variables that make build scripts run again.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run;

/// This crate and the widget, which it depends on.
pub(crate) const TOOLS: [&str; 4] = ["--package", "xtask", "--package", "kvitt-plugin"];
/// All other crates. Cargo compiles what both depend on with the features that all selected packages need together, so one selection of
/// everything would compile again, with more features, what this program was made of.
pub(crate) const PROXY: [&str; 5] = ["--workspace", "--exclude", "xtask", "--exclude", "kvitt-plugin"];

/// The repository's folder and cargo's target folder.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the workspace that this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let crate_folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let metadata = metadata(Path::new(&crate_folder), &["--no-deps"])?;
        let folder = |key: &str| metadata[key].as_str().map(PathBuf::from).with_context(|| format!("no {key}"));
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// A path in the repository.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path in cargo's target folder.
    pub(crate) fn target(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    /// `cargo ARGS` in the repository's folder.
    pub(crate) fn cargo<const N: usize>(&self, args: [&str; N]) -> Command {
        let mut cargo = cargo(&self.root);
        cargo.args(args);
        cargo
    }

    /// The metadata of the workspace in a folder of the repository, and of all its dependencies, for every platform. `""` is the main one.
    pub(crate) fn metadata_of(&self, folder: &str) -> Result<Value> {
        metadata(&self.root.join(folder), &[])
    }

    /// Builds only the proxy's binary and returns its path.
    pub(crate) fn build_kvitt(&self) -> Result<PathBuf> {
        self.build_binary(&["--package", "kvitt"])
    }

    /// The same with the tests' selection of packages and features, and their targets. It reuses what the tests have compiled.
    pub(crate) fn build_kvitt_with_tests(&self) -> Result<PathBuf> {
        self.build_binary(&[&PROXY[..], &["--tests", "--examples"]].concat())
    }

    /// Builds the scenarios with the same selection, and returns the path of their binary. (`cargo test --test it` would select fewer packages
    /// and compile everything again with fewer features.)
    pub(crate) fn build_scenarios(&self) -> Result<PathBuf> {
        let messages = run::output(self.cargo(["test", "--no-run", "--message-format=json"]).args(PROXY))?;
        let source = self.path("tests/it/main.rs");
        let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut scenarios =
            artifacts.filter(|message| message["target"]["src_path"].as_str().map(Path::new) == Some(source.as_path()));
        let binary = scenarios.find_map(|message| message["executable"].as_str().map(PathBuf::from));
        binary.context("cargo names no binary of the scenarios")
    }

    fn build_binary(&self, selection: &[&str]) -> Result<PathBuf> {
        run::run(self.cargo(["build", "--bin", "kvitt"]).args(selection))?;
        Ok(self.target(format!("debug/kvitt{}", env::consts::EXE_SUFFIX)))
    }
}

fn metadata(folder: &Path, args: &[&str]) -> Result<Value> {
    let text = run::output(cargo(folder).args(["metadata", "--format-version", "1"]).args(args))?;
    serde_json::from_str(&text).context("cannot read the output of cargo metadata")
}

/// Cargo without the variables of the outer cargo that describe *this* package. The build scripts of some dependencies (ring's, for
/// example) depend on those variables: they would run again, and every crate above them would be compiled again, each time.
fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder);
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_this_package(name)) {
        cargo.env_remove(name);
    }
    cargo
}

fn is_about_this_package(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"].contains(&name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_of_this_package_are_removed_for_cargo() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME"] {
            assert!(is_about_this_package(&name.into()), "{name}");
        }
        for name in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO_TERM_COLOR", "CARGO_INCREMENTAL", "CARGO", "PATH"] {
            assert!(!is_about_this_package(&name.into()), "{name}");
        }
    }
}
