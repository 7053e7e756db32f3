//! The emulator alone, to open its pages: `cargo run -p kvitt-emulator --example serve -- 127.0.0.1:8090`.

use kvitt_emulator::{Emulator, Options};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let emulator = Emulator::start(listener, Options::default())?;
    println!("listening on {}", emulator.url());
    tokio::signal::ctrl_c().await?;
    emulator.shutdown();
    emulator.stopped().await;
    Ok(())
}
