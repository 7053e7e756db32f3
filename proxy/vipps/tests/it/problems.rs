//! The meaning of answers that are not a success, against `tests/problems/`.

use std::time::Duration;

use kvitt_vipps::{Error, FieldProblem, PhoneNumber};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    files,
    stub::{Reply, Stub},
};

/// A key that is absent is not compared; null says that there is none.
#[derive(Deserialize)]
struct Case {
    status: u16,
    #[serde(rename = "retry-after")]
    retry_after: Option<String>,
    /// The body: a string as it is, anything else as JSON.
    body: Value,
    meaning: String,
    #[serde(default, deserialize_with = "stated")]
    code: Option<Option<u32>>,
    #[serde(default, deserialize_with = "stated")]
    title: Option<Option<String>>,
    #[serde(default, deserialize_with = "stated")]
    detail: Option<Option<String>>,
    trace_id: Option<String>,
    fields: Option<Vec<(String, String)>>,
    /// Seconds.
    wait: Option<u64>,
    display: Option<String>,
}

fn stated<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[tokio::test]
async fn every_error_answer_is_classified() {
    for (name, case) in files::all::<Case>("problems") {
        let body = case.body.as_str().map_or_else(|| case.body.to_string(), str::to_owned);
        let reply = Reply::new(case.status, body.clone());
        let reply = case.retry_after.iter().fold(reply, |reply, seconds| reply.header("retry-after", seconds));
        let stub = Stub::start(move |_| reply.clone()).await;
        let number = PhoneNumber::parse("4791234567").unwrap();
        let error = stub.client().force_approve("acme-1234", &number).await.unwrap_err();

        let meaning = match &error {
            Error::Retry { .. } => "retry",
            Error::Refused(_) => "refused",
            Error::Unknown(_) => "unknown",
        };
        assert_eq!(meaning, case.meaning, "{name}");
        assert_eq!(error.retry_after(), case.wait.map(Duration::from_secs), "{name}");
        let problem = error.problem().expect("there was an answer");
        assert_eq!(problem.status, case.status, "{name}");
        assert_eq!(problem.raw(), body, "{name}");
        if let Some(code) = case.code {
            assert_eq!(problem.code, code, "{name}");
            assert_eq!(error.code(), code, "{name}");
        }
        if let Some(title) = case.title {
            assert_eq!(problem.title, title, "{name}");
        }
        if let Some(detail) = case.detail {
            assert_eq!(problem.detail, detail, "{name}");
        }
        if let Some(trace_id) = case.trace_id {
            assert_eq!(problem.trace_id, Some(trace_id), "{name}");
        }
        if let Some(fields) = case.fields {
            let fields: Vec<_> = fields.into_iter().map(|(name, reason)| FieldProblem { name, reason }).collect();
            assert_eq!(problem.fields, fields, "{name}");
        }
        if let Some(display) = case.display {
            assert_eq!(error.to_string(), display, "{name}");
        }
        assert!(!format!("{error} {error:?}").contains(number.as_str()), "{name}");
    }
}

#[tokio::test]
async fn a_long_body_is_truncated() {
    let stub = Stub::start(|_| Reply::new(500, "x".repeat(100_000))).await;
    let error = stub.client().payment("acme-1234").await.unwrap_err();
    assert_eq!(error.problem().unwrap().raw().len(), 4096);
}
