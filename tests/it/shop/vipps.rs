//! Vipps MobilePay in the scenarios: the customer's app, faults, and its records, which decide.

use kvitt_emulator::Emulator;
use kvitt_vipps::webhook::{PublicUrl, http_date, sign};
use kvitt_vipps::{Client, SecretString};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use secrecy::ExposeSecret;

use super::{Shop, eventually, http, log};

/// The emulator, and a client with the shop's credentials.
pub(crate) struct Vipps {
    emulator: Option<Emulator>,
    pub(crate) url: String,
    pub(crate) client: Client,
    pub(crate) secret: SecretString,
    http: reqwest::Client,
}

impl Vipps {
    pub(crate) fn new(emulator: Emulator, client: Client, secret: SecretString) -> Self {
        log::hide(secret.expose_secret());
        let url = emulator.url().to_owned();
        Self { emulator: Some(emulator), url, client, secret, http: http() }
    }

    pub(crate) async fn close(&mut self) {
        if let Some(emulator) = self.emulator.take() {
            emulator.shutdown();
            emulator.stopped().await;
        }
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let response = self.http.post(format!("{}/_emulator/{path}", self.url)).json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn read(&self, path: &str) -> Value {
        self.http.get(format!("{}/_emulator/{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// The customer does something in the app: `approve`, `reject`, `refuse-consent`, `expire`.
    pub(crate) async fn customer(&self, does: &str, reference: &str) {
        self.control(&format!("payments/{reference}/{does}"), json!({})).await;
    }

    /// The customer consents to what is requested, and pays.
    pub(crate) async fn approves(&self, reference: &str) {
        self.customer("approve", reference).await;
    }

    /// The same from a phone with this number.
    pub(crate) async fn approves_as(&self, reference: &str, number: &str) {
        self.control(&format!("payments/{reference}/approve"), json!({ "phone_number": number })).await;
    }

    /// Time passes at Vipps MobilePay.
    pub(crate) async fn clock_moves(&self, ms: i64) {
        self.control("clock", json!({ "advance_ms": ms })).await;
    }

    /// Approves the Norwegian sales unit for push messages, and for long-living payments where wanted.
    pub(crate) async fn approves_push_messages(&self, long_living: bool) {
        self.control("sales-units/123456", json!({ "push_message": true, "long_living": long_living })).await;
    }

    /// Deletes every payment.
    pub(crate) async fn deletes_payments(&self) {
        self.control("reset", json!({ "keep_webhooks": true })).await;
    }

    /// Injects a fault into the next `times` calls whose path contains this.
    pub(crate) async fn fails(&self, method: &str, path: &str, times: u32, action: Value) {
        let fault = json!({ "match": { "method": method, "path_contains": path }, "times": times, "action": action });
        self.control("faults", fault).await;
    }

    /// Removes every fault.
    pub(crate) async fn nothing_fails(&self) {
        self.http.delete(format!("{}/_emulator/faults", self.url)).send().await.unwrap();
    }

    /// The next `times` webhooks of an event are lost, doubled, or mis-signed.
    pub(crate) async fn webhook_is(&self, fault: &str, event: &str, times: u32) {
        let fault = json!({ "match": { "event": event }, "times": times, "action": { "webhook": fault } });
        self.control("faults", fault).await;
    }

    /// The nth call from now on is received and not processed. Those before it succeed.
    pub(crate) async fn nth_call_hangs(&self, nth: u32) {
        for (times, delay_ms) in [(nth - 1, 1), (1, 600_000)] {
            if times > 0 {
                self.control("faults", json!({ "times": times, "action": { "delay_ms": delay_ms } })).await;
            }
        }
    }

    /// The number of faults that are still to come.
    pub(crate) async fn faults_left(&self) -> usize {
        self.read("faults").await.as_array().map_or(0, Vec::len)
    }

    /// The record of a payment.
    pub(crate) async fn record(&self, reference: &str) -> Value {
        self.read(&format!("payments/{reference}")).await
    }

    /// The records of all payments.
    pub(crate) async fn records(&self) -> Vec<Value> {
        self.read("payments").await.as_array().cloned().unwrap_or_default()
    }

    /// The received calls with this method and this part in the path.
    pub(crate) async fn calls(&self, method: &str, path: &str) -> Vec<Value> {
        let calls = self.read("requests").await.as_array().cloned().unwrap_or_default();
        let fits = |call: &Value| {
            call["method"] == method && call["path"].as_str().is_some_and(|received| received.contains(path))
        };
        calls.into_iter().filter(fits).collect()
    }

    /// The number of webhooks that are not delivered yet.
    pub(crate) async fn undelivered(&self) -> usize {
        self.read("deliveries").await["pending"].as_array().map_or(0, Vec::len)
    }

    /// The number of webhooks that were answered with this status.
    pub(crate) async fn webhooks_answered(&self, status: u16) -> usize {
        let attempts = self.read("deliveries").await["attempts"].as_array().cloned().unwrap_or_default();
        attempts.iter().filter(|attempt| attempt["status"] == status).count()
    }

    /// Waits until every webhook has been answered.
    pub(crate) async fn has_delivered(&self) {
        eventually("webhooks", || async { (self.undelivered().await == 0).then_some(()) }).await;
    }

    /// A webhook to the shop's proxy, signed with that secret at that moment.
    pub(crate) fn webhook(
        &self,
        shop: &Shop,
        secret: &SecretString,
        at: jiff::Timestamp,
        body: &str,
    ) -> RequestBuilder {
        let url = format!("{}/callbacks/vipps/no", shop.url);
        let date = http_date(at);
        let signed = sign(secret, &url.parse::<PublicUrl>().unwrap(), &date, body.as_bytes());
        shop.http
            .post(url)
            .header("x-ms-date", date)
            .header("x-ms-content-sha256", signed.content_sha256)
            .header("authorization", signed.authorization)
            .header("content-type", "application/json")
            .body(body.to_owned())
    }

    /// Sends a correctly signed webhook. Returns the status of the answer.
    pub(crate) async fn sends_webhook(&self, shop: &Shop, body: &str) -> StatusCode {
        self.webhook(shop, &self.secret, jiff::Timestamp::now(), body).send().await.unwrap().status()
    }
}
