//! Payments as their customers and Vipps MobilePay cause them: orders are opened, approved at the emulator, and webhooks sent, so many at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::http::{self, Answer, Client};
use crate::stage::Stage;

/// An order that waits for its customer.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) token: String,
    pub(crate) reference: String,
}

/// What so many requests took.
pub(crate) struct Measured {
    /// In milliseconds, sorted.
    pub(crate) latencies: Vec<f64>,
    /// Of the server, for each request, in microseconds.
    pub(crate) cpu_us: f64,
    pub(crate) per_second: f64,
}

impl Measured {
    /// The latency that so many percent of the requests do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        percentile(&self.latencies, percent)
    }
}

/// The value that so many percent do not exceed. `sorted` must be.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// Whether the connections are there before the clock starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connections {
    Kept,
    New,
}

/// Sends all requests, `in_flight` at a time, to the addresses in turn. Returns answers and latencies in their order, and the time of it all.
async fn send_all(
    addresses: &[SocketAddr],
    requests: Vec<Vec<u8>>,
    in_flight: usize,
    connections: Connections,
) -> Result<(Vec<(Answer, Duration)>, Duration)> {
    let in_flight = in_flight.min(requests.len()).max(1);
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let gate = Arc::new(Barrier::new(in_flight + 1));
    let mut senders = JoinSet::new();
    for sender in 0..in_flight {
        let (requests, next, gate) = (requests.clone(), next.clone(), gate.clone());
        let mut client = Client::new(addresses[sender % addresses.len()]);
        senders.spawn(async move {
            let connected = if connections == Connections::Kept { client.connect().await } else { Ok(()) };
            gate.wait().await;
            connected?;
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(number) else { return anyhow::Ok(done) };
                let sent = Instant::now();
                let answer = client.send(request).await.with_context(|| format!("request {number}"))?;
                done.push((number, answer, sent.elapsed()));
            }
        });
    }
    gate.wait().await;
    let began = Instant::now();
    let mut done = Vec::new();
    while let Some(sender) = senders.join_next().await {
        done.extend(sender??);
    }
    let took = began.elapsed();
    done.sort_by_key(|(number, ..)| *number);
    Ok((done.into_iter().map(|(_, answer, latency)| (answer, latency)).collect(), took))
}

/// Until when the server's CPU time counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Until the last answer, and a moment for what is left of it. Orders that wait are polled, so there may be no rest.
    Answered,
    /// Until it has nothing more to do.
    Rest,
}

/// Sends all requests to the server.
async fn measure(
    stage: &Stage<'_>,
    requests: Vec<Vec<u8>>,
    in_flight: usize,
    connections: Connections,
    until: Until,
) -> Result<(Vec<Answer>, Measured)> {
    const MOMENT: Duration = Duration::from_millis(200);
    let (count, before) = (requests.len(), stage.cpu()?);
    let (done, took) = send_all(&stage.addresses, requests, in_flight, connections).await?;
    let after = match until {
        Until::Answered => {
            tokio::time::sleep(MOMENT).await;
            stage.cpu()?
        }
        Until::Rest => stage.rests().await?,
    };
    let cpu = after - before;
    let mut latencies: Vec<f64> = done.iter().map(|(_, latency)| latency.as_secs_f64() * 1e3).collect();
    latencies.sort_by(f64::total_cmp);
    let cpu_us = cpu.as_secs_f64() * 1e6 / count as f64;
    let measured = Measured { latencies, cpu_us, per_second: count as f64 / took.as_secs_f64() };
    Ok((done.into_iter().map(|(answer, _)| answer).collect(), measured))
}

/// The request that opens an order: the page's.
fn new_order() -> Vec<u8> {
    let body = json!({
        "items": [{ "sku": "mug", "quantity": 2 }, { "sku": "tea", "quantity": 1 }],
        "amount": { "value": 58_700, "currency": "NOK" },
        "terms_accepted": true,
        "language": "nb",
    });
    http::post("/v1/checkouts", &[], &body.to_string())
}

/// Opens orders. Each is answered with the address of its payment.
pub(crate) async fn open(stage: &Stage<'_>, count: usize, in_flight: usize) -> Result<(Vec<Order>, Measured)> {
    let (answers, measured) =
        measure(stage, vec![new_order(); count], in_flight, Connections::Kept, Until::Answered).await?;
    let orders = answers.into_iter().map(|answer| order(&answer.json()?)).collect::<Result<_>>()?;
    Ok((orders, measured))
}

/// Opens one order. Returns how long it took, in milliseconds.
pub(crate) async fn open_one(stage: &Stage<'_>) -> Result<f64> {
    let (mut done, _) = send_all(&stage.addresses, vec![new_order()], 1, Connections::Kept).await?;
    let (answer, latency) = done.pop().context("no answer")?;
    order(&answer.json()?)?;
    Ok(latency.as_secs_f64() * 1e3)
}

fn order(answer: &Value) -> Result<Order> {
    ensure!(answer["redirect_url"].is_string(), "an order without an address to pay at: {answer}");
    let text = |name: &str| answer[name].as_str().map(str::to_owned).context("an order without a token");
    Ok(Order { token: text("token")?, reference: text("reference")? })
}

/// The customers do it in the app: `approve` or `reject`.
pub(crate) async fn customers(stage: &Stage<'_>, orders: &[Order], action: &str) -> Result<()> {
    let requests = orders.iter().map(|order| at_emulator(&order.reference, action)).collect();
    let (done, _) = send_all(&[stage.emulator], requests, 16, Connections::Kept).await?;
    done.into_iter().try_for_each(|(answer, _)| answer.checked().map(drop))
}

/// The request by which one customer does it.
pub(crate) fn at_emulator(reference: &str, action: &str) -> Vec<u8> {
    http::post(&format!("/_emulator/payments/{reference}/{action}"), &[], "{}")
}

/// Sends the webhooks of approved payments. The work counts until all orders are settled, which is checked after the measurement.
pub(crate) async fn webhooks(stage: &Stage<'_>, orders: &[Order], in_flight: usize) -> Result<Measured> {
    settle(stage, orders, in_flight, Connections::Kept).await
}

/// The same, on a new connection for each webhook, all opened at once.
pub(crate) async fn webhooks_at_once(stage: &Stage<'_>, orders: &[Order]) -> Result<Measured> {
    settle(stage, orders, orders.len(), Connections::New).await
}

async fn settle(stage: &Stage<'_>, orders: &[Order], in_flight: usize, new: Connections) -> Result<Measured> {
    let requests = orders.iter().map(|order| stage.webhook(&order.reference, "AUTHORIZED")).collect::<Result<_>>()?;
    let (answers, measured) = measure(stage, requests, in_flight, new, Until::Rest).await?;
    answers.into_iter().try_for_each(|answer| answer.checked().map(drop))?;
    are(stage, orders, "authorized").await?;
    Ok(measured)
}

/// Checks the state of all orders, as their pages see it.
pub(crate) async fn are(stage: &Stage<'_>, orders: &[Order], state: &str) -> Result<()> {
    let requests = orders.iter().map(|order| http::get(&format!("/v1/checkouts/{}", order.token), &[])).collect();
    let (done, _) = send_all(&stage.addresses, requests, 16, Connections::Kept).await?;
    let mut others = 0;
    for (answer, _) in done {
        others += usize::from(answer.json()?["state"] != state);
    }
    ensure!(others == 0, "{others} of {} orders are not {state}", orders.len());
    Ok(())
}

/// Opens orders, has them approved and settled.
pub(crate) async fn paid(stage: &Stage<'_>, count: usize) -> Result<Vec<Order>> {
    let (orders, _) = open(stage, count, 32).await?;
    customers(stage, &orders, "approve").await?;
    webhooks(stage, &orders, 32).await?;
    Ok(orders)
}

/// Sends the same request so many times, one at a time.
pub(crate) async fn repeat(stage: &Stage<'_>, request: Vec<u8>, count: usize) -> Result<Measured> {
    let (answers, measured) = measure(stage, vec![request; count], 1, Connections::Kept, Until::Rest).await?;
    answers.into_iter().try_for_each(|answer| answer.checked().map(drop))?;
    Ok(measured)
}
