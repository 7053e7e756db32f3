//! What every task and every handler holds: the state under its lock, the wake-up of the delivery worker, and the signal to stop. All access to
//! the state goes through [`Shared::read`] and [`Shared::change`], which first run what is due. It has no rules of its own.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::sales_units::SalesUnit;
use crate::state::State;

/// What every task and every handler holds.
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) url: String,
    /// Notified after a change: the delivery worker checks what is due.
    pub(crate) wake: Notify,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) http: reqwest::Client,
}

impl Shared {
    /// Reads the state, after everything that is due was run.
    pub(crate) fn read<R>(&self, reader: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().expect("nothing panics while it holds the state");
        state.run_due();
        reader(&mut state)
    }

    /// Changes the state, and notifies the delivery worker.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = self.read(change);
        self.wake.notify_one();
        result
    }

    /// The base of the links for customers of a sales unit.
    pub(crate) fn links(&self, state: &State, unit: &SalesUnit) -> String {
        let chosen = state.options.market_links.get(unit.market).or(state.options.public_url.as_ref());
        chosen.map_or(self.url.as_str(), |url| url.trim_end_matches('/')).to_owned()
    }

    /// Sleeps, at most until the emulator stops.
    pub(crate) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
