//! One proxy of three dies under load.

use std::sync::Arc;

use kvitt_wire::{Checkout, State};

use super::{asks_to_pay, paid_once};
use crate::shop::{Database, PATIENCE, Stage, Stream, brief, eventually};

const ORDERS: usize = 60;
/// Claims last five of the timeouts. So many orders are looked at no more often than those of real customers.
const EASY: &str = "polling.first_ms = 2000\npolling.every_ms = 2000\nvipps.timeout_ms = 1000";

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_three_is_killed_under_load_every_order_is_paid_once() {
    let stage = Arc::new(Stage::set_with(Database::Postgres, EASY).await);
    let (one, two, three) = (stage.start(), stage.start_beside(), stage.start_beside());
    // So that many are on their way when it happens.
    stage.vipps.fails("POST", "/epayment/v1/payments", 30, serde_json::json!({ "delay_ms": 200 })).await;
    let urls = [one.url.clone(), two.url.clone(), three.url.clone()];
    let customers: Vec<_> = (0..ORDERS)
        .map(|place| {
            let (stage, mine, others) = (stage.clone(), urls[place % 3].clone(), urls[1 + place % 2].clone());
            tokio::spawn(async move { pays(&stage, &mine, &others).await })
        })
        .collect();
    // It is the one that webhooks go to.
    eventually("they are in the middle", || async { (stage.vipps.books().await.len() >= 20).then_some(()) }).await;
    one.kill();
    let mut paid = Vec::new();
    for customer in customers {
        paid.push(customer.await.unwrap());
    }
    assert_eq!(paid.len(), ORDERS);
    paid_once(&stage, &paid).await;
    drop((two, three));
}

/// A customer whose page is sent to another proxy, by what stands before them, when the first is not there. An order that nobody was
/// told of is left unpaid.
async fn pays(stage: &Stage, mine: &str, other: &str) -> Checkout {
    let opened: Checkout = match asks_to_pay(mine).await {
        Ok(answer) => answer.json().await.unwrap(),
        Err(_) => asks_to_pay(other).await.unwrap().json().await.unwrap(),
    };
    let order = is_told(other, &opened, State::Created).await;
    stage.vipps.approves(&order.reference).await;
    is_told(other, &order, State::Authorized).await
}

/// Follows the stream, as so many pages do: they would be too many to ask again and again.
async fn is_told(proxy: &str, order: &Checkout, state: State) -> Checkout {
    let mut stream = Stream::open_at(proxy, &format!("/v1/checkouts/{}", order.token), None).await;
    let mut last = None;
    let told = async {
        loop {
            let checkout = stream.next().await.expect("the stream goes on");
            if checkout.state == state {
                return checkout;
            }
            last = Some(checkout);
        }
    };
    match tokio::time::timeout(PATIENCE * 3, told).await {
        Ok(checkout) => checkout,
        Err(_) => panic!("not {state:?}, but {:?}", last.as_ref().map(brief)),
    }
}
