//! What several commands take: the configuration, and values as a person types them.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::base::clock;
use crate::checkout::{Moment, PhoneNumber};
use crate::config::Config;
use crate::shop::customers;

/// Which configuration a command works with.
#[derive(Args)]
pub(crate) struct ConfigFile {
    /// A file that goes over the defaults; the environment goes over both.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The file; none for the defaults alone.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// All that it takes to serve.
    pub(crate) fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config.as_deref(), std::env::vars())?)
    }

    /// For what is done before there are webhooks.
    pub(crate) fn load_without_webhooks(&self) -> anyhow::Result<Config> {
        Ok(Config::load_without_webhooks(self.config.as_deref(), std::env::vars())?)
    }
}

/// A moment as it is typed.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    clock::parse(text).ok_or_else(|| "a time is written like 2027-01-31T12:00:00Z".to_owned())
}

/// A number as it is typed; `-` reads it from standard input, past the shell's history.
pub(super) fn number(text: &str) -> anyhow::Result<PhoneNumber> {
    let text = if text == "-" { std::io::read_to_string(std::io::stdin())? } else { text.to_owned() };
    customers::parse_number(&text).context("a number is written with its country code, such as +47 91 23 45 67")
}

/// An amount as it is typed, in minor units. Both decimals are asked for, so that nobody takes kroner for øre.
pub(super) fn minor(text: &str) -> Result<i64, String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.split_once('.').filter(|(whole, rest)| digits(whole) && digits(rest) && rest.len() == 2);
    let minor = parts.and_then(|(whole, rest)| format!("{whole}{rest}").parse().ok());
    minor.ok_or_else(|| "an amount is written with both decimals, such as 249.00".to_owned())
}
