//! Arguments that several commands share: the configuration file, and parsers of typed values.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use kvitt_wire::{Actor, Role, Via};

use crate::base::{clock, text};
use crate::checkout::{Moment, PhoneNumber};
use crate::config::{Config, SalesUnits};
use crate::shop::customers;

/// The most characters of a name for people.
const MAX_LABEL: usize = 200;

/// The configuration that a command uses.
#[derive(clap::Args)]
pub(crate) struct ConfigFile {
    /// Configuration file; it overrides the defaults, and the environment overrides both
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The file; none: only defaults and environment.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Loads everything that serving requires.
    pub(crate) fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config.as_deref(), std::env::vars())?)
    }

    /// Loads the same without requiring the secrets of webhooks.
    pub(crate) fn load_without_webhooks(&self) -> anyhow::Result<Config> {
        Ok(Config::load_without_webhooks(self.config.as_deref(), std::env::vars())?)
    }
}

/// Who runs the command: the operator, with the user of the operating system where that is known.
pub(super) fn operator() -> Actor {
    let user = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| label(user).is_ok());
    let name = user.map_or_else(|| "command line".to_owned(), |user| format!("command line ({user})"));
    Actor { name, via: Via::Command, key: None }
}

/// Parses a role.
pub(super) fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::EVERY.map(Role::as_str))
        .map(|name| Role::from_name(&name).expect("it is one of the possible values"))
}

/// Parses a name for people, such as that of a shop key.
pub(super) fn label(name: &str) -> Result<String, String> {
    let fits = text::is_line(name, 1..=MAX_LABEL);
    fits.then(|| name.to_owned())
        .ok_or_else(|| format!("it must have 1 to {MAX_LABEL} characters, none of them a control character"))
}

/// Checks the name of a sales unit, if there is one.
pub(super) fn is_known_unit(config: &Config, sales_unit: Option<&str>) -> anyhow::Result<()> {
    match sales_unit.filter(|unit| config.sales_units.find(Some(unit)).is_none()) {
        Some(unknown) => bail!("there is no sales unit {unknown}"),
        None => Ok(()),
    }
}

/// Parses a time.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    clock::parse(text).ok_or_else(|| "write a time like 2027-01-31T12:00:00Z".to_owned())
}

/// A telephone number as it was written; `-` reads it from standard input, so that it does not enter the shell's history.
pub(super) fn written_number(text: &str) -> anyhow::Result<String> {
    Ok(if text == "-" { std::io::read_to_string(std::io::stdin())? } else { text.to_owned() })
}

/// Parses a telephone number; one without a country code is in the country of the sales unit, or of the first one.
pub(super) fn number(text: &str, units: &SalesUnits, sales_unit: Option<&str>) -> anyhow::Result<PhoneNumber> {
    let market = units.find(sales_unit).context("there is no such sales unit")?.market;
    customers::parse_number(&written_number(text)?, market)
        .context("write a telephone number with its country code, such as +47 91 23 45 67")
}

/// Parses an amount into minor units. Both decimals are required, so that nobody mistakes kroner for øre.
pub(super) fn minor(text: &str) -> Result<i64, String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.split_once('.').filter(|(whole, rest)| digits(whole) && digits(rest) && rest.len() == 2);
    let minor = parts.and_then(|(whole, rest)| format!("{whole}{rest}").parse().ok());
    minor.ok_or_else(|| "write an amount with both decimals, such as 249.00".to_owned())
}
