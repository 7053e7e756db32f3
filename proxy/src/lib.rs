//! The proxy of a checkout for Vipps MobilePay: it holds the secrets, calls the vendor, and tells the page.
//!
//! Every fact (a click, a form, a webhook, the answer to a look) becomes an [`Input`](checkout::Input) to one pure function,
//! [`checkout::step`]; the [`ledger`] commits what comes out of it in one transaction; the [`outbox`] has it carried out by
//! [`perform`], whose outcomes come back through the same door.
//!
//! ```text
//!  routes --+                                        +-> outbox -> perform -> Vipps MobilePay
//!  webhook -+-> inbox -> Input -> checkout::step -> ledger -> hub -> pages
//!  outcome -+                         (pure)         (one transaction)
//! ```

pub mod advice;
pub mod app;
pub mod captures;
pub mod cart;
pub mod checkout;
pub mod chores;
pub mod clock;
pub mod config;
pub mod customers;
pub mod demo;
pub mod docs;
pub mod error;
pub mod hub;
pub mod idempotency;
pub mod inbox;
pub mod ledger;
pub mod listen;
pub mod metrics;
pub mod money;
pub mod offers;
pub mod order;
pub mod outage;
pub mod outbox;
pub mod pace;
pub mod pages;
pub mod perform;
pub mod qr;
pub mod rates;
pub mod ready;
pub mod reconcile;
pub mod registrations;
pub mod relay;
pub mod routes;
pub mod session;
pub mod shop_key;
pub mod store;
pub mod stories;
pub mod telemetry;
pub mod token;
pub mod trace;
pub mod vault;
pub mod wake;

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, StartError};
use crate::config::Config;

/// How long the work in flight may take to end after the stop.
const GRACE: Duration = Duration::from_secs(20);

/// Runs the proxy on a listener until `stop` is cancelled; then it accepts no more, ends its streams, finishes what it has claimed, and
/// closes the database.
///
/// # Errors
/// When it cannot start.
pub async fn serve(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let tasks = TaskTracker::new();
    let limits = config.limits;
    let app = App::start(config, stop.clone(), &tasks).await?;
    let store = app.store.clone();
    if let Some(address) = &app.config.metrics_listen {
        let listener = TcpListener::bind(address).await?;
        tasks.spawn(listen::serve(listener, routes::operators_router(&app), limits, stop.clone()));
    }
    listen::serve(listener, routes::router(&app), limits, stop).await;
    tasks.close();
    // What is not finished by then is taken up at the next start.
    if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
        tracing::warn!("work in flight was left to the next start");
    }
    store.close().await;
    Ok(())
}
