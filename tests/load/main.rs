//! The proxy under load: a rate of payments, thousands of subscribed pages, and a third of the webhooks delivered twice or lost.
//!
//! Everything runs on loopback: the proxy is a process of its own, the emulator and the customers are this one. It ends by itself, prints the
//! measurements, and fails when a payment was lost or made twice. `cargo xtask soak load` starts it.

#![expect(clippy::unwrap_used, reason = "an error here fails the run")]

mod customer;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::time::{MissedTickBehavior, interval};

use customer::{Delivery, Paid};
use stage::Stage;

/// Load on one proxy.
#[derive(Parser)]
struct Args {
    /// The proxy's binary
    #[arg(long, value_name = "FILE")]
    proxy: PathBuf,
    /// Payments started per second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Duration in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Pages that are subscribed to an unchanging order
    #[arg(long, default_value_t = 5_000)]
    streams: u32,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let stage = Arc::new(Stage::set(&args.proxy, args.streams).await);
    let subscribers = customer::subscribers(&stage, args.streams).await;
    println!("{} streams open; the proxy has {}", subscribers.len(), stage.memory());

    let began = Instant::now();
    let mut tick = interval(Duration::from_secs(1) / args.rate);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut customers = tokio::task::JoinSet::new();
    for number in 0..args.rate * args.seconds {
        tick.tick().await;
        // One in six webhooks is lost, one in six is delivered twice.
        let delivery =
            [Delivery::Once, Delivery::Lost, Delivery::Once, Delivery::Twice, Delivery::Once, Delivery::Once]
                [number as usize % 6];
        customers.spawn(customer::pays(stage.clone(), delivery));
    }
    let started = customers.len();
    let started_s = began.elapsed().as_secs_f64();
    let outcomes = customers.join_all().await;
    let took_s = began.elapsed().as_secs_f64();
    let memory = stage.memory();

    let paid: Vec<&Paid> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).take(5) {
        println!("failed: {error}");
    }
    println!(
        "{started} payments started in {started_s:.1} s, {} shown as paid by their pages within {took_s:.1} s",
        paid.len()
    );
    report("request to redirect URL", paid.iter().map(|paid| paid.opened_ms).collect());
    for (delivery, what) in [
        (Delivery::Once, "approval to page, webhook once"),
        (Delivery::Twice, "… webhook twice"),
        (Delivery::Lost, "… webhook lost"),
    ] {
        report(what, paid.iter().filter(|paid| paid.delivery == delivery).map(|paid| paid.paid_ms).collect());
    }
    println!("the proxy has {memory}, with {} streams", stage.metric("kvitt_watchers").await);
    assert_eq!(subscribers.iter().filter(|subscriber| subscriber.is_finished()).count(), 0, "streams were closed");
    stage.check_records(paid.len(), started).await;
    println!("no payment lost, none made twice");
}

fn report(what: &str, mut ms: Vec<f64>) {
    ms.sort_by(f64::total_cmp);
    let at =
        |share: usize| ms.get((ms.len() * share / 100).min(ms.len().saturating_sub(1))).copied().unwrap_or(f64::NAN);
    println!("{what:<38} n {:>6}  p50 {:>8.1} ms  p99 {:>8.1} ms  max {:>8.1} ms", ms.len(), at(50), at(99), at(100));
}
