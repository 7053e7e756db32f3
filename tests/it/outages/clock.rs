//! The machine's clock jumps in the middle of a payment, and back, and the order is paid once. A proxy whose clock is wrong deletes and expires
//! nothing.

use kvitt::observe::metrics::CAPTURES_DUE;
use kvitt_wire::{Checkout, NewAttempt, NewCheckout, ShopWarnings, State};

use super::{QUICK, asks_to_pay};
use crate::privacy::{seen_at, shared_at};
use crate::shop::{Database, Stage, beside, eventually, http, two_mugs_and_a_tea};

const AN_HOUR_MS: i64 = 3_600_000;
const A_YEAR_MS: i64 = 365 * 24 * AN_HOUR_MS;

/// The customer pays, and retries a failed attempt. The order is paid soon, whatever the clock says.
async fn pays(stage: &Stage, proxy: &str) -> Checkout {
    let opened: Checkout = asks_to_pay(proxy).await.unwrap().json().await.unwrap();
    let url = format!("{proxy}/v1/checkouts/{}", opened.token);
    eventually("the order is paid", || async {
        let order: Checkout = http().get(&url).send().await.ok()?.json().await.ok()?;
        match order.state {
            State::Authorized => return Some(order),
            State::Created => {
                if stage.vipps.record(&order.reference).await["state"] == "CREATED" {
                    stage.vipps.approves(&order.reference).await;
                }
                // Webhooks are refused while the clock is wrong, and redelivered later. The customer returns to the shop.
                http().get(format!("{proxy}/return/{}", opened.token)).send().await.ok()?;
            }
            State::Starting => {}
            _ => {
                let again =
                    http().post(format!("{url}/attempts")).json(&NewAttempt { terms_accepted: false, consent: None });
                again.send().await.ok()?;
            }
        }
        None
    })
    .await
}

async fn jumps_at_every_turn(ms: i64) {
    for nth in 1..=8 {
        let mut stage = Stage::set_with(Database::chosen(), QUICK).await;
        let args = ["--dies-after=commit".to_owned(), format!("--nth={nth}"), format!("--jumps-ms={ms}")];
        let proxy = stage.start_mortal(&args);
        let order = pays(&stage, &proxy.url).await;
        super::paid_once(&stage, &[order]).await;
        drop(proxy);
        stage.vipps.close().await;
    }
}

#[tokio::test]
async fn an_order_is_paid_once_though_the_clock_jumps_ahead_and_back() {
    jumps_at_every_turn(AN_HOUR_MS).await;
}

#[tokio::test]
async fn an_order_is_paid_once_though_the_clock_falls_behind() {
    jumps_at_every_turn(-AN_HOUR_MS).await;
}

/// An order that a page offers for half an hour.
async fn offered(stage: &Stage) -> Checkout {
    let order = NewCheckout { open: true, terms_accepted: false, consent: None, ..two_mugs_and_a_tea() };
    http().post(format!("{}/v1/checkouts", stage.url())).json(&order).send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_whose_clock_is_a_year_ahead_deletes_and_expires_nothing() {
    let mut stage = Stage::set_with(Database::chosen(), &format!("{QUICK}\nretention.customer_days = 30")).await;
    let proxy = stage.start();
    let key = stage.key("office").await;
    let (shared, offered) = (shared_at(&stage).await, offered(&stage).await);
    drop(proxy);

    let proxy = stage.start_mortal(&[format!("--ahead-ms={A_YEAR_MS}")]);
    let get = async |path: &str| http().get(format!("{}{path}", proxy.url)).bearer_auth(&key).send().await.unwrap();
    let warned = eventually("it warns", || async {
        let warnings = get("/v1/shop/warnings").await.json::<ShopWarnings>().await.unwrap().warnings;
        warnings.into_iter().find(|warning| warning.kind == "clock")
    })
    .await;
    assert!(warned.detail.contains(&format!("differ by {} minutes", A_YEAR_MS / 60_000)), "{warned:?}");
    let metrics = get("/metrics").await.text().await.unwrap();
    let ahead = metrics.lines().find_map(|line| line.strip_prefix("kvitt_clock_ahead_milliseconds ")).unwrap();
    assert!((ahead.parse::<i64>().unwrap() - A_YEAR_MS).abs() < AN_HOUR_MS, "{ahead}");
    // The chores that delete nothing have run, so the others could have.
    let store = beside(&stage.files.database).await;
    let now = kvitt::base::clock::now();
    eventually("the other chores have run", || async {
        let gauges = store.gauges().await.unwrap();
        gauges.iter().any(|gauge| gauge.name == CAPTURES_DUE && gauge.read_at > now).then_some(())
    })
    .await;
    store.close().await;
    drop(proxy);

    let proxy = stage.start();
    let shared = seen_at(&stage, &shared).await.unwrap();
    assert!(shared.sharing.phone_number_ending.is_some(), "the number is there");
    assert_eq!(seen_at(&stage, &offered).await.unwrap().state, State::Open);
    drop(proxy);
    stage.vipps.close().await;
}
