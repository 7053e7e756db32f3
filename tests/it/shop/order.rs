//! An order, as its customer and its page see it.

use futures_util::StreamExt;
use kvitt_wire::{Checkout, NewAttempt, State};
use reqwest::{Response, StatusCode};

use super::{Shop, TIMEOUT, brief, http};

/// A checkout whose token the page has.
pub(crate) struct Order<'a> {
    shop: &'a Shop,
    /// The page's latest snapshot.
    pub(crate) seen: Checkout,
}

impl<'a> Order<'a> {
    pub(super) fn new(shop: &'a Shop, seen: Checkout) -> Self {
        Self { shop, seen }
    }

    /// Reads the order of a token.
    pub(crate) async fn of(shop: &'a Shop, token: &str) -> Self {
        let seen = shop.get(&format!("/v1/checkouts/{token}")).send().await.unwrap();
        Self::new(shop, seen.json().await.unwrap())
    }

    pub(crate) fn reference(&self) -> &str {
        &self.seen.reference
    }

    pub(crate) fn path(&self) -> String {
        format!("/v1/checkouts/{}", self.seen.token)
    }

    /// Reads the checkout.
    pub(crate) async fn reads(&mut self) -> &Checkout {
        self.seen = self.shop.get(&self.path()).send().await.unwrap().json().await.unwrap();
        &self.seen
    }

    /// Follows the stream until the state is this one.
    pub(crate) async fn becomes(&mut self, state: State) -> &Checkout {
        self.follows(|checkout| checkout.state == state, &format!("{state:?}")).await
    }

    /// Follows the stream until the snapshot is as wanted.
    pub(crate) async fn follows(&mut self, wanted: impl Fn(&Checkout) -> bool, what: &str) -> &Checkout {
        let mut stream = Stream::open(self.shop, &self.path(), None).await;
        let found = tokio::time::timeout(TIMEOUT, async {
            loop {
                let checkout = stream.next().await.expect("the stream continues");
                if wanted(&checkout) {
                    return checkout;
                }
                self.seen = checkout;
            }
        });
        let found = found.await;
        self.seen = found.unwrap_or_else(|_| panic!("not {what}, but {}", brief(&self.seen)));
        &self.seen
    }

    /// The customer cancels.
    pub(crate) async fn cancels(&mut self) -> &Checkout {
        let url = format!("{}{}", self.shop.url, self.path());
        self.seen = self.shop.http.delete(url).send().await.unwrap().json().await.unwrap();
        &self.seen
    }

    /// The customer requests another attempt.
    pub(crate) async fn retries(&self, attempt: &NewAttempt) -> Response {
        self.shop.post(&format!("{}/attempts", self.path())).json(attempt).send().await.unwrap()
    }

    /// The customer tries again without sharing the number, and the new payment is created.
    pub(crate) async fn retried(&mut self) -> &Checkout {
        let response = self.retries(&NewAttempt { terms_accepted: false, consent: None }).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        self.seen = response.json().await.unwrap();
        &self.seen
    }
}

/// The stream of a checkout, event by event.
pub(crate) struct Stream {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
    /// The id of the last event.
    pub(crate) last_id: Option<String>,
    /// The stream's `retry:`, in milliseconds.
    pub(crate) retry_ms: Option<u64>,
    /// Whether it said that it ends for good.
    pub(crate) ended: bool,
}

impl Stream {
    pub(crate) async fn open(shop: &Shop, path: &str, last_id: Option<&str>) -> Self {
        Self::open_at(&shop.url, path, last_id).await
    }

    /// Opens the stream at another proxy.
    pub(crate) async fn open_at(proxy: &str, path: &str, last_id: Option<&str>) -> Self {
        let mut request = http().get(format!("{proxy}{path}/events"));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache, no-transform");
        let body = Box::pin(response.bytes_stream().map(|bytes| bytes.map(|bytes| bytes.to_vec())));
        Self { body, text: String::new(), last_id: None, retry_ms: None, ended: false }
    }

    /// The next snapshot, or none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Checkout> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                self.retry_ms = field("retry:").map(|ms| ms.parse().unwrap()).or(self.retry_ms);
                self.ended |= field("event:") == Some("end");
                let snapshot = (field("event:") == Some("checkout")).then(|| {
                    self.last_id = field("id:").map(str::to_owned);
                    serde_json::from_str(field("data:").unwrap()).unwrap()
                });
                self.text = rest.to_owned();
                if snapshot.is_some() {
                    return snapshot;
                }
            }
            let bytes = self.body.next().await?.ok()?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// Reads so many heartbeats, with no event among them.
    pub(crate) async fn rests(&mut self, heartbeats: usize) {
        while self.text.lines().filter(|line| *line == ":").count() < heartbeats {
            let bytes = tokio::time::timeout(TIMEOUT, self.body.next()).await.expect("a heartbeat comes");
            self.text.push_str(std::str::from_utf8(&bytes.expect("the stream continues").unwrap()).unwrap());
        }
        assert!(!self.text.contains("data:"), "{}", self.text);
        self.text.clear();
    }
}
