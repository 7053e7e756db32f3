//! Customers: those who pay, each with a page that follows the order, and those whose page only watches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use kvitt_wire::{Amount, Checkout, ConsentGiven, Currency, Item, Language, NewCheckout, State};
use reqwest::Response;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::stage::Stage;

/// A page that has not been told after this is one too many.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of the webhook that tells of the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Told,
    Doubled,
    Lost,
}

/// One who has paid and seen it.
pub(crate) struct Paid {
    pub(crate) fate: Fate,
    /// From the press of the button to the address of the payment, in milliseconds.
    pub(crate) opened_ms: f64,
    /// From the approval to the page's knowing, in milliseconds.
    pub(crate) told_ms: f64,
}

type Result<T> = std::result::Result<T, String>;

/// A customer pays, with the page open.
pub(crate) async fn pays(stage: Arc<Stage>, fate: Fate) -> Result<Paid> {
    let paying = async {
        let pressed = Instant::now();
        let mut order = order(&stage).await?;
        let mut page = Page::open(&stage, &order).await?;
        while order.state == State::Starting {
            order = page.next().await?;
        }
        let opened_ms = ms(pressed);
        let approved = approve(&stage, &order.reference, fate).await?;
        while order.state != State::Authorized {
            order = page.next().await?;
        }
        Ok(Paid { fate, opened_ms, told_ms: ms(approved) })
    };
    tokio::time::timeout(PATIENCE, paying).await.unwrap_or_else(|_| Err("not in a minute".to_owned()))
}

/// Pages that watch orders at which nothing happens, a hundred to an order.
pub(crate) async fn watchers(stage: &Arc<Stage>, count: u32) -> Vec<JoinHandle<()>> {
    let mut watchers = Vec::new();
    let mut watched = None;
    for number in 0..count {
        if number % 100 == 0 {
            watched = Some(order(stage).await.unwrap());
        }
        let mut page = Page::open(stage, watched.as_ref().unwrap()).await.unwrap();
        page.next().await.unwrap();
        watchers.push(tokio::spawn(async move { while page.next().await.is_ok() {} }));
    }
    watchers
}

async fn order(stage: &Stage) -> Result<Checkout> {
    let asked = NewCheckout {
        items: vec![Item { sku: "mug".into(), quantity: 2 }, Item { sku: "tea".into(), quantity: 1 }],
        signed_cart: None,
        amount: Amount { value: 58_700, currency: Currency::Nok },
        sales_unit: None,
        terms_accepted: true,
        consent: Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into() }),
        language: Language::Nb,
        return_url: None,
        open: false,
    };
    let asked = stage.http.post(format!("{}/v1/checkouts", stage.url)).json(&asked);
    good(asked.send().await)?.json().await.map_err(|error| error.to_string())
}

/// Has the webhook's fate decided, and approves; when that was.
async fn approve(stage: &Stage, reference: &str, fate: Fate) -> Result<Instant> {
    let control = format!("{}/_emulator", stage.emulator.url());
    let _alone = stage.fate.lock().await;
    let webhook = match fate {
        Fate::Told => None,
        Fate::Doubled => Some("duplicate"),
        Fate::Lost => Some("lose"),
    };
    if let Some(webhook) = webhook {
        let fault = json!({ "match": { "event": "AUTHORIZED" }, "times": 1, "action": { "webhook": webhook } });
        good(stage.http.post(format!("{control}/faults")).json(&fault).send().await)?;
    }
    let approved = Instant::now();
    good(stage.http.post(format!("{control}/payments/{reference}/approve")).send().await)?;
    Ok(approved)
}

/// A stream, event by event.
struct Page {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
}

impl Page {
    async fn open(stage: &Stage, order: &Checkout) -> Result<Self> {
        let stream = stage.http.get(format!("{}/v1/checkouts/{}/events", stage.url, order.token));
        let body = good(stream.send().await)?.bytes_stream().map(|bytes| bytes.map(|bytes| bytes.to_vec()));
        Ok(Self { body: Box::pin(body), text: String::new() })
    }

    async fn next(&mut self) -> Result<Checkout> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let checkout = data.map(|data| serde_json::from_str(data.trim()).map_err(|error| error.to_string()));
                self.text = rest.to_owned();
                if let Some(checkout) = checkout {
                    return checkout;
                }
            }
            let bytes = self.body.next().await.ok_or("the stream ended")?.map_err(|error| error.to_string())?;
            self.text.push_str(std::str::from_utf8(&bytes).map_err(|error| error.to_string())?);
        }
    }
}

fn good(response: reqwest::Result<Response>) -> Result<Response> {
    let response = response.map_err(|error| format!("{error:?}"))?;
    let status = response.status();
    if status.is_success() { Ok(response) } else { Err(format!("{status} from {}", response.url().path())) }
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
