//! Outages of what the proxy depends on: the token endpoint, the clock, the database, its disk, one proxy of several. Payments complete
//! after the outage. Meanwhile nothing is acknowledged that is not committed, and pages are asked to retry.

mod clock;
mod database;
mod disk;
mod failover;
mod proxy;
mod token;

use kvitt_wire::{Checkout, State};
use reqwest::{Response, StatusCode};

use crate::shop::{Stage, eventually, http, two_mugs_and_a_tea};

/// Polling is slow, so that webhooks matter. A claim lasts five timeouts.
const QUICK: &str = "polling.first_ms = 1000\npolling.every_ms = 500\nvipps.timeout_ms = 500";

/// Requests a checkout of a proxy, without a retry.
async fn asks_to_pay(proxy: &str) -> reqwest::Result<Response> {
    http().post(format!("{proxy}/v1/checkouts")).json(&two_mugs_and_a_tea()).send().await
}

/// A page that retries until it has the redirect to Vipps MobilePay.
async fn orders(proxy: &str) -> Checkout {
    let opened = eventually("the checkout", || async {
        let answer = asks_to_pay(proxy).await.ok()?;
        match answer.status() {
            StatusCode::CREATED => answer.json::<Checkout>().await.ok(),
            StatusCode::SERVICE_UNAVAILABLE => None,
            other => panic!("{other}"),
        }
    })
    .await;
    sees(proxy, &opened, State::Created).await
}

/// A page that polls until the order has this state.
async fn sees(proxy: &str, order: &Checkout, state: State) -> Checkout {
    let url = format!("{proxy}/v1/checkouts/{}", order.token);
    eventually(&format!("{state:?}"), || async {
        let checkout: Checkout = http().get(&url).send().await.ok()?.json().await.ok()?;
        (checkout.state == state).then_some(checkout)
    })
    .await
}

/// By the records of Vipps MobilePay exactly these orders are paid, each once.
async fn paid_once(stage: &Stage, orders: &[Checkout]) {
    let records = stage.vipps.records().await;
    let mut paid: Vec<_> = records.iter().filter(|record| record["state"] == "AUTHORIZED").collect();
    paid.retain(|record| record["aggregate"]["cancelledAmount"]["value"] == 0);
    let mut paid: Vec<_> = paid.iter().map(|record| record["reference"].as_str().unwrap()).collect();
    let mut wanted: Vec<_> = orders.iter().map(|order| order.reference.as_str()).collect();
    paid.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(paid, wanted);
}
