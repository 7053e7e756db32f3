//! The proxy is killed and started again, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use kvitt_emulator::{Credentials, Emulator};
use kvitt_vipps::EventName;
use kvitt_wire::{Checkout, State};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use crate::shop::{Files, PHONE_NUMBER, Vipps, eventually, http, quick, two_mugs_and_a_tea};

/// The proxy as a process; killed when dropped.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts it and waits until it listens.
    fn start(files: &Files, listen: &str, webhook_secret: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"))
            .args(["serve", "--config", files.config.to_str().unwrap()])
            .env("KVITT_LISTEN", listen)
            .env("KVITT_SALES_UNIT__NO__WEBHOOK_SECRET", webhook_secret)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("it listens").to_owned();
        Self { child, url }
    }

    /// SIGKILL: it does not get to say good-bye. What it logged until then.
    fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn killed_between_creation_and_webhook_it_confirms_the_order_after_the_start() {
    let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), quick()).unwrap();
    // The address must be the same after the start, since the webhook is registered with it: take a free one and give it back.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let files = Files::new(&format!("http://{address}"), emulator.url(), "polling.first_ms = 200");
    let config = kvitt::config::Config::load(Some(&files.config), []).unwrap();
    let client = kvitt::app::client(&config, &config.sales_units[0]).unwrap();
    let url = config.webhook_url(&config.sales_units[0]);
    let secret = client.register_webhook(&url, &EventName::ALL).await.unwrap().secret;
    let mut vipps = Vipps::new(emulator, client, secret.clone());

    let proxy = Process::start(&files, &address, secret.expose_secret());
    let asked = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let order: Checkout = asked.json().await.unwrap();
    assert_eq!(order.state, State::Created);
    let mut log = proxy.kill();

    vipps.approves(&order.reference).await;

    let proxy = Process::start(&files, &address, secret.expose_secret());
    let path = format!("{}/v1/checkouts/{}", proxy.url, order.token);
    let confirmed = eventually("the confirmation", || async {
        let checkout: Checkout = http().get(&path).send().await.ok()?.json().await.ok()?;
        checkout.sharing.phone_number_ending.is_some().then_some(checkout)
    })
    .await;
    assert_eq!(confirmed.state, State::Authorized);
    assert_eq!(confirmed.reference, order.reference);
    assert_eq!(vipps.books().await.len(), 1, "one order, one payment");
    log.push_str(&proxy.kill());

    let keys = Credentials::of("123456").unwrap();
    assert!(log.contains("checkout opened") && log.contains("checkout moved"), "{log}");
    for hidden in
        [PHONE_NUMBER, &order.token, secret.expose_secret(), &keys.client_secret, &keys.subscription_key, "Bearer "]
    {
        assert!(!log.contains(hidden), "the log has something that it must not have");
    }
    vipps.close().await;
}
