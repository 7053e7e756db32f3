#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! Top to bottom; each imports only from those below it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`router`] | puts the APIs, the pages and the control API together |
//! | [`control`] | the control API of tests, under `/_emulator` |
//! | [`api`] | the merchant's APIs, one file each |
//! | [`pages`] | the customer's pages: landing page and phone |
//! | [`qr_images`] | QR codes as SVG and PNG |
//! | [`gateway`] | before every API call: faults, the record, keys, headers, contracts |
//! | [`lenient`] | what the real API takes beyond its description |
//! | [`delivery`] | the worker that sends webhooks and runs what is due |
//! | [`shared`] | the state under its lock, for handlers and tasks |
//! | [`state`] | all data and rules, without network and tasks |
//! | [`options`] | how an emulator differs from the test environment |
//! | [`problem`] | refusals in the shape of each API |
//! | [`contract`] | JSON Schemas of request bodies, and their check |
//! | [`sales_units`] | the three merchants and their keys |
//! | [`signature`] | signs webhooks |
//! | [`clock`] | the emulator's clock, which tests can advance |
//! | [`serve`] | accepts connections; may close one without an answer |
#![allow(rustdoc::private_intra_doc_links)]

mod api;
mod clock;
mod contract;
mod control;
mod delivery;
mod gateway;
mod lenient;
mod options;
mod pages;
mod problem;
mod qr_images;
mod router;
mod sales_units;
mod serve;
mod shared;
mod signature;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use crate::contract::CONTRACTS;
pub use crate::options::Options;
pub use crate::sales_units::Credentials;
use crate::shared::Shared;
use crate::state::State;

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
        shared.tasks.spawn(serve::serve(listener, router::router(shared.clone()), shared.stop.clone()));
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
