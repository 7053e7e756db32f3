//! Finds the engines in which the core journeys run beside Chromium: Firefox, and WebKitGTK with its WebDriver server.
//!
//! `FIREFOX` and `WEBKIT_DRIVER` name them if they are not on the path. WebKit's windows are on a screen in memory, which is Xvfb. On
//! Debian, as root, what is missing is installed. Anywhere else this must install nothing: the error says what to install.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::chromium::{named_by, on_path};
use crate::setup;

const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];
const DEBIAN_PACKAGES: [&str; 3] = ["firefox-esr", "webkit2gtk-driver", "xvfb"];

/// The programs of both engines.
pub(crate) struct Engines {
    firefox: PathBuf,
    webkit_driver: PathBuf,
}

impl Engines {
    /// Finds both; installs them on Debian as root.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        setup::debian_packages(&DEBIAN_PACKAGES)?;
        Self::find().with_context(|| {
            format!(
                "no Firefox, no WebKitWebDriver or no Xvfb: install all three (on Debian: apt-get install {}), \
                 or name the first two in FIREFOX and WEBKIT_DRIVER",
                DEBIAN_PACKAGES.join(" ")
            )
        })
    }

    fn find() -> Option<Self> {
        on_path("Xvfb")?;
        let firefox = named_by("FIREFOX").or_else(|| FIREFOX.iter().find_map(|name| on_path(name)))?;
        let webkit_driver = named_by("WEBKIT_DRIVER").or_else(|| on_path("WebKitWebDriver"))?;
        Some(Self { firefox, webkit_driver })
    }

    /// Sets the environment of `command` so that the browser's tests start these.
    pub(crate) fn name_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("FIREFOX", &self.firefox).env("WEBKIT_DRIVER", &self.webkit_driver)
    }
}
