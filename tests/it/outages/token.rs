//! The access token endpoint refuses, is down, or does not answer. Payments wait, and none fails.

use serde_json::{Value, json};

use super::{QUICK, orders, paid_once, sees};
use crate::shop::{Database, Stage};
use kvitt_wire::State;

const TOKEN: &str = "/accesstoken/get";

async fn no_token_for_a_while(fault: Value) {
    let mut stage = Stage::set_with(Database::chosen(), QUICK).await;
    // At the start there is no token yet.
    stage.vipps.fails("POST", TOKEN, 3, fault.clone()).await;
    let proxy = stage.start();
    let first = orders(&proxy.url).await;
    // Later the token expires, and there is no other.
    stage.vipps.fails("POST", TOKEN, 2, fault).await;
    stage.vipps.clock_moves(2 * 3_600_000).await;
    let second = orders(&proxy.url).await;
    assert_eq!(stage.vipps.faults_left().await, 0, "every request for a token failed");
    stage.vipps.approves(&second.reference).await;
    let second = sees(&proxy.url, &second, State::Authorized).await;
    sees(&proxy.url, &first, State::Expired).await;
    paid_once(&stage, &[second]).await;
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test]
async fn a_refused_token_delays_payments_and_fails_none() {
    no_token_for_a_while(json!({ "status": 401 })).await;
}

#[tokio::test]
async fn a_refusal_of_the_credentials_delays_payments_and_fails_none() {
    no_token_for_a_while(json!({ "status": 400, "body": { "error": "invalid_client" } })).await;
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_delays_payments_and_fails_none() {
    no_token_for_a_while(json!({ "status": 500 })).await;
}

#[tokio::test]
async fn a_token_endpoint_without_an_answer_delays_payments_and_fails_none() {
    no_token_for_a_while(json!({ "drop_before_work": true })).await;
}
