//! `kvitt serve`: the proxy.

use anyhow::Context;
use kvitt::telemetry;
use tokio::net::TcpListener;

use super::{ConfigFile, stop_on_signal};

/// Runs until it is told to stop.
pub(crate) async fn run(file: ConfigFile) -> anyhow::Result<()> {
    let config = file.load()?;
    let telemetry = telemetry::start(&config)?;
    let stop = stop_on_signal()?;
    let listener =
        TcpListener::bind(&config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    let served = kvitt::serve(config, listener, stop).await;
    telemetry.end().await;
    Ok(served?)
}
