//! Open pages: those that wait for nothing, and those whose customers approve at a given rate.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::http::{Client, Frames};
use crate::payments::{self, Order};
use crate::stage::Stage;

/// How many streams are opened at the same time.
const AT_ONCE: usize = 64;
/// How many customers are looked after at the same time.
const HANDS: usize = 64;
/// How long a page may wait for its frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens the streams of orders; a page's proxy is the next in turn.
async fn open(stage: &Stage<'_>, tokens: Vec<String>) -> Result<Vec<Frames>> {
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    for (index, token) in tokens.into_iter().enumerate() {
        let (gate, address) = (gate.clone(), stage.addresses[index % stage.addresses.len()]);
        opening.spawn(async move {
            let _turn = gate.acquire_owned().await?;
            Ok((index, Frames::open(address, &format!("/v1/checkouts/{token}/events")).await?))
        });
    }
    let mut opened: Vec<(usize, Frames)> =
        opening.join_all().await.into_iter().collect::<Result<_>>().context("a stream cannot be opened")?;
    opened.sort_by_key(|(index, _)| *index);
    Ok(opened.into_iter().map(|(_, frames)| frames).collect())
}

/// Streams on which nothing happens, read until they are dropped.
pub(crate) struct Idle {
    readers: JoinSet<()>,
    count: usize,
    heard: Arc<AtomicU64>,
}

impl Idle {
    /// Opens `count` streams, so many on each order.
    pub(crate) async fn open(stage: &Stage<'_>, orders: &[Order], count: usize) -> Result<Self> {
        let tokens = orders.iter().cycle().take(count).map(|order| order.token.clone()).collect();
        let heard = Arc::new(AtomicU64::new(0));
        let mut readers = JoinSet::new();
        for frames in open(stage, tokens).await? {
            let heard = heard.clone();
            let hear = move || {
                heard.fetch_add(1, Ordering::Relaxed);
            };
            readers.spawn(frames.idle(hear));
        }
        Ok(Self { readers, count, heard })
    }

    /// How often something has arrived on a stream so far.
    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Fails if a stream was closed.
    pub(crate) fn are_open(&mut self) -> Result<()> {
        let mut closed = 0;
        while self.readers.try_join_next().is_some() {
            closed += 1;
        }
        ensure!(closed == 0, "{closed} of {} idle streams were closed", self.count);
        Ok(())
    }
}

/// From the approval to its frame on the page, and what a payment costs from there on.
pub(crate) struct Shown {
    /// In milliseconds, sorted.
    pub(crate) latencies: Vec<f64>,
    pub(crate) cpu_us: f64,
}

/// Customers approve, so many a second; the webhook is sent as soon as the emulator has answered. Each has a page open. With several proxies
/// the webhook arrives at another one than the page's.
pub(crate) async fn approvals(stage: &Stage<'_>, per_second: u32, seconds: u32) -> Result<Shown> {
    let count = (per_second * seconds) as usize;
    let (orders, _) = payments::open(stage, count, 32).await?;
    let frames = open(stage, orders.iter().map(|order| order.token.clone()).collect()).await?;
    let approved: Arc<Vec<Mutex<Option<Instant>>>> = Arc::new((0..count).map(|_| Mutex::default()).collect());
    let mut pages = JoinSet::new();
    for (index, mut frames) in frames.into_iter().enumerate() {
        let approved = approved.clone();
        pages.spawn(async move {
            frames.until(r#""state":"authorized""#).await?;
            let shown = Instant::now();
            let at = *approved[index].lock().map_err(|_| anyhow::anyhow!("a customer panicked"))?;
            // The frame may be here before the emulator's answer is.
            anyhow::Ok(at.map_or(0.0, |at| shown.saturating_duration_since(at).as_secs_f64() * 1e3))
        });
    }

    let (give, take) = mpsc::unbounded_channel::<(usize, Vec<u8>, Vec<u8>)>();
    let take = Arc::new(tokio::sync::Mutex::new(take));
    let mut hands = JoinSet::new();
    for hand in 0..HANDS {
        let (take, approved) = (take.clone(), approved.clone());
        let mut emulator = Client::new(stage.emulator);
        let mut server = Client::new(stage.addresses[(hand + 1) % stage.addresses.len()]);
        hands.spawn(async move {
            loop {
                let next = take.lock().await.recv().await;
                let Some((index, approve, webhook)) = next else { return anyhow::Ok(()) };
                emulator.send(&approve).await?.checked()?;
                *approved[index].lock().map_err(|_| anyhow::anyhow!("a page panicked"))? = Some(Instant::now());
                server.send(&webhook).await?.checked()?;
            }
        });
    }
    let prepared = orders.iter().enumerate().map(|(index, order)| {
        let approve = payments::at_emulator(&order.reference, "approve");
        Ok((index, approve, stage.webhook(&order.reference, "AUTHORIZED")?))
    });
    let prepared = prepared.collect::<Result<Vec<_>>>()?;
    let before = stage.cpu()?;
    let mut tick = interval(Duration::from_secs(1) / per_second);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for customer in prepared {
        tick.tick().await;
        give.send(customer).ok().context("nobody looks after the customers")?;
    }
    drop(give);
    hands.join_all().await.into_iter().collect::<Result<()>>()?;

    let waiting = AtomicUsize::new(count);
    let mut latencies = Vec::with_capacity(count);
    let all = async {
        while let Some(page) = pages.join_next().await {
            latencies.push(page??);
            waiting.fetch_sub(1, Ordering::Relaxed);
        }
        anyhow::Ok(())
    };
    let in_time = timeout(PATIENCE, all).await;
    in_time.with_context(|| format!("{} of {count} pages got no frame", waiting.into_inner()))??;
    let cpu = stage.cpu()? - before;
    latencies.sort_by(f64::total_cmp);
    Ok(Shown { latencies, cpu_us: cpu.as_secs_f64() * 1e6 / count as f64 })
}
