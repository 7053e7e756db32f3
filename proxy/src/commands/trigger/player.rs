//! Plays the steps of a story over HTTP: at the proxy as the page and as the shop's backend, at the emulator through its control API.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use kvitt_wire::{Aggregate, Cart, Checkout, ShopOrder, State};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::commands::caller::{self, Proxy};
use crate::commands::output;
use crate::commands::stories::{Money, Order, Part, Step, Webhook};

/// How often a condition is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The state of a story that is played.
pub(super) struct Player {
    http: Client,
    proxy: Proxy,
    emulator: Option<String>,
    sales_unit: Option<String>,
    timeout: Duration,
    order: Option<Checkout>,
    shares: bool,
}

impl Player {
    pub(super) fn new(
        proxy: Proxy,
        emulator: Option<String>,
        sales_unit: Option<String>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self { http: caller::client()?, proxy, emulator, sales_unit, timeout, order: None, shares: false })
    }

    /// Plays a step, and describes its result.
    pub(super) async fn play(&mut self, step: &Step) -> anyhow::Result<String> {
        match step {
            Step::Order(order) => self.open(order).await,
            Step::Customer(does) => {
                let reference = self.order()?.reference.clone();
                self.control(&format!("payments/{reference}/{does}"), &json!({})).await
            }
            Step::Cancel {} => {
                let request = self.http.delete(self.page("")?);
                self.read_order(request).await
            }
            Step::Retry {} => {
                let consent = self.consent();
                let request = self.http.post(self.page("/attempts")?);
                let body = json!({ "terms_accepted": true, "consent": consent });
                self.read_order(request.json(&body)).await
            }
            Step::Return {} => {
                let url = self.proxy.at(&format!("/return/{}", self.order()?.token));
                let status = self.http.get(url).send().await?.status();
                ensure!(status == StatusCode::OK || status == StatusCode::SEE_OTHER, "the proxy answers {status}");
                Ok("returned".to_owned())
            }
            Step::State(state) => self.wait_until(|order| order.state == *state).await,
            Step::Shared {} => self.wait_until(|order| order.sharing.phone_number_ending.is_some()).await,
            Step::Capture(part) => self.operate("capture", part).await,
            Step::Refund(part) => self.operate("refund", part).await,
            Step::Release {} => self.operate("cancel", &Part::default()).await,
            Step::Money(money) => self.wait_until(|order| matches_money(money, &order.aggregate)).await,
            Step::Webhook(Webhook { event, action, times }) => {
                let fault = json!({ "match": { "event": event }, "times": times, "action": { "webhook": action } });
                self.control("faults", &fault).await
            }
            Step::Fault(fault) => self.control("faults", fault).await,
            Step::Time(ms) => self.control("clock", &json!({ "advance_ms": ms })).await,
        }
    }

    async fn open(&mut self, order: &Order) -> anyhow::Result<String> {
        let mut cart = Url::parse(&self.proxy.at("/v1/cart")).context("the proxy's address")?;
        cart.query_pairs_mut().append_pair("items", &order.items);
        if let Some(unit) = &self.sales_unit {
            cart.query_pairs_mut().append_pair("sales_unit", unit);
        }
        let cart: Cart = read(self.http.get(cart)).await?;
        let items = cart.lines.iter().map(|line| json!({ "sku": line.sku, "quantity": line.quantity }));
        self.shares = order.share;
        let body = json!({
            "items": items.collect::<Value>(), "amount": cart.total, "sales_unit": cart.sales_unit,
            "terms_accepted": true, "consent": self.consent(),
        });
        let request = self.http.post(self.proxy.at("/v1/checkouts"));
        self.read_order(request.header("idempotency-key", Uuid::new_v4().to_string()).json(&body)).await
    }

    fn consent(&self) -> Option<Value> {
        self.shares.then(|| json!({ "wording": kvitt_wire::CONSENT_WORDING }))
    }

    fn order(&self) -> anyhow::Result<&Checkout> {
        self.order.as_ref().context("there is no order yet: a story must begin with one")
    }

    fn page(&self, path: &str) -> anyhow::Result<String> {
        Ok(self.proxy.at(&format!("/v1/checkouts/{}{path}", self.order()?.token)))
    }

    /// Sends a request of the page, and keeps the order of the response.
    async fn read_order(&mut self, request: RequestBuilder) -> anyhow::Result<String> {
        let order: Checkout = read(request).await?;
        ensure!(order.state != State::Failed, "the payment could not be created: {:?}", order.trouble);
        if let (None, Some(url)) = (&self.emulator, &order.redirect_url) {
            self.emulator = Some(Url::parse(url)?.origin().ascii_serialization());
        }
        let summary = summary(&order);
        self.order = Some(order);
        Ok(summary)
    }

    async fn wait_until(&mut self, wanted: impl Fn(&Checkout) -> bool) -> anyhow::Result<String> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let order: Checkout = read(self.http.get(self.page("")?)).await?;
            let reached = wanted(&order);
            let summary = summary(&order);
            self.order = Some(order);
            if reached {
                return Ok(summary);
            }
            ensure!(Instant::now() < deadline, "not reached within {} s: {summary}", self.timeout.as_secs());
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Requests an operation on the money, and repeats it under the same idempotency key until it is done.
    async fn operate(&self, what: &str, part: &Part) -> anyhow::Result<String> {
        let order = self.order()?;
        let url = self.proxy.at(&format!("/v1/shop/orders/{}/{what}", order.reference));
        let currency = order.cart.total.currency;
        let amount = part.amount.map(|value| json!({ "value": value, "currency": currency }));
        let body = match what {
            "cancel" => json!({}),
            _ => json!({ "amount": amount, "lines": part.lines }),
        };
        let key = Uuid::new_v4().to_string();
        let deadline = Instant::now() + self.timeout;
        loop {
            let request = self.http.post(&url).header("idempotency-key", &key).json(&body);
            let response = self.proxy.authorize(request)?.send().await?;
            match response.status() {
                StatusCode::ACCEPTED => ensure!(Instant::now() < deadline, "still pending"),
                StatusCode::OK => {
                    let order: ShopOrder = response.json().await?;
                    return Ok(money(&order.aggregate));
                }
                _ => bail!(problem_text(response).await),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn control(&self, path: &str, body: &Value) -> anyhow::Result<String> {
        let emulator = self.emulator.as_deref().context("the emulator is unknown: name it with --emulator")?;
        let at = format!("{}/_emulator", emulator.trim_end_matches('/'));
        let answer = self.http.post(format!("{at}/{path}")).json(body).send().await.context("the emulator")?;
        match answer.status() {
            status if status.is_success() => Ok("done".to_owned()),
            StatusCode::CONFLICT => bail!("the emulator refuses: {}", answer.text().await.unwrap_or_default()),
            status => bail!("{at}/{path} answers {status}: is it the emulator?"),
        }
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> anyhow::Result<T> {
    let response = request.send().await.context("the proxy")?;
    if !response.status().is_success() {
        bail!(problem_text(response).await);
    }
    response.json().await.context("the proxy's response cannot be parsed")
}

/// The text of a problem.
async fn problem_text(response: reqwest::Response) -> String {
    let status = response.status();
    match response.json::<kvitt_wire::Problem>().await {
        Ok(problem) => {
            let detail = problem.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{} {}{detail}", problem.code, problem.title)
        }
        Err(_) => format!("the proxy answers {status}"),
    }
}

/// Whether an order has the wanted amounts.
fn matches_money(wanted: &Money, aggregate: &Aggregate) -> bool {
    let same = |wanted: Option<i64>, is: i64| wanted.is_none_or(|wanted| wanted == is);
    same(wanted.captured, aggregate.captured)
        && same(wanted.cancelled, aggregate.cancelled)
        && same(wanted.refunded, aggregate.refunded)
}

/// The order in one line.
fn summary(order: &Checkout) -> String {
    let total = order.cart.total;
    let mut summary = format!(
        "{} {} {} {}",
        order.reference,
        order.state.as_str(),
        output::amount(total.value),
        total.currency.code()
    );
    if order.aggregate.authorized > 0 {
        summary += &format!(": {}", money(&order.aggregate));
    }
    summary
}

fn money(aggregate: &Aggregate) -> String {
    let parts = [("captured", aggregate.captured), ("released", aggregate.cancelled), ("refunded", aggregate.refunded)];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, minor)| *minor > 0)
        .map(|(name, minor)| format!("{name} {}", output::amount(*minor)))
        .collect();
    if parts.is_empty() { "reserved".to_owned() } else { parts.join(", ") }
}
