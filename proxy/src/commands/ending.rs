//! What commands end with, for scripts to branch on. What each number means is one table, which `--help` shows.

use std::process::ExitCode;

/// The table.
pub(crate) const TABLE: &str = "\
It ends with:
  0  done; nothing is wrong
  1  not done: it failed or was refused, and standard error says why; `doctor`: something wants a look; `reconcile`: something could not be compared
  2  not understood: the command line does not read; `doctor`: something does not work; `reconcile`: the books differ
  3  still pending: written down, and not carried out within --wait; a proxy that runs does it";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done; nothing is wrong.
    Done,
    /// Not done, or something wants a look.
    Failed,
    /// Something is wrong.
    Wrong,
    /// Written down, and not carried out yet.
    Pending,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::Failed => 1,
            Ending::Wrong => 2,
            Ending::Pending => 3,
        })
    }
}
