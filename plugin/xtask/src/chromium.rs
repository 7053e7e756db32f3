//! Finds Chromium and its driver on this machine.
//!
//! `CHROMIUM` and `CHROMEDRIVER` name them if they are not on the path. On Debian, as root, missing ones are installed. Anywhere else this
//! must install nothing: the error says what to install.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use crate::setup;
use crate::workspace::Workspace;

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVER: &str = "chromedriver";
const DEBIAN_PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-dejavu-core"];

/// A browser and the WebDriver server of the same version.
pub(crate) struct Chromium {
    /// The browser's executable.
    pub(crate) browser: PathBuf,
    driver: PathBuf,
}

impl Chromium {
    /// Finds both; installs them on Debian as root.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        setup::debian_packages(&DEBIAN_PACKAGES)?;
        Self::find().with_context(|| {
            format!(
                "no Chromium with {DRIVER} of the same version: install both (on Debian: apt-get install {}), \
                 or name them in CHROMIUM and CHROMEDRIVER",
                DEBIAN_PACKAGES.join(" ")
            )
        })
    }

    fn find() -> Option<Self> {
        let browser = named_by("CHROMIUM").or_else(|| BROWSERS.iter().find_map(|name| on_path(name)))?;
        let driver = named_by("CHROMEDRIVER")
            .or_else(|| Some(Path::new(&env::var_os("CHROMEWEBDRIVER")?).join(DRIVER)).filter(|path| path.is_file()))
            .or_else(|| on_path(DRIVER))?;
        Some(Self { browser, driver })
    }

    /// Sets the environment of `command` so that wasm-bindgen's test runner starts this driver, and the driver starts this browser. Each
    /// test has a minute, for slow machines.
    pub(crate) fn drive(&self, workspace: &Workspace, command: &mut Command) -> Result<()> {
        let capabilities = workspace.target("webdriver.json");
        let chosen = json!({ "goog:chromeOptions": { "binary": self.browser } });
        fs::write(&capabilities, chosen.to_string())
            .with_context(|| format!("cannot write {}", capabilities.display()))?;
        command
            .env("CHROMEDRIVER", &self.driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities)
            .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "60");
        Ok(())
    }
}

/// The file that a variable of the environment names.
pub(crate) fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

/// The program of this name on the path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
