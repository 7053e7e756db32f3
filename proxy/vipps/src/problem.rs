//! Error bodies. The APIs and the gateway before them each have their own shape; all are read into one [`Problem`]. Decide on `status` and
//! `code`: titles and details change without notice. Long runs of digits are masked while reading, since an answer may repeat a telephone number
//! that was sent; only [`Problem::raw`] has the unchanged body, which must never be logged.

use std::{fmt, time::Duration};

use reqwest::StatusCode;
use serde_json::{Map, Value};

use crate::tolerant;

/// The most that is kept of a body, in bytes.
const RAW_LIMIT: usize = 4096;

/// The most that is kept of a title or a detail, in characters.
const TEXT_LIMIT: usize = 500;

/// An answer that is not a success.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status; 0 for a request that was never sent because it could not be built.
    pub status: u16,
    /// The numeric code, such as 6080, where the API gives one.
    pub code: Option<u32>,
    /// The title.
    pub title: Option<String>,
    /// The detail.
    pub detail: Option<String>,
    /// The trace id to quote to the support of Vipps MobilePay.
    pub trace_id: Option<String>,
    /// The invalid fields.
    pub fields: Vec<FieldProblem>,
    /// The answer's `Retry-After`.
    pub retry_after: Option<Duration>,
    raw: String,
}

/// What is wrong with one field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The API's name of the field.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Problem {
    /// Reads the body of an answer with `status`. Never fails: a body of unknown shape is kept as raw text only.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let mut problem = Self::blank(status);
        problem.raw = String::from_utf8_lossy(&body[..body.len().min(RAW_LIMIT)]).into_owned();
        match serde_json::from_slice(body) {
            Ok(Value::Array(entries)) => {
                for entry in &entries {
                    match entry {
                        Value::Object(object) => problem.take(object),
                        other => problem.take_text(other),
                    }
                }
            }
            Ok(Value::Object(object)) => problem.take(&object),
            Ok(other) => problem.take_text(&other),
            Err(_) => {}
        }
        problem
    }

    /// A request that cannot be sent.
    pub(crate) fn unsent(detail: &str) -> Self {
        Self { detail: Some(detail.to_owned()), ..Self::blank(0) }
    }

    /// The unchanged body, cut to a few kilobytes. It may repeat what was sent: never log it.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    fn blank(status: u16) -> Self {
        Self {
            status,
            code: None,
            title: None,
            detail: None,
            trace_id: None,
            fields: Vec::new(),
            retry_after: None,
            raw: String::new(),
        }
    }

    /// Takes each field from the first object that has it.
    fn take(&mut self, object: &Map<String, Value>) {
        for wrapper in ["ResponseInfo", "error"] {
            if let Some(Value::Object(inner)) = get(object, wrapper) {
                self.take(inner);
            }
        }
        let title = first(object, &["title", "error", "errorGroup"]);
        let detail = first(object, &["detail", "error_description", "message", "responseMessage", "errorMessage"]);
        self.title = self.title.take().or(title);
        self.detail = self.detail.take().or(detail);
        self.trace_id = self.trace_id.take().or_else(|| trace_id(object));
        self.code = self.code.or_else(|| get(object, "errorCode").and_then(number));
        for list in ["extraDetails", "invalidParams"] {
            for entry in get(object, list).and_then(Value::as_array).into_iter().flatten() {
                self.take_entry(entry);
            }
        }
    }

    fn take_entry(&mut self, entry: &Value) {
        let Some(entry) = entry.as_object() else { return };
        let name = first(entry, &["name"]).unwrap_or_default();
        if name.eq_ignore_ascii_case("ErrorCode") {
            self.code = self.code.or_else(|| get(entry, "reason").and_then(number));
        } else if let Some(reason) = first(entry, &["reason"]) {
            self.fields.push(FieldProblem { name, reason });
        }
    }

    fn take_text(&mut self, value: &Value) {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            self.detail.get_or_insert_with(|| masked(text));
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            0 => f.write_str("not sent")?,
            status => write!(f, "HTTP {status}")?,
        }
        if let Some(code) = self.code {
            write!(f, " code {code}")?;
        }
        let canonical = || StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        if let Some(words) = self.title.as_deref().or_else(canonical).or(self.detail.as_deref()) {
            write!(f, ": {words}")?;
        }
        for (index, field) in self.fields.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { " in " } else { ", " }, field.name)?;
        }
        match &self.trace_id {
            Some(trace_id) => write!(f, " (trace {trace_id})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("title", &self.title)
            .field("detail", &self.detail)
            .field("trace_id", &self.trace_id)
            .field("fields", &self.fields)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

/// The value of a key in any letter case: the gateway and the older APIs differ.
fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

fn first(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    let mut texts = keys.iter().filter_map(|key| get(object, key)?.as_str());
    texts.find(|text| !text.is_empty()).map(masked)
}

/// Order Management has the trace id in `instance`, where the other APIs have a path.
fn trace_id(object: &Map<String, Value>) -> Option<String> {
    let candidate = |key| get(object, key).and_then(Value::as_str);
    let is_id = |text: &&str| {
        let safe =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'|' | b'_'));
        safe && (8..=100).contains(&text.len())
    };
    ["traceId", "instance", "trace_id"].into_iter().filter_map(candidate).find(is_id).map(str::to_owned)
}

fn number(value: &Value) -> Option<u32> {
    tolerant::whole(value)?.try_into().ok()
}

/// Cuts a text to a limit and masks what may be a telephone number.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut run = String::new();
    for character in text.chars().take(TEXT_LIMIT).chain(['\n']) {
        // A number may be written in groups: "+47 912 34 567".
        if character.is_ascii_digit() || (!run.is_empty() && matches!(character, ' ' | '-')) {
            run.push(character);
            continue;
        }
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        masked.push_str(if digits >= 8 { "… " } else { &run });
        run.clear();
        masked.push(if character.is_control() { ' ' } else { character });
    }
    masked.truncate(masked.trim_end().len());
    masked
}
