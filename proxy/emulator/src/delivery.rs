//! The worker: it delivers webhooks, and runs what is due when no call comes in.
//!
//! It sleeps until the next due time or a change, takes the due attempts and makes each in a task of its own. The state decides what is due and
//! what an answer means. Each attempt is signed anew with the real time; the pauses between attempts follow the emulator's clock.

use std::sync::{Arc, Once};
use std::time::Duration;

use axum::http::header;
use jiff::Timestamp;
use reqwest::{Url, redirect};

use crate::clock::http_date;
use crate::shared::Shared;
use crate::signature::sign;
use crate::state::{Job, Outcome};

/// The timeout of an attempt.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The client for webhooks. It follows no redirect and uses no proxy. The process gets a TLS provider if it has none.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT).no_proxy().build()
}

pub(crate) async fn work(shared: Arc<Shared>) {
    loop {
        let (jobs, wait) = shared.read(|state| {
            let now = state.now();
            let jobs = state.webhooks.take_due(&mut state.faults, now);
            let wait = state.next_due().map(|due| due.duration_since(now));
            (jobs, wait)
        });
        for job in jobs {
            shared.tasks.spawn(deliver(shared.clone(), job));
        }
        // Rounded up, so that the worker does not wake up too early.
        let wait = wait.map_or(Duration::from_secs(3600), |wait| {
            Duration::try_from(wait).unwrap_or_default() + Duration::from_millis(1)
        });
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = shared.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn deliver(shared: Arc<Shared>, job: Job) {
    let outcome = tokio::select! {
        outcome = attempt(&shared.http, &job) => outcome,
        () = shared.stop.cancelled() => return,
    };
    tracing::debug!(registration = job.registration, ?outcome, "webhook attempted");
    shared.change(|state| {
        let now = state.now();
        state.webhooks.attempted(job.delivery, outcome, now);
    });
}

async fn attempt(http: &reqwest::Client, job: &Job) -> Outcome {
    let Ok(url) = Url::parse(&job.url) else { return Outcome::Unreachable };
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let path_and_query = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let date = http_date(Timestamp::now());
    let signed = sign(&job.secret, &host, &path_and_query, &date, job.body.as_bytes());
    let request = http
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-ms-date", date)
        .header("x-ms-content-sha256", signed.content_hash)
        .header(header::AUTHORIZATION, signed.authorization)
        .header("webhook-id", &job.registration)
        .body(job.body.clone());
    match request.send().await {
        Ok(response) => Outcome::Answered(response.status().as_u16()),
        Err(_) => Outcome::Unreachable,
    }
}
