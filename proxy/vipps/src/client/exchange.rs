//! One request and its answer: headers, limits, what the outcome means, and one log line. The line has the method, the path, the status, the code,
//! the trace id and the time it took; never a header, a body, a query, or a path that names a customer.

use std::time::{Duration, Instant};

use jiff::{Timestamp, fmt::rfc2822};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::{Serialize, de::DeserializeOwned};
use tracing::{Instrument, field::Empty};

use super::{Client, Exchange, observed::operation, token::Token};
use crate::{
    Error, Problem,
    config::{IDEMPOTENCY_KEY, SUBSCRIPTION_KEY},
};

/// The largest answer that is read, in bytes. Real ones have a few kilobytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 50;

/// All that may not stand in a path segment as it is.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A request that can be sent more than once.
pub(super) struct Request {
    method: Method,
    path: String,
    /// What stands for the path in the log.
    shown: String,
    headers: HeaderMap,
    body: Vec<u8>,
    subscription_key: bool,
}

/// A request is refused before it is sent when it cannot be built.
pub(super) type Built = Result<Request, Error>;

impl Request {
    pub(super) fn get(path: &str) -> Self {
        Self::new(Method::GET, path.to_owned())
    }

    pub(super) fn new(method: Method, path: String) -> Self {
        let shown = path.clone();
        Self { method, path, shown, headers: HeaderMap::new(), body: Vec::new(), subscription_key: true }
    }

    /// The path shows in the log as this.
    pub(super) fn shown_as(mut self, template: &str) -> Self {
        self.shown = template.to_owned();
        self
    }

    pub(super) fn subscription_key(mut self, sent: bool) -> Self {
        self.subscription_key = sent;
        self
    }

    pub(super) fn accept(mut self, media_type: &'static str) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static(media_type));
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(super) fn headers(mut self, headers: &HeaderMap) -> Self {
        self.headers.extend(headers.clone());
        self
    }

    pub(super) fn key(mut self, key: &str) -> Built {
        if key.is_empty() || key.len() > KEY_LIMIT {
            return Err(Error::unsent("an idempotency key has 1 to 50 characters"));
        }
        let key =
            HeaderValue::from_str(key).map_err(|_| Error::unsent("the idempotency key cannot be sent as a header"))?;
        self.headers.insert(IDEMPOTENCY_KEY, key);
        Ok(self)
    }

    pub(super) fn json<T: Serialize>(mut self, body: &T) -> Built {
        self.body = serde_json::to_vec(body).map_err(|_| Error::unsent("the body cannot be written as JSON"))?;
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }
}

/// A yes, with whatever came with it.
pub(super) struct Answer {
    body: Vec<u8>,
    date: Option<Timestamp>,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::unreadable(&error))
    }
}

/// One segment of a path, with nothing in it that could lead to another path.
pub(super) fn segment(text: &str) -> Result<String, Error> {
    if matches!(text, "" | "." | "..") {
        return Err(Error::unsent("a reference or id is missing"));
    }
    Ok(utf8_percent_encode(text, SEGMENT).to_string())
}

impl Client {
    /// Sends with the token at hand; on a 401 once more with a fresh one.
    pub(super) async fn call(&self, request: Request) -> Result<Answer, Error> {
        let token = self.token().await?;
        match self.exchange(&request, Some(&token)).await {
            Err(error) if is_unauthorized(&error) => {
                self.0.tokens.forget(&token).await;
                let token = self.token().await?;
                self.exchange(&request, Some(&token)).await
            }
            outcome => outcome,
        }
    }

    /// Sends once, and says so in the log.
    pub(super) async fn exchange(&self, request: &Request, token: Option<&Token>) -> Result<Answer, Error> {
        let operation = operation(&request.method, &request.path);
        let span = tracing::error_span!("call", operation, status = Empty, code = Empty);
        let started = Instant::now();
        let outcome = self.send(request, token).instrument(span.clone()).await;
        let latency = started.elapsed();
        let answered = outcome.as_ref().err().and_then(Error::problem);
        let status =
            outcome.as_ref().map_or_else(|_| answered.map(|problem| problem.status), |(status, _)| Some(*status));
        let code = answered.and_then(|problem| problem.code);
        let date = outcome.as_ref().ok().and_then(|(_, answer)| answer.date);
        span.record("status", status).record("code", code);
        self.tell(Exchange { operation, status, code, latency, date });
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        let (method, path) = (request.method.as_str(), request.shown.as_str());
        match &outcome {
            Ok((status, _)) => tracing::debug!(method, path, status, latency_ms, "Vipps MobilePay answered"),
            Err(error) => {
                let problem = error.problem();
                let status = problem.map(|problem| problem.status);
                let code = problem.and_then(|problem| problem.code);
                let vipps_trace_id = problem.and_then(|problem| problem.trace_id.as_deref());
                tracing::warn!(method, path, status, code, vipps_trace_id, latency_ms, %error, "Vipps MobilePay did not say yes");
            }
        }
        outcome.map(|(_, answer)| answer)
    }

    async fn send(&self, request: &Request, token: Option<&Token>) -> Result<(u16, Answer), Error> {
        let mut headers = self.0.headers.common.clone();
        headers.extend(request.headers.clone());
        if request.subscription_key {
            headers.insert(SUBSCRIPTION_KEY, self.0.headers.subscription_key.clone());
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.authorization.clone());
        }
        if request.body.is_empty() && request.method != Method::GET {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut builder = self.0.http.request(request.method.clone(), self.url(&request.path)?).headers(headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        }
        let mut response = builder.send().await.map_err(Error::from_transport)?;
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = header(RETRY_AFTER).and_then(|text| pause(text, Timestamp::now()));
        let date = header(DATE).and_then(moment);
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
        let url = format!("{}{path}", self.0.base_url.as_str().trim_end_matches('/'));
        Url::parse(&url).map_err(|_| Error::unsent("the path cannot be sent"))
    }
}

pub(super) fn is_unauthorized(error: &Error) -> bool {
    error.problem().is_some_and(|problem| problem.status == 401)
}

/// `Retry-After`: seconds, or the date of a moment that may have passed.
fn pause(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(Duration::try_from(moment(text)?.duration_since(now)).unwrap_or_default())
}

/// A date as headers have it.
fn moment(text: &str) -> Option<Timestamp> {
    Some(rfc2822::parse(text.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_seconds_or_a_date() {
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
            assert_eq!(pause(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
