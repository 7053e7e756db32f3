//! Plays the steps of a story over HTTP: at the proxy as the page and as the shop's machine, at the emulator by its control API.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use kvitt_wire::{Aggregate, Cart, Checkout, ShopOrder, State};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::commands::caller::{self, Proxy};
use crate::commands::shown;
use crate::commands::stories::{Money, Order, Part, Step, Webhook};

/// How often it looks whether something has come about.
const LOOK: Duration = Duration::from_millis(100);

/// Where the story is.
pub(super) struct Player {
    http: Client,
    proxy: Proxy,
    emulator: Option<String>,
    sales_unit: Option<String>,
    patience: Duration,
    order: Option<Checkout>,
    shares: bool,
}

impl Player {
    pub(super) fn new(
        proxy: Proxy,
        emulator: Option<String>,
        sales_unit: Option<String>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self { http: caller::client()?, proxy, emulator, sales_unit, patience, order: None, shares: false })
    }

    /// Plays a step; what came of it.
    pub(super) async fn play(&mut self, step: &Step) -> anyhow::Result<String> {
        match step {
            Step::Order(order) => self.open(order).await,
            Step::Customer(does) => {
                let reference = self.order()?.reference.clone();
                self.control(&format!("payments/{reference}/{does}"), &json!({})).await
            }
            Step::Cancel {} => {
                let request = self.http.delete(self.page("")?);
                self.took(request).await
            }
            Step::Again {} => {
                let consent = self.consent();
                let request = self.http.post(self.page("/attempts")?);
                let body = json!({ "terms_accepted": true, "consent": consent });
                self.took(request.json(&body)).await
            }
            Step::Return {} => {
                let url = self.proxy.at(&format!("/return/{}", self.order()?.token));
                let status = self.http.get(url).send().await?.status();
                ensure!(status == StatusCode::OK || status == StatusCode::SEE_OTHER, "it was answered {status}");
                Ok("let in".to_owned())
            }
            Step::State(state) => self.comes_to(|order| order.state == *state).await,
            Step::Shared {} => self.comes_to(|order| order.sharing.phone_number_ending.is_some()).await,
            Step::Capture(part) => self.moves("capture", part).await,
            Step::Refund(part) => self.moves("refund", part).await,
            Step::LetGo {} => self.moves("cancel", &Part::default()).await,
            Step::Money(money) => self.comes_to(|order| fits(money, &order.aggregate)).await,
            Step::Webhook(Webhook { event, fares, times }) => {
                let fault = json!({ "match": { "event": event }, "times": times, "action": { "webhook": fares } });
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
        self.took(request.header("idempotency-key", Uuid::new_v4().to_string()).json(&body)).await
    }

    fn consent(&self) -> Option<Value> {
        self.shares.then(|| json!({ "wording": kvitt_wire::CONSENT_WORDING }))
    }

    fn order(&self) -> anyhow::Result<&Checkout> {
        self.order.as_ref().context("there is no order yet: the story begins with one")
    }

    fn page(&self, path: &str) -> anyhow::Result<String> {
        Ok(self.proxy.at(&format!("/v1/checkouts/{}{path}", self.order()?.token)))
    }

    /// What the page is answered is the order from now on.
    async fn took(&mut self, request: RequestBuilder) -> anyhow::Result<String> {
        let order: Checkout = read(request).await?;
        ensure!(order.state != State::Failed, "the payment could not be created: {:?}", order.trouble);
        if let (None, Some(url)) = (&self.emulator, &order.redirect_url) {
            self.emulator = Some(Url::parse(url)?.origin().ascii_serialization());
        }
        let said = said(&order);
        self.order = Some(order);
        Ok(said)
    }

    async fn comes_to(&mut self, wanted: impl Fn(&Checkout) -> bool) -> anyhow::Result<String> {
        let until = Instant::now() + self.patience;
        loop {
            let order: Checkout = read(self.http.get(self.page("")?)).await?;
            let came = wanted(&order);
            let said = said(&order);
            self.order = Some(order);
            if came {
                return Ok(said);
            }
            ensure!(Instant::now() < until, "it has not come about in {} s: {said}", self.patience.as_secs());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What moves money is asked for under one key until it is done.
    async fn moves(&self, what: &str, part: &Part) -> anyhow::Result<String> {
        let order = self.order()?;
        let url = self.proxy.at(&format!("/v1/shop/orders/{}/{what}", order.reference));
        let currency = order.cart.total.currency;
        let amount = part.amount.map(|value| json!({ "value": value, "currency": currency }));
        let body = match what {
            "cancel" => json!({}),
            _ => json!({ "amount": amount, "lines": part.lines }),
        };
        let key = Uuid::new_v4().to_string();
        let until = Instant::now() + self.patience;
        loop {
            let request = self.http.post(&url).header("idempotency-key", &key).json(&body);
            let response = self.proxy.sign(request)?.send().await?;
            match response.status() {
                StatusCode::ACCEPTED => ensure!(Instant::now() < until, "it is still pending"),
                StatusCode::OK => {
                    let order: ShopOrder = response.json().await?;
                    return Ok(money(&order.aggregate));
                }
                _ => bail!(refused(response).await),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn control(&self, path: &str, body: &Value) -> anyhow::Result<String> {
        let emulator = self.emulator.as_deref().context("say where the emulator is: --emulator")?;
        let at = format!("{}/_emulator", emulator.trim_end_matches('/'));
        let answer = self.http.post(format!("{at}/{path}")).json(body).send().await.context("the emulator")?;
        match answer.status() {
            status if status.is_success() => Ok("done".to_owned()),
            StatusCode::CONFLICT => bail!("the emulator says no: {}", answer.text().await.unwrap_or_default()),
            status => bail!("{at}/{path} answers {status}: is that the emulator?"),
        }
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> anyhow::Result<T> {
    let response = request.send().await.context("the proxy")?;
    if !response.status().is_success() {
        bail!(refused(response).await);
    }
    response.json().await.context("the proxy answers something else")
}

/// What a problem says.
async fn refused(response: reqwest::Response) -> String {
    let status = response.status();
    match response.json::<kvitt_wire::Problem>().await {
        Ok(problem) => {
            let detail = problem.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{} {}{detail}", problem.code, problem.title)
        }
        Err(_) => format!("it was answered {status}"),
    }
}

fn fits(wanted: &Money, aggregate: &Aggregate) -> bool {
    let same = |wanted: Option<i64>, is: i64| wanted.is_none_or(|wanted| wanted == is);
    same(wanted.captured, aggregate.captured)
        && same(wanted.cancelled, aggregate.cancelled)
        && same(wanted.refunded, aggregate.refunded)
}

fn said(order: &Checkout) -> String {
    let total = order.cart.total;
    let mut said = format!(
        "{} {} {} {}",
        order.reference,
        order.state.as_str(),
        shown::amount(total.value),
        total.currency.code()
    );
    if order.aggregate.authorized > 0 {
        said += &format!(": {}", money(&order.aggregate));
    }
    said
}

fn money(aggregate: &Aggregate) -> String {
    let parts = [("captured", aggregate.captured), ("let go", aggregate.cancelled), ("refunded", aggregate.refunded)];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, minor)| *minor > 0)
        .map(|(name, minor)| format!("{name} {}", shown::amount(*minor)))
        .collect();
    if parts.is_empty() { "reserved".to_owned() } else { parts.join(", ") }
}
