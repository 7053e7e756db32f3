//! For whoever counts the calls: each exchange is told to an observer, with nothing in it that is anybody's.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;

use super::Client;

/// One request and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked for: one of a few words.
    pub operation: &'static str,
    /// The status of the answer; none when there was no answer.
    pub status: Option<u16>,
    /// The numeric code of a refusal, where it had one.
    pub code: Option<u32>,
    /// From the first byte sent to the last one read.
    pub latency: Duration,
    /// When the answer was given, in whole seconds by the clock of whoever gave it; none where that is not said, or there was no yes.
    pub date: Option<Timestamp>,
}

/// Who is told.
pub type Observer = Arc<dyn Fn(Exchange) + Send + Sync>;

impl Client {
    /// Tells this observer of every exchange from now on. The first one who asks stays.
    pub fn observe(&self, observer: Observer) {
        // A second one would only count everything twice.
        let _ = self.0.observer.set(observer);
    }

    pub(super) fn tell(&self, exchange: Exchange) {
        if let Some(observer) = self.0.observer.get() {
            observer(exchange);
        }
    }
}

/// The word for a call.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    let get = *method == Method::GET;
    match path.split('?').next().unwrap_or_default() {
        "/accesstoken/get" => "token",
        "/epayment/v1/payments" => "create",
        path if path.starts_with("/epayment/") => match path.rsplit('/').next() {
            Some("events") => "events",
            Some("cancel") if !get => "cancel",
            Some("capture") if !get => "capture",
            Some("refund") if !get => "refund",
            _ => "get",
        },
        path if path.starts_with("/webhooks/") => "webhooks",
        path if path.starts_with("/order-management/") => "order_management",
        path if path.starts_with("/vipps-userinfo-api/") => "userinfo",
        path if path.starts_with("/qr/") => "qr",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_the_call_and_nobody_s_payment() {
        for (method, path, word) in [
            (Method::POST, "/accesstoken/get", "token"),
            (Method::POST, "/epayment/v1/payments", "create"),
            (Method::GET, "/epayment/v1/payments/shop-1", "get"),
            (Method::GET, "/epayment/v1/payments/cancel", "get"),
            (Method::GET, "/epayment/v1/payments/shop-1/events", "events"),
            (Method::POST, "/epayment/v1/payments/shop-1/capture", "capture"),
            (Method::DELETE, "/webhooks/v1/webhooks/id", "webhooks"),
            (Method::GET, "/vipps-userinfo-api/userinfo/sub", "userinfo"),
        ] {
            assert_eq!(operation(&method, path), word, "{path}");
        }
    }
}
