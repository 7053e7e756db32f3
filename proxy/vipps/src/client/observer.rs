//! What an observer of the calls receives, such as a counter of metrics: one [`Exchange`] for each request, with no personal data in it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;

/// One request and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The kind of call: one of a few words.
    pub operation: &'static str,
    /// The status of the answer; `None` without an answer.
    pub status: Option<u16>,
    /// The numeric code of a refusal, if it has one.
    pub code: Option<u32>,
    /// From the first byte sent to the last byte read.
    pub latency: Duration,
    /// The `Date` header of a successful answer: whole seconds by the clock of Vipps MobilePay. `None` without the header or without success.
    pub date: Option<Timestamp>,
}

/// Called once for each exchange.
pub type Observer = Arc<dyn Fn(Exchange) + Send + Sync>;

/// The kind of a call, in one word.
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
    fn an_operation_is_one_word_and_identifies_no_payment() {
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
