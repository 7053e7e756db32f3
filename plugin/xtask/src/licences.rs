//! Checks licences and sources of all dependencies: crates from `cargo metadata`, npm packages from the lock files. Those of the bench are
//! among them.
//!
//! The allowed licences are those of `deny.toml`, so this check and cargo-deny never disagree. (cargo-deny also checks advisories; it runs
//! where its database is available.) This check only reads, and it must refuse what it does not understand.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use spdx::{Expression, Licensee, ParseMode};

use crate::bench;
use crate::setup::{self, BROWSER_TOOLS, BUILD_TOOLS};
use crate::workspace::Workspace;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Fails if the workspace has a dependency whose licence or source is not allowed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let deny = workspace.path("deny.toml");
    let allowed =
        Allowed::read(&fs::read_to_string(&deny).with_context(|| format!("cannot read {}", deny.display()))?)?;

    let mut violations = BTreeSet::new();
    let mut count = 0;
    for folder in ["", bench::FOLDER] {
        let crates = crates(&workspace.metadata_of(folder)?)?;
        violations.extend(crates.iter().filter_map(|found| allowed.violation(found)));
        count += crates.len();
    }
    let apps = setup::apps(workspace)?;
    let own = [BUILD_TOOLS, BROWSER_TOOLS, bench::WIDGET];
    let folders = own.into_iter().chain(bench::PEERS).chain(apps.iter().map(String::as_str));
    for folder in folders {
        let path = workspace.path(folder).join("package-lock.json");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let lock = serde_json::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
        let packages = npm_packages(&lock)?;
        violations.extend(packages.iter().filter_map(|found| allowed.violation(found)));
        count += packages.len();
    }
    if !violations.is_empty() {
        let list: Vec<_> = violations.into_iter().collect();
        bail!("not allowed by deny.toml:\n  {}", list.join("\n  "));
    }
    println!("{count} packages; all have an allowed licence and come from their registries");
    Ok(())
}

/// A dependency.
#[derive(Debug, PartialEq)]
struct Package {
    name: String,
    licence: Option<String>,
    from_registry: bool,
}

/// Every crate outside the workspace.
fn crates(metadata: &Value) -> Result<Vec<Package>> {
    let members = metadata["workspace_members"].as_array().context("no workspace_members")?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let foreign = packages.iter().filter(|package| !members.contains(&package["id"]));
    Ok(foreign
        .map(|package| Package {
            name: format!("{} {}", text(&package["name"]), text(&package["version"])),
            licence: package["license"].as_str().map(str::to_owned),
            from_registry: package["source"] == CRATES_IO,
        })
        .collect())
}

/// Every package of a package-lock.json. With the folders' `.npmrc`, packages from the registry have no `resolved`; a package with
/// one comes from elsewhere.
fn npm_packages(lock: &Value) -> Result<Vec<Package>> {
    let packages: &Map<String, Value> = lock["packages"].as_object().context("the lock file has no packages")?;
    let foreign = packages.iter().filter(|(path, _)| !path.is_empty());
    Ok(foreign
        .map(|(path, package)| Package {
            name: format!("{} {}", path.trim_start_matches("node_modules/"), text(&package["version"])),
            licence: package["license"].as_str().map(str::to_owned),
            from_registry: package["resolved"].is_null() && package["integrity"].is_string(),
        })
        .collect())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

struct Allowed(Vec<Licensee>);

impl Allowed {
    /// Reads the text of a deny.toml.
    fn read(deny: &str) -> Result<Self> {
        let deny: toml::Table = deny.parse().context("cannot read deny.toml")?;
        let list = deny.get("licenses").and_then(|licenses| licenses.get("allow")).and_then(toml::Value::as_array);
        let names = list.context("deny.toml has no licenses.allow")?.iter();
        let parse = |name: &toml::Value| {
            let name = name.as_str().context("licenses.allow has something that is not text")?;
            Licensee::parse(name).with_context(|| format!("licenses.allow has an unknown licence: {name}"))
        };
        Ok(Self(names.map(parse).collect::<Result<_>>()?))
    }

    /// The reason why a package is not allowed.
    fn violation(&self, package: &Package) -> Option<String> {
        let name = &package.name;
        if !package.from_registry {
            return Some(format!("{name} does not come from a registry"));
        }
        let Some(licence) = &package.licence else { return Some(format!("{name} has no licence")) };
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Err(_) => Some(format!("{name} has an invalid licence expression: {licence}")),
            Ok(expression) => {
                let ok = expression.evaluate(|wanted| self.0.iter().any(|licensee| licensee.satisfies(wanted)));
                (!ok).then(|| format!("{name} has the licence {licence}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn violation(licence: Option<&str>) -> Option<String> {
        let allowed =
            Allowed::read("[licenses]\nallow = ['MIT', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception', 'Unicode-3.0']");
        let licence = licence.map(str::to_owned);
        allowed.unwrap().violation(&Package { name: "thing 1.0.0".into(), licence, from_registry: true })
    }

    #[test]
    fn licence_expressions_are_evaluated() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(violation(Some(good)), None, "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "MIT WITH LLVM-exception", "SEE LICENSE IN FILE", ""] {
            assert!(violation(Some(bad)).is_some(), "{bad}");
        }
        assert_eq!(violation(None).as_deref(), Some("thing 1.0.0 has no licence"));
    }

    #[test]
    fn crates_may_come_only_from_crates_io() {
        let metadata = json!({
            "workspace_members": ["own"],
            "packages": [
                { "id": "own", "name": "own", "version": "0.1.0", "source": null },
                { "id": "a", "name": "a", "version": "1.0.0", "license": "MIT", "source": CRATES_IO },
                { "id": "b", "name": "b", "version": "2.0.0", "license": "MIT", "source": "git+https://example.com/b" },
                { "id": "c", "name": "c", "version": "3.0.0", "license": "MIT", "source": null },
            ],
        });
        let found: Vec<_> =
            crates(&metadata).unwrap().into_iter().map(|found| (found.name, found.from_registry)).collect();
        assert_eq!(found, [("a 1.0.0".into(), true), ("b 2.0.0".into(), false), ("c 3.0.0".into(), false)]);
    }

    #[test]
    fn an_npm_package_with_resolved_is_not_from_the_registry() {
        let lock = json!({ "packages": {
            "": { "name": "own" },
            "node_modules/good": { "version": "1.0.0", "license": "MIT", "integrity": "sha512-x" },
            "node_modules/git": { "version": "1.0.0", "license": "MIT", "resolved": "git+ssh://example.com/x" },
            "node_modules/link": { "resolved": "../elsewhere", "link": true },
        }});
        let found = npm_packages(&lock).unwrap();
        let good: Vec<_> = found.iter().filter(|found| found.from_registry).map(|found| found.name.as_str()).collect();
        assert_eq!((found.len(), good), (3, vec!["good 1.0.0"]));
    }
}
