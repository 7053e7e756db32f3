//! `kvitt serve`: runs the proxy.

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::http::listen;
use crate::observe::telemetry;

use super::arguments::ConfigFile;

/// Runs until a signal stops it.
pub(crate) async fn run(file: ConfigFile) -> anyhow::Result<()> {
    let config = file.load()?;
    let telemetry = telemetry::start(&config.log)?;
    let stop = stop_on_signal()?;
    let listener =
        listen::bind(&config.http.listen).await.with_context(|| format!("cannot listen on {}", config.http.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    let served = crate::serve(config, listener, stop).await;
    telemetry.end().await;
    Ok(served?)
}

/// A token that SIGINT and SIGTERM cancel.
pub(super) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        signalled.cancel();
    });
    Ok(stop)
}
