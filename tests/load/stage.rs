//! The emulator, the proxy as a process, and the check of the records at the end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kvitt::config::Config;
use kvitt_emulator::{Credentials, Emulator, Options};
use kvitt_vipps::EventName;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) emulator: Emulator,
    pub(crate) http: reqwest::Client,
    /// Held by one customer at a time while a fault is injected and used, so that each knows how their webhook is delivered.
    pub(crate) delivery: tokio::sync::Mutex<()>,
    proxy: Child,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn set(proxy: &Path, streams: u32) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { strict: true, ..Options::default() };
        let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), options).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        let url = format!("http://{address}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kvitt.toml");
        std::fs::write(folder.path().join("catalogue.toml"), include_str!("../../proxy/demo.catalogue.toml")).unwrap();
        std::fs::write(&file, configuration(&url, emulator.url(), &folder, streams)).unwrap();
        let config = Config::load(Some(&file), []).unwrap();
        let unit = &config.sales_units[0];
        let client = kvitt::vendor::client::new(&config.vipps, unit).unwrap();
        let secret = client.register_webhook(&config.webhook.url(unit), &EventName::ALL).await.unwrap().secret;
        let mut proxy = Command::new(proxy)
            .arg("serve")
            .arg("--config")
            .arg(&file)
            .env("KVITT_LISTEN", &address)
            .env("KVITT_SALES_UNIT__NO__WEBHOOK_SECRET", secret.expose_secret())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(proxy.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening"), "{line}");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(600)).build().unwrap();
        Self { url, emulator, http, delivery: tokio::sync::Mutex::new(()), proxy, _folder: folder }
    }

    /// The memory of the proxy's process.
    pub(crate) fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.proxy.id())).unwrap_or_default();
        let kb = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<u64>().ok()).unwrap_or_default()
        };
        format!("{} MiB resident, {} MiB at most", kb("VmRSS") / 1024, kb("VmHWM") / 1024)
    }

    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let text = self.http.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_default()
    }

    /// Checks that every started order is paid once, in the proxy's and in Vipps MobilePay's records, and that no work is parked.
    pub(crate) async fn check_records(&self, paid: usize, started: usize) {
        let url = format!("{}/_emulator/payments", self.emulator.url());
        let records: Vec<Value> = self.http.get(url).send().await.unwrap().json().await.unwrap();
        let authorized = |record: &&Value| {
            record["events"].as_array().unwrap().iter().filter(|event| event["name"] == "AUTHORIZED").count() == 1
                && record["aggregate"]["authorizedAmount"]["value"] == 58_700
        };
        let there = records.iter().filter(|record| record["state"] == "AUTHORIZED").filter(authorized).count();
        let here = self.metric("kvitt_checkouts{state=\"authorized\"}").await;
        assert_eq!((paid, there, here), (started, started, started as u64), "pages, Vipps MobilePay, proxy");
        assert_eq!(self.metric("kvitt_outbox_parked").await, 0);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

fn configuration(url: &str, emulator: &str, folder: &tempfile::TempDir, streams: u32) -> String {
    let keys = Credentials::of("123456").unwrap();
    format!(
        r#"public_url = "{url}"
allowed_origins = ["https://shop.example"]
catalogue = "catalogue.toml"
shop.name = "Nordlys Keramikk"
shop.url = "https://shop.example"
shop.terms_url = "https://shop.example/terms"
database.url = "sqlite:{}"
encryption.key = "YSBrZXkgZm9yIHRlc3RzLCBvZiAzMiBieXRlcyA6LSk="
vipps.base_url = "{emulator}"
log.filter = "error"
limits.streams = {}
limits.connections = {}
limits.streams_per_checkout = {streams}
limits.requests_per_address = 0
limits.orders_per_address = 0
limits.streams_per_address = {}
metrics.cache_ms = 0
limits.requests_per_checkout = 0
[[sales_unit]]
name = "no"
market = "NO"
merchant_serial_number = "123456"
client_id = "{}"
client_secret = "{}"
subscription_key = "{}"
webhook_secret = "not registered yet"
reference_prefix = "nordlys"
"#,
        folder.path().join("kvitt.sqlite").display(),
        streams + 10_000,
        streams + 10_000,
        // The pages of the payments come from the same address.
        streams + 10_000,
        keys.client_id,
        keys.client_secret,
        keys.subscription_key,
    )
}
