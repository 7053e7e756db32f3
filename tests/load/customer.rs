//! Customers: those who pay, each with a page that subscribes to the order, and those whose page is only subscribed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use kvitt_wire::{Amount, Checkout, ConsentGiven, Currency, Item, Language, NewCheckout, State};
use reqwest::Response;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::stage::Stage;

/// The time until the page must show the payment.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How the webhook of the payment is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Once,
    Twice,
    Lost,
}

/// A customer whose page has shown the payment.
pub(crate) struct Paid {
    pub(crate) delivery: Delivery,
    /// From the request to the payment's redirect URL, in milliseconds.
    pub(crate) opened_ms: f64,
    /// From the approval to its event on the page, in milliseconds.
    pub(crate) paid_ms: f64,
}

type Result<T> = std::result::Result<T, String>;

/// A customer pays, with the page open.
pub(crate) async fn pays(stage: Arc<Stage>, delivery: Delivery) -> Result<Paid> {
    let paying = async {
        let started = Instant::now();
        let mut order = order(&stage).await?;
        let mut page = Page::open(&stage, &order).await?;
        while order.state == State::Starting {
            order = page.next().await?;
        }
        let opened_ms = ms(started);
        let approved = approve(&stage, &order.reference, delivery).await?;
        while order.state != State::Authorized {
            order = page.next().await?;
        }
        Ok(Paid { delivery, opened_ms, paid_ms: ms(approved) })
    };
    tokio::time::timeout(TIMEOUT, paying).await.unwrap_or_else(|_| Err("not in a minute".to_owned()))
}

/// Pages that are subscribed to unchanging orders, a hundred to each order.
pub(crate) async fn subscribers(stage: &Arc<Stage>, count: u32) -> Vec<JoinHandle<()>> {
    let mut subscribers = Vec::new();
    let mut subscribed = None;
    for number in 0..count {
        if number % 100 == 0 {
            subscribed = Some(order(stage).await.unwrap());
        }
        let mut page = Page::open(stage, subscribed.as_ref().unwrap()).await.unwrap();
        page.next().await.unwrap();
        subscribers.push(tokio::spawn(async move { while page.next().await.is_ok() {} }));
    }
    subscribers
}

async fn order(stage: &Stage) -> Result<Checkout> {
    let request = NewCheckout {
        items: vec![Item { sku: "mug".into(), quantity: 2 }, Item { sku: "tea".into(), quantity: 1 }],
        signed_cart: None,
        amount: Amount { value: 58_700, currency: Currency::Nok },
        sales_unit: None,
        terms_accepted: true,
        consent: Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: None }),
        language: Language::Nb,
        return_url: None,
        open: false,
        cart_id: None,
    };
    let request = stage.http.post(format!("{}/v1/checkouts", stage.url)).json(&request);
    checked(request.send().await)?.json().await.map_err(|error| error.to_string())
}

/// Sets how the webhook is delivered, and approves. Returns when.
async fn approve(stage: &Stage, reference: &str, delivery: Delivery) -> Result<Instant> {
    let control = format!("{}/_emulator", stage.emulator.url());
    let _guard = stage.delivery.lock().await;
    let webhook = match delivery {
        Delivery::Once => None,
        Delivery::Twice => Some("duplicate"),
        Delivery::Lost => Some("lose"),
    };
    if let Some(webhook) = webhook {
        let fault = json!({ "match": { "event": "AUTHORIZED" }, "times": 1, "action": { "webhook": webhook } });
        checked(stage.http.post(format!("{control}/faults")).json(&fault).send().await)?;
    }
    let approved = Instant::now();
    checked(stage.http.post(format!("{control}/payments/{reference}/approve")).send().await)?;
    Ok(approved)
}

/// An open page: reads the stream event by event.
struct Page {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
}

impl Page {
    async fn open(stage: &Stage, order: &Checkout) -> Result<Self> {
        let stream = stage.http.get(format!("{}/v1/checkouts/{}/events", stage.url, order.token));
        let body = checked(stream.send().await)?.bytes_stream().map(|bytes| bytes.map(|bytes| bytes.to_vec()));
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

fn checked(response: reqwest::Result<Response>) -> Result<Response> {
    let response = response.map_err(|error| format!("{error:?}"))?;
    let status = response.status();
    if status.is_success() { Ok(response) } else { Err(format!("{status} from {}", response.url().path())) }
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
