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

/// An emulator, and the files of a proxy that can be started anew at the same address: the webhook is registered with it.
struct Stage {
    vipps: Vipps,
    files: Files,
    address: String,
}

impl Stage {
    async fn set() -> Self {
        let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), quick()).unwrap();
        // A free address, given back for the proxy to take.
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        let files = Files::new(&format!("http://{address}"), emulator.url(), "polling.first_ms = 200");
        let config = kvitt::config::Config::load(Some(&files.config), []).unwrap();
        let client = kvitt::app::client(&config, &config.sales_units[0]).unwrap();
        let url = config.webhook_url(&config.sales_units[0]);
        let secret = client.register_webhook(&url, &EventName::ALL).await.unwrap().secret;
        Self { vipps: Vipps::new(emulator, client, secret), files, address }
    }

    fn start(&self) -> Process {
        Process::start(&self.files, &self.address, self.vipps.secret.expose_secret())
    }
}

#[tokio::test]
async fn killed_between_creation_and_webhook_it_confirms_the_order_after_the_start() {
    let mut stage = Stage::set().await;
    let proxy = stage.start();
    let asked = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let order: Checkout = asked.json().await.unwrap();
    assert_eq!(order.state, State::Created);
    let mut log = proxy.kill();

    stage.vipps.approves(&order.reference).await;

    let proxy = stage.start();
    let path = format!("{}/v1/checkouts/{}", proxy.url, order.token);
    let confirmed = eventually("the confirmation", || async {
        let checkout: Checkout = http().get(&path).send().await.ok()?.json().await.ok()?;
        checkout.sharing.phone_number_ending.is_some().then_some(checkout)
    })
    .await;
    assert_eq!(confirmed.state, State::Authorized);
    assert_eq!(confirmed.reference, order.reference);
    assert_eq!(stage.vipps.books().await.len(), 1, "one order, one payment");
    log.push_str(&proxy.kill());

    let keys = Credentials::of("123456").unwrap();
    assert!(log.contains("checkout opened") && log.contains("checkout moved"), "{log}");
    let secrets = [&keys.client_secret, &keys.subscription_key, stage.vipps.secret.expose_secret()];
    for hidden in [PHONE_NUMBER, &order.token, "Bearer "].into_iter().chain(secrets) {
        assert!(!log.contains(hidden), "the log has something that it must not have");
    }
    stage.vipps.close().await;
}

#[tokio::test]
async fn killed_while_the_payment_is_being_created_it_creates_that_one_and_no_other() {
    let mut stage = Stage::set().await;
    let created = "/epayment/v1/payments";
    stage.vipps.fails("POST", created, 1, serde_json::json!({ "delay_ms": 60_000 })).await;
    let proxy = stage.start();
    let url = format!("{}/v1/checkouts", proxy.url);
    let asking = tokio::spawn(async move { http().post(url).json(&two_mugs_and_a_tea()).send().await });
    eventually("the request is on its way", || async { (stage.vipps.faults_left().await == 0).then_some(()) }).await;
    proxy.kill();
    assert!(asking.await.unwrap().is_err(), "the customer got no answer");
    assert_eq!(stage.vipps.books().await.len(), 0);

    let proxy = stage.start();
    eventually("the payment", || async { (stage.vipps.books().await.len() == 1).then_some(()) }).await;
    let metrics = format!("{}/metrics", proxy.url);
    eventually("the order knows", || async {
        let text = http().get(&metrics).send().await.ok()?.text().await.ok()?;
        text.contains("kvitt_checkouts{state=\"created\"} 1\n").then_some(())
    })
    .await;
    drop(proxy);
    stage.vipps.close().await;
}
