//! One request and its successful answer, as data. A request is built from a path and a body and can be sent more than once; what cannot be
//! sent is refused here, before anything leaves. Nothing in this module touches the network.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, config::IDEMPOTENCY_KEY};

/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 50;

/// The characters that a path segment has to escape.
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
    pub(super) method: Method,
    pub(super) path: String,
    /// The path in the log, without anything that identifies a customer.
    pub(super) logged_path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) subscription_key: bool,
}

/// The request, or a refusal of what cannot be sent.
pub(super) type Built = Result<Request, Error>;

impl Request {
    pub(super) fn get(path: &str) -> Self {
        Self::new(Method::GET, path.to_owned())
    }

    pub(super) fn new(method: Method, path: String) -> Self {
        let logged_path = path.clone();
        Self { method, path, logged_path, headers: HeaderMap::new(), body: Vec::new(), subscription_key: true }
    }

    /// Logs `template` in place of the path.
    pub(super) fn logged_as(mut self, template: &str) -> Self {
        self.logged_path = template.to_owned();
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

/// A successful answer.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    pub(super) date: Option<Timestamp>,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::unreadable(&error))
    }
}

/// Escapes one segment of a path, so that it cannot lead to another path.
pub(super) fn segment(text: &str) -> Result<String, Error> {
    if matches!(text, "" | "." | "..") {
        return Err(Error::unsent("a reference or id is missing"));
    }
    Ok(utf8_percent_encode(text, SEGMENT).to_string())
}
