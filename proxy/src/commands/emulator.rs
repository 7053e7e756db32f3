//! `kvitt emulator`: the emulator of Vipps MobilePay, for development without the real service.

use std::net::SocketAddr;

use anyhow::Context;
use kvitt_emulator::{Credentials, Emulator, Options};
use tokio::net::TcpListener;

use super::serve::stop_on_signal;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port to listen on; port 0 selects a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Take only what the description of Vipps MobilePay has: no http:// URLs on this machine, and no deviations of the WooCommerce plugin
    #[arg(long)]
    strict: bool,
    /// Print client id, client secret, subscription key and merchant serial number of the Norwegian sales unit on one line, and exit
    #[arg(long)]
    print_credentials: bool,
}

/// Runs until a signal stops it.
pub(crate) async fn run(Args { listen, strict, print_credentials }: Args) -> anyhow::Result<()> {
    if print_credentials {
        let keys = Credentials::of("123456").context("the emulator has a Norwegian sales unit")?;
        let Credentials { client_id, client_secret, subscription_key, merchant_serial_number, .. } = keys;
        println!("{client_id} {client_secret} {subscription_key} {merchant_serial_number}");
        return Ok(());
    }
    let stop = stop_on_signal()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let emulator = Emulator::start(listener, Options { strict, http_on_loopback: !strict, ..Default::default() })?;
    println!("listening on {}", emulator.url());
    stop.cancelled().await;
    emulator.shutdown();
    emulator.stopped().await;
    Ok(())
}
