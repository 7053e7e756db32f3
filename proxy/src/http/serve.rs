//! Runs the proxy on a given listener, from start to shutdown.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::http::app::{App, StartError};
use crate::http::{listen, routes};

/// How long the workers may take to finish during a shutdown.
const GRACE: Duration = Duration::from_secs(20);

/// Runs the proxy on a listener until `stop` is cancelled. Then it accepts no more connections, closes its streams, finishes the work that
/// it has claimed, and closes the database.
///
/// # Errors
/// When it cannot start.
pub async fn serve(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let tasks = TaskTracker::new();
    let limits = config.http.limits;
    let app = App::start(config, stop.clone(), &tasks).await?;
    let store = app.store.clone();
    if let Some(address) = &app.http.metrics_listen {
        let listener = listen::bind(address).await?;
        tasks.spawn(listen::serve(listener, routes::operators_router(&app), limits, app.metrics.clone(), stop.clone()));
    }
    listen::serve(listener, routes::router(&app), limits, app.metrics.clone(), stop).await;
    tasks.close();
    // The next start resumes what is not finished by then.
    if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
        tracing::warn!("work in flight was not finished; the next start resumes it");
    }
    store.close().await;
    Ok(())
}
