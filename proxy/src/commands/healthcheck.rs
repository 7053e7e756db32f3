//! `kvitt healthcheck`: checks whether the running proxy is ready, for a container without a shell.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

/// The timeout of the connection, and of each read of the response.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port of the proxy; that of `metrics.listen` if set
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    address: SocketAddr,
}

/// Fails when the proxy is not ready or does not answer.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let answer = request(args.address).with_context(|| format!("no answer from {}", args.address))?;
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("not ready: {status}");
    }
    println!("ready");
    Ok(())
}

fn request(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
