//! One run of a scenario: a proxy that crashes once and is restarted, and a customer whose page retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvitt_wire::{Checkout, ShopOrder};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::shop::{Database, Process, Stage, Vipps, eventually, http};

/// When the proxy crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CrashPoint {
    /// After a commit, before any of its effects.
    AfterCommit,
    /// After an answer of Vipps MobilePay, before it is stored.
    AfterAnswer,
    /// While Vipps MobilePay has a request and has not processed it yet.
    InRequest,
}

/// One run. The proxy is up, or restarts in a moment.
pub(super) struct Run {
    stage: Arc<Stage>,
    http: reqwest::Client,
    crashed: Arc<AtomicBool>,
    supervisor: JoinHandle<()>,
    /// An open order has a scheduled expiry, which waits in the outbox.
    has_open_order: AtomicBool,
}

impl Run {
    /// Starts a proxy that crashes at the nth occasion, and a supervisor that restarts it.
    pub(super) async fn begin(extra: &str, crash_point: CrashPoint, nth: u32) -> Self {
        let stage = Arc::new(Stage::set_with(Database::chosen(), extra).await);
        let args = match crash_point {
            CrashPoint::AfterCommit => crashes_after("commit", nth),
            CrashPoint::AfterAnswer => crashes_after("answer", nth),
            CrashPoint::InRequest => {
                stage.vipps.nth_call_hangs(nth).await;
                Vec::new()
            }
        };
        let process = stage.start_mortal(&args);
        let crashed = Arc::new(AtomicBool::new(false));
        let supervisor = tokio::spawn(supervise(stage.clone(), process, crash_point, crashed.clone()));
        Self { stage, http: http(), crashed, supervisor, has_open_order: AtomicBool::new(false) }
    }

    /// Kills the proxy. Returns whether it had crashed before, and the stage.
    pub(super) fn end(self) -> (bool, Arc<Stage>) {
        self.supervisor.abort();
        (self.crashed.load(Ordering::SeqCst), self.stage)
    }

    pub(super) fn vipps(&self) -> &Vipps {
        &self.stage.vipps
    }

    /// Submits a request, and retries it under the same key until it is answered.
    pub(super) async fn posts(&self, path: &str, body: &Value) -> Checkout {
        let url = format!("{}{path}", self.stage.url());
        let key = uuid::Uuid::new_v4().to_string();
        eventually("the answer", || async {
            let response = self.http.post(&url).header("idempotency-key", &key).json(body).send().await.ok()?;
            match response.status() {
                StatusCode::CREATED => response.json().await.ok(),
                // The first request is in progress, or was when its proxy crashed.
                StatusCode::CONFLICT => None,
                status => panic!("{path}: {status}"),
            }
        })
        .await
    }

    /// Opens an order without a payment.
    pub(super) async fn opens(&self, body: &Value) -> Checkout {
        self.has_open_order.store(true, Ordering::SeqCst);
        self.posts("/v1/checkouts", body).await
    }

    /// Sends a payment request, and retries it under the same key until it is answered. Returns the customer's view of it.
    pub(super) async fn requests(&self, body: &Value) -> Checkout {
        self.has_open_order.store(true, Ordering::SeqCst);
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
        eventually("the order", || self.sends(self.http.get(&page))).await
    }

    /// Captures, cancels or refunds, and retries under the same key until it is done.
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

    /// Cancels, and retries until it is answered.
    pub(super) async fn cancels(&self, order: &Checkout) {
        eventually("the cancellation", || self.sends(self.http.delete(self.url_of(order)))).await;
    }

    /// Polls until the checkout is as wanted.
    pub(super) async fn sees(&self, order: &Checkout, wanted: impl Fn(&Checkout) -> bool) -> Checkout {
        eventually("the wanted checkout", || async {
            self.sends(self.http.get(self.url_of(order))).await.filter(&wanted)
        })
        .await
    }

    /// Waits until no work is left.
    pub(super) async fn is_quiet(&self) {
        let metrics = format!("{}/metrics", self.stage.url());
        eventually("no work is left", || async {
            // The proxy has to be up first: failed deliveries back off.
            let text = self.http.get(&metrics).send().await.ok()?.text().await.ok()?;
            if self.vipps().undelivered().await > 0 {
                // Webhooks that failed are retried now.
                self.vipps().clock_moves(3_000).await;
                return None;
            }
            let count = |name: &str| -> u32 {
                let value = text.lines().find_map(|line| line.strip_prefix(&format!("kvitt_{name} ")));
                value.map_or(0, |value| value.parse().unwrap())
            };
            assert_eq!(count("outbox_parked"), 0);
            let alive = count("checkouts{state=\"starting\"}") + count("checkouts{state=\"created\"}");
            // A paid order is polled once an hour until it is captured.
            let polls = count("checkouts{state=\"authorized\"}");
            // On PostgreSQL a webhook that the crashed proxy had claimed waits for half a minute. It is only a signal.
            let inbox_is_done = Database::chosen() == Database::Postgres || count("inbox_waiting") == 0;
            let expiries = u32::from(self.has_open_order.load(Ordering::SeqCst));
            (alive == 0 && inbox_is_done && count("outbox_waiting") <= polls + expiries).then_some(())
        })
        .await;
    }

    fn url_of(&self, order: &Checkout) -> String {
        format!("{}/v1/checkouts/{}", self.stage.url(), order.token)
    }

    async fn sends(&self, request: RequestBuilder) -> Option<Checkout> {
        let response = request.send().await.ok()?;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.ok()
    }
}

fn crashes_after(what: &str, nth: u32) -> Vec<String> {
    vec![format!("--dies-after={what}"), format!("--nth={nth}")]
}

/// Waits for the crash, or kills the proxy where it does not crash by itself. Then restarts it.
async fn supervise(stage: Arc<Stage>, mut process: Process, crash_point: CrashPoint, crashed: Arc<AtomicBool>) {
    loop {
        let is_held = crash_point == CrashPoint::InRequest
            && !crashed.load(Ordering::SeqCst)
            && stage.vipps.faults_left().await == 0;
        if is_held || process.has_died() {
            assert!(!crashed.swap(true, Ordering::SeqCst), "it crashes once");
            process.kill();
            process = stage.start_mortal(&[]);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
