//! Sends one request once: adds the headers, limits the size of the answer, reads what the outcome means, writes one log line and notifies the
//! observer. It knows no token cache and never repeats a request. The log line has the method, the path, the status, the code, the trace id and
//! the latency; never a header, a body, a query, or a path that identifies a customer.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, CONTENT_LENGTH, DATE, HeaderValue, RETRY_AFTER},
};
use tracing::{Instrument, field::Empty};

use super::{
    observer::{Exchange, Observer, operation},
    request::{Answer, Request},
};
use crate::{
    Error, Problem,
    config::{Headers, SUBSCRIPTION_KEY},
};

/// The most that is read of an answer, in bytes. Real answers have a few kilobytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// The HTTP client with what every request of the sales unit carries.
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) base_url: Url,
    pub(super) headers: Headers,
    pub(super) observer: OnceLock<Observer>,
}

impl Transport {
    /// Sends the request once, logs the outcome and notifies the observer.
    pub(super) async fn exchange(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Error> {
        let operation = operation(&request.method, &request.path);
        let span = tracing::error_span!("call", operation, status = Empty, code = Empty);
        let started = Instant::now();
        let outcome = self.send(request, authorization).instrument(span.clone()).await;
        let latency = started.elapsed();
        let answered = outcome.as_ref().err().and_then(Error::problem);
        let status =
            outcome.as_ref().map_or_else(|_| answered.map(|problem| problem.status), |(status, _)| Some(*status));
        let code = answered.and_then(|problem| problem.code);
        let date = outcome.as_ref().ok().and_then(|(_, answer)| answer.date);
        span.record("status", status).record("code", code);
        if let Some(observer) = self.observer.get() {
            observer(Exchange { operation, status, code, latency, date });
        }
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        let (method, path) = (request.method.as_str(), request.logged_path.as_str());
        match &outcome {
            Ok((status, _)) => tracing::debug!(method, path, status, latency_ms, "Vipps MobilePay answered"),
            Err(error) => {
                let problem = error.problem();
                let status = problem.map(|problem| problem.status);
                let code = problem.and_then(|problem| problem.code);
                let vipps_trace_id = problem.and_then(|problem| problem.trace_id.as_deref());
                tracing::warn!(method, path, status, code, vipps_trace_id, latency_ms, %error, "Vipps MobilePay refused or did not answer");
            }
        }
        outcome.map(|(_, answer)| answer)
    }

    async fn send(&self, request: &Request, authorization: Option<&HeaderValue>) -> Result<(u16, Answer), Error> {
        let mut headers = self.headers.common.clone();
        headers.extend(request.headers.clone());
        if request.subscription_key {
            headers.insert(SUBSCRIPTION_KEY, self.headers.subscription_key.clone());
        }
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if request.body.is_empty() && request.method != Method::GET {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut builder = self.http.request(request.method.clone(), self.url(&request.path)?).headers(headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        }
        let mut response = builder.send().await.map_err(Error::from_transport)?;
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = header(RETRY_AFTER).and_then(|text| parse_retry_after(text, Timestamp::now()));
        let date = header(DATE).and_then(parse_date);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Error::from_transport)? {
            let room = ANSWER_LIMIT - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        if status.is_success() {
            return Ok((status.as_u16(), Answer { body, date }));
        }
        let mut problem = Problem::read(status.as_u16(), &body);
        problem.retry_after = retry_after;
        Err(Error::from_problem(problem))
    }

    fn url(&self, path: &str) -> Result<Url, Error> {
        let url = format!("{}{path}", self.base_url.as_str().trim_end_matches('/'));
        Url::parse(&url).map_err(|_| Error::unsent("the path cannot be sent"))
    }
}

/// Whether the answer was 401.
pub(super) fn is_unauthorized(error: &Error) -> bool {
    error.problem().is_some_and(|problem| problem.status == 401)
}

/// `Retry-After`: seconds, or a date, which may have passed.
fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(Duration::try_from(parse_date(text)?.duration_since(now)).unwrap_or_default())
}

/// The date format of HTTP headers.
fn parse_date(text: &str) -> Option<Timestamp> {
    Some(rfc2822::parse(text.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Mon, 23 Nov 2026 12:00:30 GMT", Some(30)),
            ("Mon, 23 Nov 2026 11:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse_retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
