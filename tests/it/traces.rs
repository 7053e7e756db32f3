//! Every log line of a checkout has one trace id, from the page's request to the answer of Vipps MobilePay.

use kvitt_wire::{Checkout, State};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::shop::{Database, Process, Stage, eventually, http, two_mugs_and_a_tea};

const PAYING: &str = "0af7651916cd43dd8448eb211c80319c";
const RETURNING: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn traceparent(id: &str) -> String {
    format!("00-{id}-b7ad6b7169203331-01")
}

async fn stage() -> Stage {
    // A long timeout for a busy machine: an answer that comes too late is lost, and its request retried.
    let options = "log.format = \"json\"\npolling.first_ms = 200\nvipps.timeout_ms = 20000";
    Stage::set_with(Database::chosen(), options).await
}

async fn orders(proxy: &Process) -> Checkout {
    let request = http().post(format!("{}/v1/checkouts", proxy.url)).header("traceparent", traceparent(PAYING));
    let answer = request.json(&two_mugs_and_a_tea()).send().await.unwrap();
    assert_eq!(answer.headers()["x-trace-id"], PAYING);
    let opened = answer.json().await.unwrap();
    // The answer may come before that of Vipps MobilePay.
    is_at(proxy, &opened, |seen| seen.state != State::Starting).await
}

/// Polls until the checkout is as wanted.
async fn is_at(proxy: &Process, order: &Checkout, wanted: impl Fn(&Checkout) -> bool) -> Checkout {
    let url = format!("{}/v1/checkouts/{}", proxy.url, order.token);
    eventually("the wanted checkout", || async {
        let seen = http().get(&url).send().await.ok()?.json().await.ok()?;
        wanted(&seen).then_some(seen)
    })
    .await
}

/// The lines of a log that concern a checkout. Each has the checkout's trace id, and no field twice.
fn lines_of(log: &str, order: &Checkout) -> Vec<Value> {
    let (id, _) = kvitt::access::token::decode(&order.token).unwrap();
    let mut lines = Vec::new();
    for line in log.lines() {
        let fields: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        if fields["checkout"] == id.to_string() || line.contains(&order.reference) {
            assert_eq!(fields["trace_id"], PAYING, "{line}");
            for field in ["trace_id", "checkout", "reference", "message"] {
                assert!(line.matches(&format!("\"{field}\":")).count() <= 1, "{line}");
            }
            lines.push(fields);
        }
    }
    lines
}

fn has(lines: &[Value], message: &str) -> Value {
    let found = lines.iter().find(|line| line["message"] == message);
    found.unwrap_or_else(|| panic!("{message} is not among {lines:#?}")).clone()
}

#[tokio::test]
async fn every_log_line_of_a_payment_has_the_trace_id_of_its_request() {
    let mut stage = stage().await;
    let proxy = stage.start();
    let order = orders(&proxy).await;
    stage.vipps.approves(&order.reference).await;
    is_at(&proxy, &order, |seen| seen.state == State::Authorized && seen.sharing.phone_number_ending.is_some()).await;
    stage.vipps.has_delivered().await;
    for address in ["return/{}", "v1/checkouts/{}/events"] {
        let address = format!("{}/{}", proxy.url, address.replace("{}", &order.token));
        let answer = http().get(address).header("traceparent", traceparent(RETURNING)).send().await.unwrap();
        assert_eq!(answer.headers()["x-trace-id"], RETURNING);
    }
    let log = proxy.kill();

    let lines = lines_of(&log, &order);
    assert_eq!(has(&lines, "checkout opened")["request_id"], PAYING);
    assert_eq!(has(&lines, "checkout state changed")["checkout"], has(&lines, "checkout opened")["checkout"]);
    has(&lines, "webhook");
    let calls = lines.iter().filter(|line| line["target"].as_str().is_some_and(|name| name.starts_with("kvitt_vipps")));
    assert!(calls.clone().any(|call| call["effect"] == "create_payment"), "{lines:#?}");
    assert!(calls.clone().any(|call| call["effect"] == "look"));
    for later in ["customer returned", "stream opened"] {
        assert_eq!(has(&lines, later)["request_id"], RETURNING, "the line has both ids");
    }
    stage.vipps.close().await;
}

#[tokio::test]
async fn the_log_of_a_refusal_has_both_trace_ids() {
    let mut stage = stage().await;
    let proxy = stage.start();
    let theirs = "00-813b63975adcaaeef2b0ec7c103c40e3-706492e906541d31-01";
    let refusal = json!({ "title": "Bad request", "status": 400, "traceId": theirs });
    stage.vipps.fails("POST", "/epayment/v1/payments", 1, json!({ "status": 400, "body": refusal })).await;
    let order = orders(&proxy).await;
    assert_eq!(order.state, State::Failed);
    let missing = http().get(format!("{}/v1/checkouts/nobody", proxy.url)).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let missing_id = missing.headers()["x-trace-id"].to_str().unwrap().to_owned();
    let log = proxy.kill();

    let lines = lines_of(&log, &order);
    assert_eq!(has(&lines, "Vipps MobilePay refused or did not answer")["vipps_trace_id"], theirs);
    assert!(has(&lines, "payment refused")["problem"].as_str().unwrap().contains(theirs));
    assert!(log.lines().any(|line| line.contains("request refused") && line.contains(&missing_id)));
    stage.vipps.close().await;
}
