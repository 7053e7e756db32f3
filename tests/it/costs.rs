//! What one paid order costs, with the number shared: durable commits, reads of the database, and calls to Vipps MobilePay. These tests fail when
//! that grows.

use kvitt_wire::{Checkout, State};
use serde_json::Value;

use crate::shop::{Database, Process, Stage, Stream, http, two_mugs_and_a_tea};

/// How many durable commits a log has that concern an order: those in its spans, and those of webhooks, which come before it is known whose
/// they are. Scheduled jobs have commits of their own.
fn commits(log: &str, order: &Checkout) -> usize {
    let (id, _) = kvitt::access::token::decode(&order.token).unwrap();
    let own = |line: &&str| line.contains("database commit") && line.contains(&id.to_string());
    log.lines().filter(own).count() + log.matches("webhooks written").count()
}

/// How often a log has an order read from the database.
pub(crate) fn reads(log: &str) -> usize {
    let one = ["FROM checkouts WHERE id = $1", "JOIN checkouts ON checkouts.id = checkout_id WHERE reference = $1"];
    let read = |line: &&str| line.contains("database read") && one.iter().any(|part| line.contains(part));
    log.lines().filter(read).count()
}

/// An order from the press to the shared number, as a page sees it that follows the stream.
async fn pays(stage: &Stage, proxy: &Process) -> Checkout {
    let request = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea());
    let order: Checkout = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(order.state, State::Created);
    stage.vipps.has_delivered().await;
    let mut stream = Stream::open_at(&proxy.url, &format!("/v1/checkouts/{}", order.token), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Created);
    stage.vipps.approves(&order.reference).await;
    let paid = stream.next().await.unwrap();
    assert_eq!((paid.state, paid.sharing.phone_number_ending.is_some()), (State::Authorized, true), "in one step");
    paid
}

#[tokio::test]
async fn a_paid_order_costs_five_commits_and_two_calls() {
    // No poll of the chain is among them, and no answer comes too late on a busy machine.
    let options = "polling.first_ms = 600000\nvipps.timeout_ms = 20000";
    let mut stage = Stage::set_with(Database::chosen(), options).await;
    let proxy = stage.start();
    // The first order also fetches the access token, and has it noted that webhooks arrive.
    pays(&stage, &proxy).await;
    let before = proxy.log().len();
    let order = pays(&stage, &proxy).await;
    let log = proxy.log().split_off(before);

    assert_eq!(commits(&log, &order), 5, "two webhooks, the order, its payment, and that it is paid: {log}");
    // The stream and the webhook read it once each, and the request once more if its answer comes before it waits. The steps read nothing.
    assert!(reads(&log) <= 3, "{}: {log}", reads(&log));
    let creates = stage.vipps.calls("POST", "/epayment/v1/payments").await;
    let names = |call: &&Value| call["body"]["reference"] == order.reference.as_str();
    assert_eq!(creates.iter().filter(names).count(), 1);
    assert_eq!(stage.vipps.calls("GET", &order.reference).await.len(), 1, "the webhook has it looked at");
    drop(proxy);
    stage.vipps.close().await;
}
