//! One proxy of three is killed under load. The others complete its payments.

use std::sync::Arc;

use kvitt_wire::{Checkout, State};

use super::{asks_to_pay, paid_once};
use crate::shop::{Database, Stage, Stream, TIMEOUT, brief, eventually};

const ORDERS: usize = 60;
/// A claim lasts five timeouts. Orders are polled as often as those of real customers.
const EASY: &str = "polling.first_ms = 2000\npolling.every_ms = 2000\nvipps.timeout_ms = 3000";

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_three_is_killed_under_load_every_order_is_paid_once() {
    let stage = Arc::new(Stage::set_with(Database::Postgres, EASY).await);
    let (one, two, three) = (stage.start(), stage.start_beside(), stage.start_beside());
    // Many payments are in flight at the crash.
    stage.vipps.fails("POST", "/epayment/v1/payments", 30, serde_json::json!({ "delay_ms": 200 })).await;
    let urls = [one.url.clone(), two.url.clone(), three.url.clone()];
    let customers: Vec<_> = (0..ORDERS)
        .map(|place| {
            let (stage, mine, others) = (stage.clone(), urls[place % 3].clone(), urls[1 + place % 2].clone());
            tokio::spawn(async move { pays(&stage, &mine, &others).await })
        })
        .collect();
    // The proxy that receives the webhooks.
    eventually("the load has begun", || async { (stage.vipps.records().await.len() >= 20).then_some(()) }).await;
    one.kill();
    let mut paid = Vec::new();
    for customer in customers {
        paid.push(customer.await.unwrap());
    }
    assert_eq!(paid.len(), ORDERS);
    paid_once(&stage, &paid).await;
    drop((two, three));
}

/// A customer whose page a load balancer sends to another proxy when the first is down. An order whose answer was lost stays unpaid.
async fn pays(stage: &Stage, mine: &str, other: &str) -> Checkout {
    let opened: Checkout = match asks_to_pay(mine).await {
        Ok(answer) => answer.json().await.unwrap(),
        Err(_) => asks_to_pay(other).await.unwrap().json().await.unwrap(),
    };
    let order = receives(other, &opened, State::Created).await;
    stage.vipps.approves(&order.reference).await;
    receives(other, &order, State::Authorized).await
}

/// Follows the stream, as a page does. Polling for so many orders would be too much.
async fn receives(proxy: &str, order: &Checkout, state: State) -> Checkout {
    let mut stream = Stream::open_at(proxy, &format!("/v1/checkouts/{}", order.token), None).await;
    let mut last = None;
    let received = async {
        loop {
            let checkout = stream.next().await.expect("the stream goes on");
            if checkout.state == state {
                return checkout;
            }
            last = Some(checkout);
        }
    };
    match tokio::time::timeout(TIMEOUT * 3, received).await {
        Ok(checkout) => checkout,
        Err(_) => panic!("not {state:?}, but {:?}", last.as_ref().map(brief)),
    }
}
