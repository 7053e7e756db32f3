//! The shop's backend: it records every delivery, and answers as a scenario wants.

use kvitt::checkout::audit::{Action, Entry};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Files, Shop, eventually, log, vault};

/// Options for quick deliveries to this machine.
pub(crate) const LOCAL_RELAY: &str = "relay.allowed_networks = [\"127.0.0.0/8\"]\nrelay.timeout_ms = 8000\n\
                                      relay.retries_ms = [20, 20, 20, 20, 20, 20, 20, 20, 20]";

/// A backend, stopped when dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    memory: Arc<Mutex<Memory>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Memory {
    received: Vec<Received>,
    answers: VecDeque<Answer>,
}

/// One delivery.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// An answer to a delivery.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// 503 with a `Retry-After` in seconds.
    RetryAfter(u64),
    /// 302 to this URL.
    Redirect(String),
    /// No answer.
    None,
}

impl Receiver {
    /// Gives these answers, and 204 after them.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let memory = Memory { received: Vec::new(), answers: answers.into_iter().collect() };
        let memory = Arc::new(Mutex::new(memory));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let app = Router::new().fallback(receive).with_state(memory.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, memory, server }
    }

    /// All deliveries so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.memory.lock().unwrap().received.clone()
    }

    /// Waits for so many deliveries.
    pub(crate) async fn receives(&self, count: usize) -> Vec<Received> {
        let what = format!("{count} deliveries");
        eventually(&what, || async { Some(self.received()).filter(|received| received.len() >= count) }).await
    }

    /// Waits for an event of this type.
    pub(crate) async fn receives_event(&self, kind: &str) -> Received {
        eventually(kind, || async { self.received().into_iter().find(|received| received.kind() == kind) }).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(memory): State<Arc<Mutex<Memory>>>, headers: HeaderMap, body: String) -> Response {
    let answer = {
        let mut memory = memory.lock().unwrap();
        memory.received.push(Received { headers, body });
        memory.answers.pop_front().unwrap_or(Answer::Status(204))
    };
    match answer {
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::RetryAfter(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds.to_string())]).into_response()
        }
        Answer::Redirect(url) => (StatusCode::FOUND, [("location", url)]).into_response(),
        Answer::None => std::future::pending().await,
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name}: {:?}", self.headers)).to_str().unwrap()
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether one of the signatures is of this secret. It is computed here, independently of the proxy's code.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// An added endpoint.
pub(crate) struct AddedEndpoint {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Shop {
    /// Waits until the proxy answers. A command needs the database that it creates.
    pub(crate) async fn is_open(&self) {
        self.get("/healthz").send().await.unwrap();
    }

    /// The operator adds the backend as an endpoint.
    pub(crate) async fn adds_endpoint(&self, receiver: &Receiver) -> AddedEndpoint {
        self.adds_endpoint_with(receiver, &[]).await
    }

    /// The same with more arguments of the command.
    pub(crate) async fn adds_endpoint_with(&self, receiver: &Receiver, arguments: &[&str]) -> AddedEndpoint {
        self.is_open().await;
        let added = self.runs(&[&["endpoints", "add", &receiver.url], arguments].concat()).await.succeeded();
        let mut lines = added.out.lines().map(str::to_owned);
        let added = AddedEndpoint { id: lines.next().unwrap(), secret: lines.next().unwrap() };
        log::hide(&added.secret);
        added
    }
}

impl Files {
    /// The same without a running proxy.
    pub(crate) async fn add_endpoint(&self, receiver: &Receiver) {
        let store = kvitt::store::Store::open(&self.database, &vault()).await.unwrap();
        let endpoint = kvitt::store::endpoints::NewEndpoint::new(receiver.url.clone(), None);
        let entry = Entry::new(Action::AddEndpoint, &super::operator(), kvitt::base::clock::now());
        store.add_endpoint(&endpoint, &kvitt::shop::relay::new_secret(), &entry).await.unwrap();
        store.close().await;
    }
}
