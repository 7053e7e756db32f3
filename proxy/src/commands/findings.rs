//! What an examination has found, for `kvitt doctor` and `kvitt check --page`: one line each, with what to do about it.

use serde::Serialize;

use super::exit_status::ExitStatus;
use super::output;

/// How serious a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Health {
    Ok,
    Warn,
    Fail,
}

/// One line of the report.
#[derive(Serialize)]
struct Finding {
    health: Health,
    about: String,
    found: String,
}

/// The report.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, health: Health, about: &str, found: impl Into<String>) {
        self.0.push(Finding { health, about: about.to_owned(), found: found.into() });
    }

    /// Adds a count that should be zero.
    pub(super) fn add_count(&mut self, about: &str, count: i64, what_to_do: &str) {
        match count {
            0 => self.add(Health::Ok, about, "none"),
            count => self.add(Health::Warn, about, format!("{count}: {what_to_do}")),
        }
    }

    /// The most serious of them.
    pub(super) fn worst(&self) -> Health {
        self.0.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok)
    }

    /// Prints the report for people.
    pub(super) fn print(&self) {
        for Finding { health, about, found } in &self.0 {
            let health = match health {
                Health::Ok => output::styled(output::GOOD, "ok  "),
                Health::Warn => output::styled(output::WAITING, "warn"),
                Health::Fail => output::styled(output::BAD, "FAIL"),
            };
            anstream::println!("{health}  {about}: {found}");
        }
    }

    /// Prints the report for programs.
    pub(super) fn print_json(&self) -> anyhow::Result<()> {
        output::json(&self.0)
    }
}

impl From<Health> for ExitStatus {
    fn from(worst: Health) -> Self {
        match worst {
            Health::Ok => Self::Done,
            Health::Warn => Self::Failed,
            Health::Fail => Self::Wrong,
        }
    }
}
