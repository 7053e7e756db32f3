//! The proxy under load: so many payments a second, thousands of pages that only watch, and a third of the webhooks doubled or lost.
//!
//! Everything is on this machine's loopback: the proxy is a process of its own, the emulator and the customers are this
//! one. It ends by itself, prints what it measured, and fails when a payment was lost or doubled. `cargo xtask soak load` starts it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the run")]

mod customer;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::time::{MissedTickBehavior, interval};

use customer::{Fate, Paid};
use stage::Stage;

/// Load on one proxy.
#[derive(Parser)]
struct Args {
    /// The proxy's binary
    #[arg(long, value_name = "FILE")]
    proxy: PathBuf,
    /// Payments begun each second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For so many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Pages that watch an order at which nothing happens
    #[arg(long, default_value_t = 5_000)]
    streams: u32,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let stage = Arc::new(Stage::set(&args.proxy, args.streams).await);
    let watchers = customer::watchers(&stage, args.streams).await;
    println!("{} streams open; the proxy has {}", watchers.len(), stage.memory());

    let began = Instant::now();
    let mut tick = interval(Duration::from_secs(1) / args.rate);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut customers = tokio::task::JoinSet::new();
    for number in 0..args.rate * args.seconds {
        tick.tick().await;
        // One in six is lost, one in six comes twice.
        let fate = [Fate::Told, Fate::Lost, Fate::Told, Fate::Doubled, Fate::Told, Fate::Told][number as usize % 6];
        customers.spawn(customer::pays(stage.clone(), fate));
    }
    let asked = customers.len();
    let begun_s = began.elapsed().as_secs_f64();
    let outcomes = customers.join_all().await;
    let took_s = began.elapsed().as_secs_f64();
    let memory = stage.memory();

    let paid: Vec<&Paid> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    for trouble in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).take(5) {
        println!("failed: {trouble}");
    }
    println!("{asked} payments begun in {begun_s:.1} s, {} seen paid by their pages within {took_s:.1} s", paid.len());
    report("page asks, redirect is there", paid.iter().map(|paid| paid.opened_ms).collect());
    for (fate, what) in [
        (Fate::Told, "approval to page, webhook told once"),
        (Fate::Doubled, "… told twice"),
        (Fate::Lost, "… never told"),
    ] {
        report(what, paid.iter().filter(|paid| paid.fate == fate).map(|paid| paid.told_ms).collect());
    }
    println!("the proxy has {memory}, with {} streams", stage.metric("kvitt_watchers").await);
    assert_eq!(watchers.iter().filter(|watcher| watcher.is_finished()).count(), 0, "streams were cut");
    stage.books_agree(paid.len(), asked).await;
    println!("none lost, none doubled");
}

fn report(what: &str, mut ms: Vec<f64>) {
    ms.sort_by(f64::total_cmp);
    let at =
        |share: usize| ms.get((ms.len() * share / 100).min(ms.len().saturating_sub(1))).copied().unwrap_or(f64::NAN);
    println!("{what:<38} n {:>6}  p50 {:>8.1} ms  p99 {:>8.1} ms  max {:>8.1} ms", ms.len(), at(50), at(99), at(100));
}
