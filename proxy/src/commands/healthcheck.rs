//! `kvitt healthcheck`: asks the running proxy whether it is ready, for a container that has no shell to ask from.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

/// How long connecting, and each part of the answer, may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(crate) struct Asked {
    /// Where the proxy listens; the address of `metrics.listen` where that is set.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    address: SocketAddr,
}

/// Fails when it is not ready, or not there.
pub(crate) fn run(asked: &Asked) -> anyhow::Result<()> {
    let answer = ask(asked.address).with_context(|| format!("no answer from {}", asked.address))?;
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("not ready: {status}");
    }
    println!("ready");
    Ok(())
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
