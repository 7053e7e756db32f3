//! What the proxy stands on gives way for a while: the token endpoint, the clock, the database, its disk, one proxy of several. Whatever
//! was begun ends as it should once that is over; meanwhile nothing is acknowledged that is not written down, and pages are told to ask
//! again.

mod clock;
mod database;
mod disk;
mod several;
mod token;

use kvitt_wire::{Checkout, State};
use reqwest::{Response, StatusCode};

use crate::shop::{Stage, eventually, http, two_mugs_and_a_tea};

/// Looks seldom come of themselves, so that webhooks matter; claims last five of the timeouts.
const QUICK: &str = "polling.first_ms = 1000\npolling.every_ms = 500\nvipps.timeout_ms = 500";

/// Asks a proxy for a checkout, once.
async fn asks_to_pay(proxy: &str) -> reqwest::Result<Response> {
    http().post(format!("{proxy}/v1/checkouts")).json(&two_mugs_and_a_tea()).send().await
}

/// A page that asks until it has got as far as Vipps MobilePay.
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

/// A page that asks until the order stands so.
async fn sees(proxy: &str, order: &Checkout, state: State) -> Checkout {
    let url = format!("{proxy}/v1/checkouts/{}", order.token);
    eventually(&format!("{state:?}"), || async {
        let checkout: Checkout = http().get(&url).send().await.ok()?.json().await.ok()?;
        (checkout.state == state).then_some(checkout)
    })
    .await
}

/// By the books of Vipps MobilePay these orders are paid, each once, and nothing else is.
async fn paid_once(stage: &Stage, orders: &[Checkout]) {
    let books = stage.vipps.books().await;
    let mut paid: Vec<_> = books.iter().filter(|book| book["state"] == "AUTHORIZED").collect();
    paid.retain(|book| book["aggregate"]["cancelledAmount"]["value"] == 0);
    let mut paid: Vec<_> = paid.iter().map(|book| book["reference"].as_str().unwrap()).collect();
    let mut wanted: Vec<_> = orders.iter().map(|order| order.reference.as_str()).collect();
    paid.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(paid, wanted);
}
