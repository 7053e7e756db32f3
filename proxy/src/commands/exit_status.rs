//! The exit codes of all commands, for scripts. `--help` and `/docs/command-line` print the same table.

use std::process::ExitCode;

/// The table.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  success; nothing is wrong
  1  failed or refused: standard error says why; `doctor`, `check --page`: something needs attention; `reconcile`: some payments could not be compared
  2  invalid command line; `doctor`, `check --page`: something does not work; `reconcile`: payments differ
  3  pending: committed, but not carried out within --wait; a running proxy does it";

/// The exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Success; nothing is wrong.
    Done,
    /// Failed or refused, or something needs attention.
    Failed,
    /// Something is wrong.
    Wrong,
    /// Committed, and not carried out yet.
    Pending,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::Failed => 1,
            ExitStatus::Wrong => 2,
            ExitStatus::Pending => 3,
        })
    }
}
