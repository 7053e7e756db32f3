//! Posts an event to an endpoint and interprets the response. Redirects are not followed and no HTTP proxy is used. Of
//! the response body only as much is read as keeps the connection reusable; nothing of it is stored.

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

/// The most bytes that are read of a response body.
const MAX_BODY: usize = 16 * 1024;
/// The time limit for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    /// Why it failed; `None` for a success. Contains no address and no body.
    pub(super) error: Option<String>,
    /// The `Retry-After` of the response.
    pub(super) retry_after: Option<Duration>,
    pub(super) latency: Duration,
}

impl Answer {
    /// Whether the endpoint answered 410 Gone: it wants no more events.
    pub(super) fn is_gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }
}

/// The sender. Clones share the connections.
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
        // It fails when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = |encrypted| {
            Client::builder()
                .dns_resolver(guard.resolver(encrypted))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .connect_timeout(timeout.min(CONNECT_TIMEOUT))
                .timeout(timeout)
        };
        let encrypted = builder(true).build().or_else(|error| {
            tracing::warn!(%error, "no CA certificates found: deliveries over https will fail");
            builder(true).tls_certs_only(iter::empty()).build()
        })?;
        let plain = builder(false).tls_certs_only(iter::empty()).build()?;
        Ok(Self { guard, encrypted, plain, timeout })
    }

    /// Posts a delivery.
    pub(super) async fn send(&self, delivery: &Delivery, now: Moment) -> Answer {
        let started = Instant::now();
        let response = self.request(delivery, now).await;
        let (status, error, retry_after) = match response {
            Ok(response) => {
                let status = response.status();
                let retry_after = retry_after(&response, now);
                drain(response).await;
                let error = (!status.is_success()).then(|| format!("it answered {status}"));
                (Some(status.as_u16()), error, retry_after)
            }
            Err(error) => (None, Some(error), None),
        };
        Answer { status, error, retry_after, latency: started.elapsed() }
    }

    async fn request(&self, delivery: &Delivery, now: Moment) -> Result<Response, String> {
        let url = self.guard.check(&delivery.url).map_err(|refused| refused.to_string())?;
        let secrets = delivery.secrets.as_ref().map_err(|error| format!("its secret: {error}"))?;
        let (id, timestamp_s) = (&delivery.claim.id, now.0 / 1000);
        let signature = signatures(secrets, id, timestamp_s, &delivery.payload).ok_or("its secret is malformed")?;
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
            // The request is a new span in the order's trace; a span id must not be zero.
            let span: u64 = rand::rng().random_range(1..=u64::MAX);
            request = request.header("traceparent", format!("00-{trace_id}-{span:016x}-01"));
        }
        request.send().await.map_err(|error| self.reason(&error))
    }

    /// Why there was no response: the innermost cause, which contains no address.
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

/// Reads a short body, so that the connection can be reused; that of a longer one is closed.
async fn drain(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > MAX_BODY {
            return;
        }
    }
}

/// Parses `Retry-After`: seconds, or a date.
fn retry_after(response: &Response, now: Moment) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Duration::from_millis(u64::try_from(date.timestamp().as_millisecond() - now.0).unwrap_or(0)))
}
