#![doc = include_str!("../README.md")]

mod clock;
mod contract;
mod control;
mod credentials;
mod delivery;
mod gate;
mod pages;
mod problem;
mod qr;
mod routes;
mod serve;
mod signature;
mod state;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use crate::contract::CONTRACTS;
pub use crate::credentials::Credentials;
use crate::credentials::SalesUnit;
use crate::state::State;

/// How the emulator differs from its default, which is the test environment with what a laptop needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Refuse `http://` return and callback URLs even on loopback, as the real API does.
    pub strict: bool,
    /// The base of the links that customers get, when it is not the address of the listener. No trailing slash.
    pub public_url: Option<String>,
    /// The base of those links by market (`NO`, `DK`, `FI`), which goes before `public_url`: the real hosts differ by
    /// market.
    pub market_links: BTreeMap<String, String>,
    /// Every sales unit may send PUSH_MESSAGE payments. Otherwise they are refused with 5080.
    pub push_message: bool,
    /// Every sales unit may create long-living payments. Otherwise they are refused with 5050.
    pub long_living: bool,
    /// A customer who consented within seven days is not asked again.
    pub remember_consent: bool,
    /// Userinfo demands the subscription key. By default it refuses requests that have one: the sources disagree.
    pub userinfo_wants_subscription_key: bool,
    /// How long after the authorization a GET shows what was shared, in real milliseconds.
    pub profile_delay_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            strict: false,
            public_url: None,
            market_links: BTreeMap::new(),
            push_message: false,
            long_living: false,
            remember_consent: false,
            userinfo_wants_subscription_key: false,
            profile_delay_ms: 300,
        }
    }
}

/// A running emulator. Dropping it ends its tasks and closes its connections.
pub struct Emulator {
    shared: Arc<Shared>,
}

/// Without the state, which is full of tokens and telephone numbers.
impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.shared.url).finish_non_exhaustive()
    }
}

impl Emulator {
    /// Serves on the given listener in the background, until dropped or shut down. Must be called in a tokio runtime.
    pub fn start(listener: TcpListener, options: Options) -> std::io::Result<Emulator> {
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(options)),
            url,
            wake: Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            http: delivery::client().map_err(std::io::Error::other)?,
        });
        shared.tasks.spawn(serve::serve(listener, routes::router(shared.clone()), shared.stop.clone()));
        shared.tasks.spawn(delivery::work(shared.clone()));
        shared.tasks.close();
        Ok(Emulator { shared })
    }

    /// The base URL of the API and of the pages: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Asks the emulator to stop: what is being answered is answered, then connections and tasks end.
    pub fn shutdown(&self) {
        self.shared.stop.cancel();
    }

    /// Resolves when the emulator has stopped.
    pub async fn stopped(&self) {
        self.shared.tasks.wait().await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// What every task and every handler holds.
struct Shared {
    state: Mutex<State>,
    url: String,
    /// Something happened that the delivery worker should look at.
    wake: Notify,
    stop: CancellationToken,
    tasks: TaskTracker,
    http: reqwest::Client,
}

impl Shared {
    /// Looks at the state, after what is due has happened.
    fn look<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().expect("nothing panics while it holds the state");
        state.pass_time();
        look(&mut state)
    }

    /// Changes the state, and wakes the worker that carries out what follows from it.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = self.look(change);
        self.wake.notify_one();
        result
    }

    /// The base of the links for customers of a sales unit.
    fn links(&self, state: &State, unit: &SalesUnit) -> String {
        let chosen = state.options.market_links.get(unit.market).or(state.options.public_url.as_ref());
        chosen.map_or(self.url.as_str(), |url| url.trim_end_matches('/')).to_owned()
    }

    /// Waits, but not longer than the emulator lives.
    async fn pause(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
