//! A stub server on loopback: it answers by a script and records the requests. Its token endpoint issues `token-1`, `token-2` and so on, unless
//! the script answers that too.

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

/// One recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One answer.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    never: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), never: false }
    }

    /// 200 with a body.
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::new(200, body)
    }

    /// Never answers.
    pub(crate) fn never() -> Self {
        Self { never: true, ..Self::new(200, "") }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Script = dyn Fn(&Recorded) -> Reply + Send + Sync;

struct Inner {
    script: Box<Script>,
    issues_tokens: bool,
    requests: Mutex<Vec<Recorded>>,
}

/// The server; it stops when it is dropped.
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
    pub(crate) async fn start(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(script, true).await
    }

    /// Answers everything with `script`.
    pub(crate) async fn without_tokens(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(script, false).await
    }

    async fn listen(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static, issues_tokens: bool) -> Self {
        let inner = Arc::new(Inner { script: Box::new(script), issues_tokens, requests: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(inner.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner, task }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(config(&self.url)).unwrap()
    }

    /// All requests except those for tokens.
    pub(crate) fn calls(&self) -> Vec<Recorded> {
        self.matching(|request| request.path != TOKEN_PATH)
    }

    /// The only request, except those for tokens.
    pub(crate) fn call(&self) -> Recorded {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    /// All requests for tokens.
    pub(crate) fn token_calls(&self) -> Vec<Recorded> {
        self.matching(|request| request.path == TOKEN_PATH)
    }

    fn matching(&self, wanted: impl Fn(&Recorded) -> bool) -> Vec<Recorded> {
        self.inner.requests.lock().unwrap().iter().filter(|request| wanted(request)).cloned().collect()
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let recorded = Recorded {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: axum::body::to_bytes(body, usize::MAX).await.unwrap().into(),
    };
    let nth_token = {
        let mut all = inner.requests.lock().unwrap();
        all.push(recorded.clone());
        all.iter().filter(|request| request.path == TOKEN_PATH).count()
    };
    let reply =
        if inner.issues_tokens && recorded.path == TOKEN_PATH { token(nth_token) } else { (inner.script)(&recorded) };
    if reply.never {
        return pending().await;
    }
    let response = Response::builder().status(reply.status);
    let response = reply.headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
    response.body(reply.body.into()).unwrap()
}

/// A successful answer of the token endpoint, where numbers are strings.
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
