//! A server on loopback that answers as it is told and remembers what it was asked. It gives out `token-1`, `token-2` and so on, unless the test has other
//! plans for the token endpoint.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Response},
};
use kvitt_vipps::{Client, Config, Credentials, System};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) const TOKEN_PATH: &str = "/accesstoken/get";

/// One request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What is answered.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    hangs: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), hangs: false }
    }

    /// 200 with a body.
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::new(200, body)
    }

    /// No answer ever.
    pub(crate) fn never() -> Self {
        Self { hangs: true, ..Self::new(200, "") }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

struct Inner {
    script: Box<Script>,
    own_tokens: bool,
    seen: Mutex<Vec<Seen>>,
}

/// The server; it ends with the test.
pub(crate) struct Stub {
    pub(crate) url: String,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    /// Answers everything but the token endpoint with `script`.
    pub(crate) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(script, true).await
    }

    /// Answers everything with `script`.
    pub(crate) async fn without_tokens(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(script, false).await
    }

    async fn listen(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static, own_tokens: bool) -> Self {
        let inner = Arc::new(Inner { script: Box::new(script), own_tokens, seen: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(inner.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner, task }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(config(&self.url)).unwrap()
    }

    /// Everything that was asked, tokens apart.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.seen(|seen| seen.path != TOKEN_PATH)
    }

    /// The one thing that was asked.
    pub(crate) fn call(&self) -> Seen {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    /// Every request for a token.
    pub(crate) fn token_calls(&self) -> Vec<Seen> {
        self.seen(|seen| seen.path == TOKEN_PATH)
    }

    fn seen(&self, wanted: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().iter().filter(|seen| wanted(seen)).cloned().collect()
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: axum::body::to_bytes(body, usize::MAX).await.unwrap().into(),
    };
    let nth_token = {
        let mut all = inner.seen.lock().unwrap();
        all.push(seen.clone());
        all.iter().filter(|seen| seen.path == TOKEN_PATH).count()
    };
    let reply = if inner.own_tokens && seen.path == TOKEN_PATH { token(nth_token) } else { (inner.script)(&seen) };
    if reply.hangs {
        return pending().await;
    }
    let response = Response::builder().status(reply.status);
    let response = reply.headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
    response.body(reply.body.into()).unwrap()
}

/// The token endpoint's yes: numbers are strings there.
pub(crate) fn token(nth: usize) -> Reply {
    Reply::ok(format!(r#"{{"token_type":"Bearer","expires_in":"3600","access_token":"token-{nth}"}}"#))
}

pub(crate) fn config(base_url: &str) -> Config {
    Config {
        base_url: base_url.to_owned(),
        credentials: Credentials {
            client_id: "the-client-id".into(),
            client_secret: "the-client-secret".into(),
            subscription_key: "the-subscription-key".into(),
            merchant_serial_number: "123456".to_owned(),
        },
        system: System {
            name: "A shop system with a name that is too long".to_owned(),
            version: "1.2.3".to_owned(),
            plugin_name: "kvitt".to_owned(),
            plugin_version: "0.1.0".to_owned(),
        },
        timeout: Duration::from_secs(10),
    }
}
