//! The request that tells an endpoint, and what its answer means. Redirects are not followed, no proxy is asked, and of the answer's body
//! no more is read than lets the connection be used again; nothing of it is kept.

use std::error::Error;
use std::iter;
use std::time::{Duration, Instant};

use rand::Rng;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode, redirect};

use super::guard::Guard;
use super::signing::signatures;
use crate::checkout::Moment;
use crate::store::deliveries::Delivery;

/// Bytes of an answer's body that are read at most.
const BODY: usize = 16 * 1024;
/// The longest that a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    /// Why it failed; none for a success. Never with an address or a body in it.
    pub(super) error: Option<String>,
    /// How long the endpoint asks to be left alone.
    pub(super) retry_after: Option<Duration>,
    pub(super) latency: Duration,
}

impl Answer {
    /// Whether the endpoint wants no more of them.
    pub(super) fn is_gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }
}

/// Who sends. Clones share the connections.
#[derive(Clone, Debug)]
pub(super) struct Post {
    guard: Guard,
    /// For https.
    encrypted: Client,
    /// For http, within the allowed networks.
    plain: Client,
    timeout: Duration,
}

impl Post {
    pub(super) fn new(guard: Guard, timeout: Duration) -> Result<Self, reqwest::Error> {
        // Losing the race against another installer is as good as winning it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = |encrypted| {
            Client::builder()
                .dns_resolver(guard.resolver(encrypted))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .connect_timeout(timeout.min(CONNECT))
                .timeout(timeout)
        };
        let encrypted = builder(true).build().or_else(|error| {
            tracing::warn!(%error, "no certificates here: endpoints cannot be told over https");
            builder(true).tls_certs_only(iter::empty()).build()
        })?;
        let plain = builder(false).tls_certs_only(iter::empty()).build()?;
        Ok(Self { guard, encrypted, plain, timeout })
    }

    /// Tells an endpoint.
    pub(super) async fn send(&self, delivery: &Delivery, now: Moment) -> Answer {
        let begun = Instant::now();
        let asked = self.ask(delivery, now).await;
        let (status, error, retry_after) = match asked {
            Ok(response) => {
                let status = response.status();
                let retry_after = retry_after(&response, now);
                drain(response).await;
                let error = (!status.is_success()).then(|| format!("it answered {status}"));
                (Some(status.as_u16()), error, retry_after)
            }
            Err(error) => (None, Some(error), None),
        };
        Answer { status, error, retry_after, latency: begun.elapsed() }
    }

    async fn ask(&self, delivery: &Delivery, now: Moment) -> Result<Response, String> {
        let url = self.guard.check(&delivery.url).map_err(|refused| refused.to_string())?;
        let secrets = delivery.secrets.as_ref().map_err(|unopened| format!("its secret: {unopened}"))?;
        let (id, timestamp_s) = (&delivery.claim.id, now.0 / 1000);
        let signature = signatures(secrets, id, timestamp_s, &delivery.payload).ok_or("its secret is none")?;
        let client = if url.scheme() == "https" { &self.encrypted } else { &self.plain };
        let mut request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("kvitt/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signature)
            .body(delivery.payload.clone());
        if let Some(trace_id) = super::trace_id(&delivery.payload) {
            // A span of our own within the order's trace; zeros would be none.
            let span: u64 = rand::rng().random_range(1..=u64::MAX);
            request = request.header("traceparent", format!("00-{trace_id}-{span:016x}-01"));
        }
        request.send().await.map_err(|error| self.reason(&error))
    }

    /// Why there was no answer: the innermost cause, which names no address.
    fn reason(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {} ms", self.timeout.as_millis());
        }
        let mut last = "no connection".to_owned();
        let mut next = error.source();
        while let Some(cause) = next {
            last = cause.to_string();
            next = cause.source();
        }
        last
    }
}

/// Reads what is little; the connection of a longer body is closed.
async fn drain(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > BODY {
            return;
        }
    }
}

/// Seconds, or a date.
fn retry_after(response: &Response, now: Moment) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Duration::from_millis(u64::try_from(date.timestamp().as_millisecond() - now.0).unwrap_or(0)))
}
