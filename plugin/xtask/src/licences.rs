//! Licences and sources of everything that others wrote: crates from `cargo metadata`, npm packages from the lock files.
//!
//! The allowed licences are those of `deny.toml`, so that this check and cargo-deny (which adds the advisories, and runs where
//! its database can be had) never disagree. Reads only; what is not understood is refused.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use spdx::{Expression, Licensee, ParseMode};

use crate::setup::{BROWSER_TOOLS, BUILD_TOOLS};
use crate::workspace::Workspace;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Refuses the workspace when it depends on anything with a licence or from a source that is not allowed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let deny = workspace.path("deny.toml");
    let allowed =
        Allowed::read(&fs::read_to_string(&deny).with_context(|| format!("cannot read {}", deny.display()))?)?;

    let metadata = workspace.metadata()?;
    let crates = crates(&metadata)?;
    let mut mistakes: BTreeSet<String> = crates.iter().filter_map(|found| allowed.mistake(found)).collect();
    let mut count = crates.len();
    for folder in [BUILD_TOOLS, BROWSER_TOOLS] {
        let path = workspace.path(folder).join("package-lock.json");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let lock = serde_json::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
        let packages = npm_packages(&lock)?;
        mistakes.extend(packages.iter().filter_map(|found| allowed.mistake(found)));
        count += packages.len();
    }
    if !mistakes.is_empty() {
        let list: Vec<_> = mistakes.into_iter().collect();
        bail!("not allowed by deny.toml:\n  {}", list.join("\n  "));
    }
    println!("{count} packages, all from their registries and under allowed licences");
    Ok(())
}

/// Something that others wrote.
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

/// Every package of a package-lock.json. The folders' `.npmrc` leaves out `resolved` for packages from the registry, so what has
/// one came from elsewhere.
fn npm_packages(lock: &Value) -> Result<Vec<Package>> {
    let packages: &Map<String, Value> = lock["packages"].as_object().context("a lock file without packages")?;
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
    /// From the text of a deny.toml.
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

    /// What is wrong with a package, in words.
    fn mistake(&self, package: &Package) -> Option<String> {
        let name = &package.name;
        if !package.from_registry {
            return Some(format!("{name} does not come from a registry"));
        }
        let Some(licence) = &package.licence else { return Some(format!("{name} names no licence")) };
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Err(_) => Some(format!("{name} has a licence nobody understands: {licence}")),
            Ok(expression) => {
                let ok = expression.evaluate(|wanted| self.0.iter().any(|licensee| licensee.satisfies(wanted)));
                (!ok).then(|| format!("{name} is under {licence}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistake(licence: Option<&str>) -> Option<String> {
        let allowed =
            Allowed::read("[licenses]\nallow = ['MIT', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception', 'Unicode-3.0']");
        let licence = licence.map(str::to_owned);
        allowed.unwrap().mistake(&Package { name: "thing 1.0.0".into(), licence, from_registry: true })
    }

    #[test]
    fn expressions_are_understood() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(mistake(Some(good)), None, "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "MIT WITH LLVM-exception", "SEE LICENSE IN FILE", ""] {
            assert!(mistake(Some(bad)).is_some(), "{bad}");
        }
        assert_eq!(mistake(None).as_deref(), Some("thing 1.0.0 names no licence"));
    }

    #[test]
    fn only_crates_io_is_a_source_of_crates() {
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
    fn a_package_that_npm_had_to_resolve_is_not_from_the_registry() {
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
