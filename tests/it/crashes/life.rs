//! A proxy that dies once and is started again, and the page of a customer who does not give up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvitt_wire::{Checkout, ShopOrder};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::shop::{Database, Process, Stage, Vipps, eventually, http};

/// When it dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// Something has been committed, and nothing of what follows has been done.
    AfterCommit,
    /// Vipps MobilePay has done what was asked for and said so, and nothing of it is written down.
    AfterAnswer,
    /// A request has been received by Vipps MobilePay, which has not begun to work on it.
    InRequest,
}

/// One run: the proxy is there, or will be again in a moment.
pub(super) struct Life {
    stage: Arc<Stage>,
    http: reqwest::Client,
    died: Arc<AtomicBool>,
    keeper: JoinHandle<()>,
    /// What is offered runs out some day, and that waits too.
    offers: AtomicBool,
}

impl Life {
    /// Starts a proxy that dies at the nth occasion, and somebody who starts it again.
    pub(super) async fn begin(extra: &str, death: Death, nth: u32) -> Self {
        let stage = Arc::new(Stage::set_with(Database::chosen(), extra).await);
        let args = match death {
            Death::AfterCommit => dies_after("commit", nth),
            Death::AfterAnswer => dies_after("answer", nth),
            Death::InRequest => {
                stage.vipps.nth_call_hangs(nth).await;
                Vec::new()
            }
        };
        let process = stage.start_mortal(&args);
        let died = Arc::new(AtomicBool::new(false));
        let keeper = tokio::spawn(keep(stage.clone(), process, death, died.clone()));
        Self { stage, http: http(), died, keeper, offers: AtomicBool::new(false) }
    }

    /// Kills the proxy. Whether it had died before, and what is left.
    pub(super) fn end(self) -> (bool, Arc<Stage>) {
        self.keeper.abort();
        (self.died.load(Ordering::SeqCst), self.stage)
    }

    pub(super) fn vipps(&self) -> &Vipps {
        &self.stage.vipps
    }

    /// Presses a button once, and asks under the press's key until there is an answer.
    pub(super) async fn posts(&self, path: &str, body: &Value) -> Checkout {
        let url = format!("{}{path}", self.stage.url());
        let key = uuid::Uuid::new_v4().to_string();
        eventually("the answer", || async {
            let response = self.http.post(&url).header("idempotency-key", &key).json(body).send().await.ok()?;
            match response.status() {
                StatusCode::CREATED => response.json().await.ok(),
                // The same press is being worked on, or was when its proxy died.
                StatusCode::CONFLICT => None,
                status => panic!("{path}: {status}"),
            }
        })
        .await
    }

    /// Opens an order that waits for somebody to press pay.
    pub(super) async fn offers(&self, body: &Value) -> Checkout {
        self.offers.store(true, Ordering::SeqCst);
        self.posts("/v1/checkouts", body).await
    }

    /// The shop asks for money, under one key until there is an answer; what the customer sees of it.
    pub(super) async fn requests(&self, body: &Value) -> Checkout {
        self.offers.store(true, Ordering::SeqCst);
        let url = format!("{}/v1/shop/payment-requests", self.stage.url());
        let shop_key = self.stage.key("office").await;
        let key = uuid::Uuid::new_v4().to_string();
        let order: ShopOrder = eventually("the answer", || async {
            let request = self.http.post(&url).bearer_auth(&shop_key).header("idempotency-key", &key).json(body);
            let response = request.send().await.ok()?;
            match response.status() {
                StatusCode::CREATED => response.json().await.ok(),
                StatusCode::CONFLICT => None,
                status => panic!("{status}"),
            }
        })
        .await;
        let page = order.request.unwrap().url;
        let page = page.replace("/pay/", "/v1/checkouts/");
        eventually("the order", || self.asks(self.http.get(&page))).await
    }

    /// The shop moves money: under one key, until it is done.
    pub(super) async fn moves(&self, what: &str, order: &Checkout, body: &Value) {
        let url = format!("{}/v1/shop/orders/{}/{what}", self.stage.url(), order.reference);
        let shop_key = self.stage.key("warehouse").await;
        let key = uuid::Uuid::new_v4().to_string();
        eventually(what, || async {
            let request = self.http.post(&url).bearer_auth(&shop_key).header("idempotency-key", &key).json(body);
            let response = request.send().await.ok()?;
            match response.status() {
                StatusCode::OK => Some(()),
                StatusCode::ACCEPTED => None,
                status => panic!("{what}: {status} {}", response.text().await.unwrap_or_default()),
            }
        })
        .await;
    }

    /// Presses cancel until it is answered.
    pub(super) async fn cancels(&self, order: &Checkout) {
        eventually("the cancellation", || self.asks(self.http.delete(self.url_of(order)))).await;
    }

    /// Looks until the checkout is as wanted.
    pub(super) async fn sees(&self, order: &Checkout, wanted: impl Fn(&Checkout) -> bool) -> Checkout {
        eventually("what the customer waits for", || async {
            self.asks(self.http.get(self.url_of(order))).await.filter(&wanted)
        })
        .await
    }

    /// Waits until nothing is left to be done.
    pub(super) async fn is_quiet(&self) {
        let metrics = format!("{}/metrics", self.stage.url());
        eventually("the end of all work", || async {
            // First of all: is it there? Deliveries to nobody are repeated ever more seldom.
            let text = self.http.get(&metrics).send().await.ok()?.text().await.ok()?;
            if self.vipps().undelivered().await > 0 {
                // What nobody was there for is tried again now.
                self.vipps().clock_moves(3_000).await;
                return None;
            }
            let count = |name: &str| -> u32 {
                let value = text.lines().find_map(|line| line.strip_prefix(&format!("kvitt_{name} ")));
                value.map_or(0, |value| value.parse().unwrap())
            };
            assert_eq!(count("outbox_parked"), 0);
            let alive = count("checkouts{state=\"starting\"}") + count("checkouts{state=\"created\"}");
            // What is paid is looked at once an hour until it is captured.
            let looks = count("checkouts{state=\"authorized\"}");
            // On PostgreSQL a webhook that the dead one had claimed waits for half a minute. It is a signal; nothing waits for it.
            let heard = Database::chosen() == Database::Postgres || count("inbox_waiting") == 0;
            let ends = u32::from(self.offers.load(Ordering::SeqCst));
            (alive == 0 && heard && count("outbox_waiting") <= looks + ends).then_some(())
        })
        .await;
    }

    fn url_of(&self, order: &Checkout) -> String {
        format!("{}/v1/checkouts/{}", self.stage.url(), order.token)
    }

    async fn asks(&self, request: RequestBuilder) -> Option<Checkout> {
        let response = request.send().await.ok()?;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.ok()
    }
}

fn dies_after(what: &str, nth: u32) -> Vec<String> {
    vec![format!("--dies-after={what}"), format!("--nth={nth}")]
}

/// Waits for the death, helps it where the proxy does not die by itself, and starts the proxy again.
async fn keep(stage: Arc<Stage>, mut process: Process, death: Death, died: Arc<AtomicBool>) {
    loop {
        let is_held = death == Death::InRequest && !died.load(Ordering::SeqCst) && stage.vipps.faults_left().await == 0;
        if is_held || process.has_died() {
            assert!(!died.swap(true, Ordering::SeqCst), "it dies once");
            process.kill();
            process = stage.start_mortal(&[]);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
