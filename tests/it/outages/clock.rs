//! The machine's clock jumps in the middle of a payment, and back. The order is paid once.

use kvitt_wire::{Checkout, NewAttempt, State};

use super::{QUICK, asks_to_pay};
use crate::shop::{Database, Stage, eventually, http};

const AN_HOUR_MS: i64 = 3_600_000;

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
