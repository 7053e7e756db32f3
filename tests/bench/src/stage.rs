//! What one measurement plays on: an emulated Vipps MobilePay, and one of the servers beside it, both freshly started.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use clap::ValueEnum;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::process::Command;
use uuid::Uuid;

use crate::http::{self, Client};
use crate::process::Process;

const CATALOGUE: &str = include_str!("../../../proxy/demo.catalogue.toml");
/// What signs the webhooks, which this program sends itself.
const SECRET: &str = "the secret of the webhooks of this bench";
const WEBHOOK: &str = "/callbacks/vipps/no";

/// Where the programs are.
pub(crate) struct Programs {
    pub(crate) kvitt: PathBuf,
    pub(crate) floor: PathBuf,
    /// The folder with `peer-node` and `express-node`.
    pub(crate) peers: PathBuf,
    /// Those that take their turn; all, where it names none.
    pub(crate) servers: Vec<Server>,
}

impl Programs {
    pub(crate) fn are_measured(&self, server: Server) -> bool {
        self.servers.is_empty() || self.servers.contains(&server)
    }
}

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Server {
    Floor,
    Fastify,
    Express,
    Kvitt,
}

impl Server {
    /// Its column in the results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Fastify => "fastify",
            Self::Express => "express",
            Self::Kvitt => "Kvitt",
        }
    }
}

/// A server with the emulator that it calls. With several proxies, all have the same database.
pub(crate) struct Stage<'a> {
    programs: &'a Programs,
    server: Server,
    /// Where the proxies listen; the first is the public address.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) emulator: SocketAddr,
    servers: Vec<Process>,
    _emulator: Process,
    folder: TempDir,
}

impl<'a> Stage<'a> {
    /// Starts one server, with an embedded database of its own.
    pub(crate) async fn set(programs: &'a Programs, server: Server) -> Result<Self> {
        Self::set_on(programs, server, None, 1).await
    }

    /// Starts so many proxies on one PostgreSQL database.
    pub(crate) async fn proxies(programs: &'a Programs, database: &str, count: usize) -> Result<Self> {
        Self::set_on(programs, Server::Kvitt, Some(database), count).await
    }

    async fn set_on(programs: &'a Programs, server: Server, database: Option<&str>, count: usize) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("kvitt-bench-").tempdir()?;
        let mut command = Command::new(&programs.kvitt);
        command.args(["emulator", "--listen", "127.0.0.1:0"]);
        let emulator = Process::start(&mut command, folder.path(), "emulator").await?;
        let addresses = (0..count).map(|_| free_address()).collect::<Result<Vec<_>>>()?;
        let address = emulator.url.trim_start_matches("http://").parse()?;
        let servers = Vec::new();
        let mut stage = Self { programs, server, addresses, emulator: address, servers, _emulator: emulator, folder };
        if server == Server::Kvitt {
            fs::write(stage.folder.path().join("catalogue.toml"), CATALOGUE)?;
            fs::write(stage.configuration(), stage.kvitt_toml(database))?;
        }
        stage.start().await?;
        Ok(stage)
    }

    /// Starts the servers, and waits until they are ready. Returns how long the first one took.
    pub(crate) async fn start(&mut self) -> Result<Duration> {
        let mut first = None;
        for (index, address) in self.addresses.clone().into_iter().enumerate() {
            let began = tokio::time::Instant::now();
            let mut command = self.command(address);
            let process = Process::start(&mut command, self.folder.path(), &format!("server-{index}")).await?;
            self.servers.push(process);
            let mut client = Client::new(address);
            while !is_ready(&mut client).await {
                ensure!(began.elapsed() < Duration::from_secs(120), "{} is not ready", self.server.name());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            first.get_or_insert(began.elapsed());
        }
        first.context("no server")
    }

    /// Stops the servers as an operator would. The database stays.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        for process in self.servers.drain(..) {
            if self.server == Server::Kvitt { process.stops().await? } else { process.dies().await? }
        }
        Ok(())
    }

    fn command(&self, listen: SocketAddr) -> Command {
        let node = |folder: &str| {
            let mut node = Command::new("node");
            node.arg(self.programs.peers.join(folder).join("server.mjs")).env("NODE_ENV", "production");
            node
        };
        let mut command = match self.server {
            Server::Kvitt => {
                let mut kvitt = Command::new(&self.programs.kvitt);
                kvitt.args(["serve", "--config"]).arg(self.configuration()).env("KVITT_LISTEN", listen.to_string());
                return kvitt;
            }
            Server::Floor => Command::new(&self.programs.floor),
            Server::Fastify => node("peer-node"),
            Server::Express => node("express-node"),
        };
        command
            .env("DATABASE", self.folder.path().join("shop.sqlite"))
            .env("LISTEN", listen.to_string())
            .env("PUBLIC_URL", self.public_url())
            .env("VIPPS", format!("http://{}", self.emulator))
            .env("WEBHOOK_SECRET", SECRET)
            .env("CLIENT_ID", "00000000-0000-4000-8000-000000123456")
            .env("CLIENT_SECRET", "emulator-client-secret-123456")
            .env("SUBSCRIPTION_KEY", "emulator-subscription-key-123456")
            .env("MSN", "123456");
        command
    }

    fn public_url(&self) -> String {
        format!("http://{}", self.addresses[0])
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("kvitt.toml")
    }

    /// The file of the proxy's database, where it is SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("kvitt.sqlite")
    }

    /// The default configuration, but for the limits, the log, and the webhooks that this program signs itself.
    fn kvitt_toml(&self, database: Option<&str>) -> String {
        let database = database.map_or_else(|| format!("sqlite:{}", self.file().display()), str::to_owned);
        format!(
            r#"public_url = "{}"
allowed_origins = ["https://shop.example"]
catalogue = "catalogue.toml"
shop.name = "Nordlys Keramikk"
shop.url = "https://shop.example"
shop.terms_url = "https://shop.example/terms"
database.url = "{database}"
encryption.key = "YSBrZXkgZm9yIHRlc3RzLCBvZiAzMiBieXRlcyA6LSk="
vipps.base_url = "http://{}"
webhook.repair = false
log.filter = "warn"
limits.streams = 40000
limits.streams_per_address = 40000
limits.connections = 40000
limits.requests_per_address = 0
limits.requests_per_checkout = 0
limits.requests_per_key = 0
limits.orders_per_address = 0
[[sales_unit]]
name = "no"
market = "NO"
merchant_serial_number = "123456"
client_id = "00000000-0000-4000-8000-000000123456"
client_secret = "emulator-client-secret-123456"
subscription_key = "emulator-subscription-key-123456"
webhook_secret = "{SECRET}"
"#,
            self.public_url(),
            self.emulator,
        )
    }

    /// Adds a shop key. Returns it.
    pub(crate) async fn shop_key(&self) -> Result<String> {
        let mut command = Command::new(&self.programs.kvitt);
        let output = command.args(["keys", "add", "bench", "--config"]).arg(self.configuration()).output().await?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// A webhook about an order, signed as Vipps MobilePay signs it.
    pub(crate) fn webhook(&self, reference: &str, event: &str) -> Result<Vec<u8>> {
        let body = json!({
            "msn": "123456",
            "reference": reference,
            "pspReference": Uuid::new_v4().to_string(),
            "name": event,
            "amount": { "currency": "NOK", "value": 58_700 },
            "timestamp": "2026-01-01T12:00:00.000Z",
            "idempotencyKey": reference,
            "success": true,
        })
        .to_string();
        let date = httpdate::fmt_http_date(std::time::SystemTime::now());
        let hash = BASE64_STANDARD.encode(Sha256::digest(body.as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        mac.update(format!("POST\n{WEBHOOK}\n{date};{};{hash}", self.addresses[0]).as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        let signed = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
        let headers = [("x-ms-date", &*date), ("x-ms-content-sha256", &hash), ("authorization", &signed)];
        Ok(http::post(WEBHOOK, &headers, &body))
    }

    /// The CPU time of the servers so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        self.servers.iter().map(Process::cpu).sum()
    }

    /// The memory of the first server, in KiB: now, and at most.
    pub(crate) fn memory_kib(&self) -> Result<crate::process::Memory> {
        self.servers.first().context("no server")?.memory_kib()
    }

    /// Waits until the servers have nothing more to do. Returns their CPU time then.
    pub(crate) async fn rests(&self) -> Result<Duration> {
        const LOOK: Duration = Duration::from_millis(100);
        const IDLE: Duration = Duration::from_millis(4);
        let began = tokio::time::Instant::now();
        let (mut since, mut calm) = (self.cpu()?, 0);
        while calm < 3 {
            ensure!(began.elapsed() < Duration::from_secs(120), "{} does not come to rest", self.server.name());
            tokio::time::sleep(LOOK).await;
            let now = self.cpu()?;
            if now - since < IDLE * (calm + 1) * u32::try_from(self.servers.len())? {
                calm += 1;
            } else {
                (since, calm) = (now, 0);
            }
        }
        Ok(since)
    }
}

/// Shows the last line that the server has written as an error: the folder is about to go.
impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let log = fs::read_to_string(self.folder.path().join("server-0.log")).unwrap_or_default();
        if let Some(line) = log.lines().last() {
            println!("    {} wrote {} lines, the last of them: {line}", self.server.name(), log.lines().count());
        }
    }
}

/// A free address, released for a server to take.
fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn is_ready(client: &mut Client) -> bool {
    client.send(&http::get("/readyz", &[])).await.is_ok_and(|answer| answer.status == 200)
}

/// Whether a folder is in memory, where nothing costs what it costs on a disk.
pub(crate) fn is_in_memory(folder: &Path) -> bool {
    fs::read_to_string("/proc/mounts").unwrap_or_default().lines().any(|line| {
        let mut words = line.split(' ').skip(1);
        words.next().is_some_and(|mount| mount != "/" && folder.starts_with(mount)) && words.next() == Some("tmpfs")
    })
}
