//! The proxy with an injected failure: after a number of commits, answers of Vipps MobilePay or deliveries it aborts, or its clock jumps and jumps
//! back a little later, or is wrong from the start.
//!
//! It counts the proxy's log events. Each comes directly after what it reports, so an abort there is like the crash of a machine: the change is
//! durable (or carried out at Vipps MobilePay), and nothing was sent about it. It logs nothing.

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
    /// What to count.
    #[arg(long, requires = "nth")]
    dies_after: Option<Counted>,
    /// Fail after this number.
    #[arg(long, value_name = "N")]
    nth: Option<u32>,
    /// Instead of an abort, the clock jumps by this many milliseconds, and back a few events later.
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    jumps_ms: Option<i64>,
    /// The clock is ahead by this many milliseconds from the start.
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    ahead_ms: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Counted {
    /// A commit.
    Commit,
    /// An answer of Vipps MobilePay, before it is stored.
    Answer,
    /// An answer of the shop's endpoint to a delivery, before it is stored.
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

/// The clock jumps back after this many more events.
const JUMP_LENGTH: u32 = 3;

/// Counts the log events, and fails after the given number.
struct FailAfter {
    counted: &'static [&'static str],
    count: AtomicU32,
    nth: u32,
    jumps_ms: Option<i64>,
}

impl FailAfter {
    fn count(&self) {
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        match self.jumps_ms {
            None if count == self.nth => std::process::abort(),
            Some(ms) if count == self.nth => kvitt::base::clock::set_offset_ms(ms),
            Some(_) if count == self.nth + JUMP_LENGTH => kvitt::base::clock::set_offset_ms(0),
            _ => {}
        }
    }
}

impl<S: Subscriber> Layer<S> for FailAfter {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        // Not a filter around this layer: sqlx's `enabled` checks would make such a filter lose the next event.
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
        let layer = FailAfter { counted: counted.messages(), count: AtomicU32::new(0), nth, jumps_ms: args.jumps_ms };
        tracing_subscriber::registry().with(layer).try_init()?;
    }
    kvitt::base::clock::set_offset_ms(args.ahead_ms.unwrap_or_default());
    let listener = TcpListener::bind(&config.http.listen).await.context("the address is taken")?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(kvitt::serve(config, listener, CancellationToken::new()).await?)
}
