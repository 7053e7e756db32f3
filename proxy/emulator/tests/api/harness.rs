//! The test harness: an emulator, a merchant's keys, and a receiver for webhooks.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use kvitt_emulator::{Credentials, Emulator, Options};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(crate) const NORWAY: &str = "123456";

pub(crate) struct Harness {
    pub(crate) emulator: Emulator,
    pub(crate) http: reqwest::Client,
    pub(crate) keys: Credentials,
    pub(crate) token: String,
}

/// A status and the JSON that came with it; null for none.
pub(crate) type Reply = (u16, Value);

impl Harness {
    pub(crate) async fn new() -> Harness {
        Harness::with(NORWAY, Options { profile_delay_ms: 0, ..Options::default() }).await
    }

    pub(crate) async fn with(msn: &str, options: Options) -> Harness {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = Emulator::start(listener, options).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut harness = Harness { emulator, http, keys: Credentials::of(msn).unwrap(), token: String::new() };
        harness.renew_token().await;
        harness
    }

    pub(crate) async fn renew_token(&mut self) {
        let (status, body) = self.send(self.token_request()).await;
        assert_eq!(status, 200, "{body}");
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) fn token_request(&self) -> RequestBuilder {
        self.http
            .post(format!("{}/accesstoken/get", self.emulator.url()))
            .header("client_id", &self.keys.client_id)
            .header("client_secret", &self.keys.client_secret)
            .header("Ocp-Apim-Subscription-Key", &self.keys.subscription_key)
            .header("Merchant-Serial-Number", &self.keys.merchant_serial_number)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// A call with every header that a merchant sends, without an idempotency key.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.emulator.url()))
            .bearer_auth(&self.token)
            .header("Ocp-Apim-Subscription-Key", &self.keys.subscription_key)
            .header("Merchant-Serial-Number", &self.keys.merchant_serial_number)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.call(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send(self.call(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    pub(crate) async fn create(&self, reference: &str, amount: i64) -> Reply {
        let key = format!("create-{reference}");
        self.post("/epayment/v1/payments", &key, &create_request(reference, amount)).await
    }

    pub(crate) async fn capture(&self, reference: &str, key: &str, amount: i64) -> Reply {
        self.modify(reference, "capture", key, amount).await
    }

    pub(crate) async fn refund(&self, reference: &str, key: &str, amount: i64) -> Reply {
        self.modify(reference, "refund", key, amount).await
    }

    async fn modify(&self, reference: &str, what: &str, key: &str, amount: i64) -> Reply {
        let body = json!({ "modificationAmount": { "currency": "NOK", "value": amount } });
        self.post(&format!("/epayment/v1/payments/{reference}/{what}"), key, &body).await
    }

    pub(crate) async fn cancel(&self, reference: &str, body: &Value) -> Reply {
        let path = format!("/epayment/v1/payments/{reference}/cancel");
        self.send(self.call(Method::POST, &path).json(body)).await
    }

    pub(crate) async fn payment(&self, reference: &str) -> Value {
        let (status, body) = self.get(&format!("/epayment/v1/payments/{reference}")).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// A call of the control API.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self.http.request(method, format!("{}/_emulator/{path}", self.emulator.url()));
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub(crate) async fn act(&self, reference: &str, action: &str) -> Reply {
        self.control(Method::POST, &format!("payments/{reference}/{action}"), Value::Null).await
    }

    pub(crate) async fn advance(&self, time: Duration) {
        let body = json!({ "advance_ms": time.as_millis() as u64 });
        assert_eq!(self.control(Method::POST, "clock", body).await.0, 200);
    }

    pub(crate) async fn fault(&self, fault: Value) {
        assert_eq!(self.control(Method::POST, "faults", fault).await.0, 201);
    }

    pub(crate) async fn register(&self, url: &str, events: &[&str]) -> Reply {
        let events: Vec<String> = events.iter().map(|event| format!("epayments.payment.{event}.v1")).collect();
        let request = self.call(Method::POST, "/webhooks/v1/webhooks");
        self.send(request.json(&json!({ "url": url, "events": events }))).await
    }
}

pub(crate) fn create_request(reference: &str, amount: i64) -> Value {
    json!({
        "amount": { "currency": "NOK", "value": amount },
        "paymentMethod": { "type": "WALLET" },
        "reference": reference,
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "http://127.0.0.1:8080/return",
        "paymentDescription": "Order in the shop",
        "profile": { "scope": "phoneNumber" },
    })
}

/// The numeric code of a refusal.
pub(crate) fn code(reply: &Reply) -> &str {
    assert_eq!(reply.1["extraDetails"][0]["name"], "ErrorCode", "{reply:?}");
    reply.1["extraDetails"][0]["reason"].as_str().unwrap()
}

/// A received webhook.
pub(crate) struct Arrival {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Arrival {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn name(&self) -> String {
        self.json()["name"].as_str().unwrap().to_owned()
    }
}

/// A merchant's endpoint: it answers with the given statuses in turn, then with 200.
pub(crate) struct Receiver {
    pub(crate) url: String,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
}

impl Receiver {
    pub(crate) async fn answering(statuses: &[u16]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?shop=1", listener.local_addr().unwrap());
        let (sender, arrivals) = mpsc::unbounded_channel();
        let mut statuses: Vec<u16> = statuses.iter().rev().copied().collect();
        let answer = {
            let (turn, mut turns) = mpsc::unbounded_channel::<tokio::sync::oneshot::Sender<u16>>();
            tokio::spawn(async move {
                while let Some(turn) = turns.recv().await {
                    let _ = turn.send(statuses.pop().unwrap_or(200));
                }
            });
            move |headers: HeaderMap, body: Bytes| async move {
                let (mine, status) = tokio::sync::oneshot::channel();
                turn.send(mine).unwrap();
                let status = status.await.unwrap();
                let _ = sender.send(Arrival { headers, body });
                StatusCode::from_u16(status).unwrap()
            }
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { url, arrivals }
    }

    pub(crate) async fn next(&mut self) -> Arrival {
        tokio::time::timeout(Duration::from_secs(5), self.arrivals.recv()).await.expect("a webhook arrives").unwrap()
    }

    /// Whether no webhook has arrived.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.arrivals.try_recv().is_err()
    }
}
