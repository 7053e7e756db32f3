//! The shop's own backend: it listens, remembers what it was told, and answers as a scenario wants.

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

/// What the proxy needs to tell someone on this machine, quickly.
pub(crate) const AT_HOME: &str = "relay.allowed_networks = [\"127.0.0.0/8\"]\nrelay.timeout_ms = 8000\n\
                                  relay.retries_ms = [20, 20, 20, 20, 20, 20, 20, 20, 20]";

/// A backend; gone when dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    memory: Arc<Mutex<Memory>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Memory {
    heard: Vec<Heard>,
    answers: VecDeque<Says>,
}

/// What it was told once.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    Status(u16),
    /// 503, and so many seconds to be left alone for.
    Later(u64),
    /// 302, to there.
    Elsewhere(String),
    /// Nothing, for as long as anybody listens.
    Nothing,
}

impl Receiver {
    /// Gives these answers, and 204 after them.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Says>) -> Self {
        let memory = Memory { heard: Vec::new(), answers: answers.into_iter().collect() };
        let memory = Arc::new(Mutex::new(memory));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let app = Router::new().fallback(hear).with_state(memory.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, memory, server }
    }

    /// All that it was told until now.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.memory.lock().unwrap().heard.clone()
    }

    /// Waits until it was told so often.
    pub(crate) async fn hears(&self, count: usize) -> Vec<Heard> {
        let what = format!("the shop hears {count}");
        eventually(&what, || async { Some(self.heard()).filter(|heard| heard.len() >= count) }).await
    }

    /// Waits until it was told that, and gives it back.
    pub(crate) async fn hears_of(&self, kind: &str) -> Heard {
        eventually(kind, || async { self.heard().into_iter().find(|heard| heard.kind() == kind) }).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hear(State(memory): State<Arc<Mutex<Memory>>>, headers: HeaderMap, body: String) -> Response {
    let answer = {
        let mut memory = memory.lock().unwrap();
        memory.heard.push(Heard { headers, body });
        memory.answers.pop_front().unwrap_or(Says::Status(204))
    };
    match answer {
        Says::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Says::Later(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds.to_string())]).into_response()
        }
        Says::Elsewhere(url) => (StatusCode::FOUND, [("location", url)]).into_response(),
        Says::Nothing => std::future::pending().await,
    }
}

impl Heard {
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

    /// Whether one of the signatures is of that secret; reckoned here, and not by what made them.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// An endpoint that has been added.
pub(crate) struct Added {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Shop {
    /// A command needs a database that the proxy has made.
    pub(crate) async fn is_open(&self) {
        self.get("/healthz").send().await.unwrap();
    }

    /// The operator has that backend told.
    pub(crate) async fn tells(&self, receiver: &Receiver) -> Added {
        self.tells_some(receiver, &[]).await
    }

    /// With some arguments of the command.
    pub(crate) async fn tells_some(&self, receiver: &Receiver, arguments: &[&str]) -> Added {
        self.is_open().await;
        let added = self.runs(&[&["endpoints", "add", &receiver.url], arguments].concat()).await.ended_well();
        let mut lines = added.out.lines().map(str::to_owned);
        let added = Added { id: lines.next().unwrap(), secret: lines.next().unwrap() };
        log::hide(&added.secret);
        added
    }
}

impl Files {
    /// The same where no proxy runs yet that a command could run beside.
    pub(crate) async fn tell(&self, receiver: &Receiver) {
        let store = kvitt::store::Store::open(&self.database, &vault()).await.unwrap();
        let endpoint = kvitt::store::endpoints::NewEndpoint::new(receiver.url.clone(), None);
        store.add_endpoint(&endpoint, &kvitt::shop::relay::new_secret(), kvitt::base::clock::now()).await.unwrap();
        store.close().await;
    }
}
