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
    /// Something happened that the delivery worker should look at.
    pub(crate) wake: Notify,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) http: reqwest::Client,
}

impl Shared {
    /// Looks at the state, after what is due has happened.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().expect("nothing panics while it holds the state");
        state.pass_time();
        look(&mut state)
    }

    /// Changes the state, and wakes the worker that carries out what follows from it.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = self.look(change);
        self.wake.notify_one();
        result
    }

    /// The base of the links for customers of a sales unit.
    pub(crate) fn links(&self, state: &State, unit: &SalesUnit) -> String {
        let chosen = state.options.market_links.get(unit.market).or(state.options.public_url.as_ref());
        chosen.map_or(self.url.as_str(), |url| url.trim_end_matches('/')).to_owned()
    }

    /// Waits, but not longer than the emulator lives.
    pub(crate) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
