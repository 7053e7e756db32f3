//! The access token: one request for any number of callers, and exactly one retry when a token is refused.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::future::join_all;
use kvitt_vipps::{Amount, Client, Error};

use crate::{
    files::raw_body,
    stub::{Recorded, Reply, Stub, TOKEN_PATH, config, token},
};

fn payment() -> Reply {
    Reply::ok(String::from_utf8(raw_body("payment.json")).unwrap())
}

fn bearer(seen: &Recorded) -> &str {
    seen.header("authorization").unwrap()
}

#[tokio::test]
async fn many_callers_share_one_token() {
    let stub = Stub::start(|_| payment()).await;
    let client = stub.client();
    let outcomes = join_all((0..30).map(|_| client.payment("acme-1234"))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(stub.token_calls().len(), 1);
    assert!(stub.calls().iter().all(|call| bearer(call) == "Bearer token-1"));

    client.warm_up().await.unwrap();
    client.clone().warm_up().await.unwrap();
    assert_eq!(stub.token_calls().len(), 1);
}

#[tokio::test]
async fn the_request_for_a_token_is_empty_and_carries_the_keys() {
    let stub = Stub::start(|_| payment()).await;
    stub.client().warm_up().await.unwrap();
    let call = stub.token_calls().remove(0);
    assert_eq!((&*call.method, &*call.path, &*call.body), ("POST", TOKEN_PATH, &b""[..]));
    for (name, value) in [
        ("content-length", "0"),
        ("client_id", "the-client-id"),
        ("client_secret", "the-client-secret"),
        ("ocp-apim-subscription-key", "the-subscription-key"),
        ("merchant-serial-number", "123456"),
        ("vipps-system-name", "A shop system with a name that"),
        ("vipps-system-version", "1.2.3"),
        ("vipps-system-plugin-name", "kvitt"),
        ("vipps-system-plugin-version", "0.1.0"),
    ] {
        assert_eq!(call.header(name), Some(value), "{name}");
    }
    assert_eq!(call.header("authorization"), None);
}

#[tokio::test]
async fn many_callers_share_one_failure() {
    let stub = Stub::without_tokens(|_| Reply::new(503, "").header("retry-after", "3")).await;
    let client = stub.client();
    let outcomes = join_all((0..30).map(|_| client.payment("acme-1234"))).await;
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Retry { .. }), "{error}");
        assert_eq!(error.retry_after().map(|pause| pause.as_secs()), Some(3));
    }
    assert_eq!(stub.token_calls().len(), 1);
    assert_eq!(stub.calls().len(), 0);
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let body = r#"{"error":"unauthorized_client","error_description":"No such client."}"#;
    let stub = Stub::without_tokens(move |_| Reply::new(401, body)).await;
    match stub.client().warm_up().await {
        Err(Error::Refused(problem)) => assert_eq!(problem.title.as_deref(), Some("unauthorized_client")),
        other => panic!("{other:?}"),
    }
    assert_eq!(stub.token_calls().len(), 1);
}

#[tokio::test]
async fn a_call_without_a_token_was_not_sent_and_is_retried() {
    for status in [400, 401, 403, 404, 409, 500] {
        let stub = Stub::without_tokens(move |_| Reply::new(status, "").header("retry-after", "3")).await;
        let client = stub.client();
        let errors = [
            client.capture("acme-1234", "key", Amount::new(100, "NOK")).await.unwrap_err(),
            client.payment("acme-1234").await.unwrap_err(),
            client.userinfo("sub").await.unwrap_err(),
            client.webhooks().await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Retry { .. }), "{status}: {error:?}");
            assert_eq!(error.retry_after().map(|pause| pause.as_secs()), Some(3));
        }
        assert_eq!(stub.calls().len(), 0);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_replaced_after_a_401_is_retried() {
    let count = AtomicUsize::new(0);
    let stub = Stub::without_tokens(move |call| match &*call.path {
        TOKEN_PATH if count.fetch_add(1, SeqCst) > 0 => Reply::new(400, r#"{"error":"invalid_client"}"#),
        TOKEN_PATH => token(1),
        _ => Reply::new(401, ""),
    })
    .await;
    let client = stub.client();
    for error in [client.payment("acme-1234").await.unwrap_err(), client.userinfo("sub").await.unwrap_err()] {
        assert!(matches!(error, Error::Retry { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_unreadable_token_is_retried() {
    for body in ["", "<html>", "{}", r#"{"access_token":"line\nbreak","expires_in":1}"#, r#"{"access_token":"a"}"#] {
        let stub = Stub::without_tokens(move |_| Reply::ok(body)).await;
        let error = stub.client().warm_up().await.unwrap_err();
        assert!(matches!(error, Error::Retry { .. }), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let stub = Stub::start(|call| if bearer(call) == "Bearer token-1" { Reply::new(401, "") } else { payment() }).await;
    let client = stub.client();
    assert!(client.payment("acme-1234").await.is_ok());
    let bearers: Vec<_> = stub.calls().iter().map(|call| bearer(call).to_owned()).collect();
    assert_eq!(bearers, ["Bearer token-1", "Bearer token-2"]);
    assert!(client.payment("acme-1234").await.is_ok());
    assert_eq!((stub.token_calls().len(), stub.calls().len()), (2, 3));
}

#[tokio::test]
async fn many_callers_replace_a_refused_token_together() {
    let stub = Stub::start(|call| if bearer(call) == "Bearer token-1" { Reply::new(401, "") } else { payment() }).await;
    let client = stub.client();
    let outcomes = join_all((0..30).map(|_| client.payment("acme-1234"))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((stub.token_calls().len(), stub.calls().len()), (2, 60));
}

#[tokio::test]
async fn a_second_401_is_refused() {
    let stub = Stub::start(|_| Reply::new(401, "")).await;
    let error = stub.client().payment("acme-1234").await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert_eq!((stub.token_calls().len(), stub.calls().len()), (2, 2));
}

#[tokio::test]
async fn an_expired_token_is_not_used() {
    let count = AtomicUsize::new(0);
    let stub = Stub::without_tokens(move |call| match &*call.path {
        TOKEN_PATH => {
            let nth = count.fetch_add(1, SeqCst) + 1;
            Reply::ok(format!(r#"{{"expires_in":0,"access_token":"token-{nth}"}}"#))
        }
        _ => payment(),
    })
    .await;
    let client = stub.client();
    assert!(client.payment("acme-1234").await.is_ok());
    assert!(client.payment("acme-1234").await.is_ok());
    let bearers: Vec<_> = stub.calls().iter().map(|call| bearer(call).to_owned()).collect();
    assert_eq!(bearers, ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_cancelled_caller_does_not_block_the_token() {
    let count = AtomicUsize::new(0);
    let stub = Stub::without_tokens(move |call| match (&*call.path, count.fetch_add(1, SeqCst)) {
        (TOKEN_PATH, 0) => Reply::never(),
        (TOKEN_PATH, nth) => token(nth),
        _ => payment(),
    })
    .await;
    let client = stub.client();
    let leaving = tokio::spawn({
        let client = client.clone();
        async move { client.warm_up().await }
    });
    while stub.token_calls().is_empty() {
        tokio::task::yield_now().await;
    }
    leaving.abort();
    assert!(client.payment("acme-1234").await.is_ok());
    assert_eq!(stub.token_calls().len(), 2);
}

#[test]
fn an_invalid_configuration_is_refused() {
    for base_url in ["", "api.vipps.no", "ftp://api.vipps.no", "/"] {
        assert!(Client::new(config(base_url)).is_err(), "{base_url}");
    }
    let mut wrong = config("https://api.vipps.no");
    wrong.credentials.client_secret = "line\nbreak".into();
    let error = Client::new(wrong).unwrap_err();
    assert_eq!(error.to_string(), "client_secret is empty or has characters that cannot be sent");
    let mut missing = config("https://api.vipps.no");
    missing.credentials.subscription_key = "".into();
    assert!(Client::new(missing).is_err());
}

#[test]
fn debug_prints_no_secret() {
    let config = config("https://apitest.vipps.no/");
    let client = Client::new(config.clone());
    let shown = format!("{config:?} {client:?}");
    for secret in ["the-client-id", "the-client-secret", "the-subscription-key"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
