//! The proxy that something happens to when it has written down, or been answered by Vipps MobilePay, so many times: it dies, or the
//! machine's clock jumps, and back a little later.
//!
//! It counts the proxy's own log events, which come after the fact and before anything that follows from it, so that what dies here is
//! what would die with a machine: the fact is durable (or done at the vendor's), and nobody has been told. It logs nothing.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use kvitt::config::Config;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[derive(Parser)]
struct Args {
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What is counted.
    #[arg(long, requires = "nth")]
    dies_after: Option<Counted>,
    /// How many of them it lives.
    #[arg(long, value_name = "N")]
    nth: Option<u32>,
    /// Instead of dying, its clock jumps by so many milliseconds, and back after a few more.
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    jumps_ms: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Counted {
    /// Something was committed.
    Commit,
    /// Vipps MobilePay answered; nothing of the answer is written down.
    Answer,
    /// The shop's backend answered what it was told; nothing of the answer is written down.
    Delivery,
}

impl Counted {
    const fn messages(self) -> &'static [&'static str] {
        match self {
            Self::Commit => &[
                "checkout opened",
                "checkout committed",
                "cause settled",
                "webhooks written",
                "effects claimed",
                "effect postponed",
                "effect deferred",
            ],
            Self::Answer => &["Vipps MobilePay answered", "Vipps MobilePay refused or did not answer"],
            Self::Delivery => &["endpoint answered"],
        }
    }
}

/// After so many more the clock jumps back.
const FEW: u32 = 3;

/// Counts, and lets it happen.
struct Life {
    counted: &'static [&'static str],
    so_far: AtomicU32,
    nth: u32,
    jumps_ms: Option<i64>,
}

impl Life {
    fn count(&self) {
        let count = self.so_far.fetch_add(1, Ordering::SeqCst) + 1;
        match self.jumps_ms {
            None if count == self.nth => std::process::abort(),
            Some(ms) if count == self.nth => kvitt::base::clock::goes_wrong_by_ms(ms),
            Some(_) if count == self.nth + FEW => kvitt::base::clock::goes_wrong_by_ms(0),
            _ => {}
        }
    }
}

impl<S: Subscriber> Layer<S> for Life {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        // Here and not by a filter around this layer: what sqlx asks of such a filter makes it lose the event after.
        if !event.metadata().target().starts_with("kvitt") {
            return;
        }
        let mut message = Message::default();
        event.record(&mut message);
        if self.counted.contains(&message.0.as_str()) {
            self.count();
        }
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let config = Config::load(Some(&args.config), std::env::vars())?;
    if let (Some(counted), Some(nth)) = (args.dies_after, args.nth) {
        let life = Life { counted: counted.messages(), so_far: AtomicU32::new(0), nth, jumps_ms: args.jumps_ms };
        tracing_subscriber::registry().with(life).try_init()?;
    }
    let listener = TcpListener::bind(&config.http.listen).await.context("the address is taken")?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(kvitt::serve(config, listener, CancellationToken::new()).await?)
}
