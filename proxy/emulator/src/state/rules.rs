//! The rules of a create request that a schema cannot express: they need the sales unit, the options or the clock. Nothing is stored here.

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde_json::Value;

use super::customer::{SCOPES, has_the_app};
use super::payment::{DEFAULT_EXPIRY, Payment, later};
use crate::contract::Violation;
use crate::problem::Code;
use crate::sales_units::SalesUnit;

/// The features that a sales unit is approved for.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Approvals {
    pub(crate) push_message: bool,
    pub(crate) long_living: bool,
}

/// Refuses the request, or returns when the payment expires.
pub(crate) fn check_create(
    unit: &SalesUnit,
    approvals: Approvals,
    http_on_loopback: bool,
    body: &Value,
    now: Timestamp,
) -> Result<Timestamp, Code> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let flow = text("/userFlow").unwrap_or_default();
    let customer = body.get("customer");

    // Only wallet payments: cards are not testable, and pass-through is for payment providers.
    if text("/paymentMethod/type") != Some("WALLET") {
        return Err(Code(4160));
    }
    if body.pointer("/paymentMethod/blockedSources").is_some() && unit.market == "NO" {
        return Err(Code(5010));
    }
    if body.get("shipping").is_some() {
        return Err(Code(5020));
    }
    if text("/amount/currency") != Some(unit.currency) {
        return Err(Code(5040));
    }
    if body["amount"]["value"].as_i64().is_none_or(|value| value < unit.minimum) {
        return Err(Code(4040));
    }
    if flow == "WEB_REDIRECT" && text("/returnUrl").is_none() {
        return Err(Code(4140));
    }
    if flow == "PUSH_MESSAGE" && customer.is_none() {
        return Err(Code(4140));
    }
    for url in
        ["/returnUrl", "/receiptUrl", "/merchantLegalLinks/termsOfSaleUrl", "/merchantLegalLinks/privacyPolicyUrl"]
    {
        if text(url).is_some_and(|url| !url_is_accepted(url, http_on_loopback)) {
            return Err(Code(4090));
        }
    }
    for scope in text("/profile/scope").unwrap_or_default().split_whitespace() {
        if scope == "nin" {
            return Err(Code(5030));
        }
        if !SCOPES.contains(&scope) {
            return Err(Code(4080));
        }
    }
    // The emulator has no check-in, so no customer token is valid.
    if text("/customer/customerToken").is_some() {
        return Err(Code(4050));
    }
    if text("/customer/phoneNumber").is_some_and(|number| !has_the_app(number)) {
        return Err(Code(7010));
    }
    if flow == "PUSH_MESSAGE" && !approvals.push_message {
        return Err(Code(5080));
    }
    match text("/expiresAt") {
        None => Ok(later(now, DEFAULT_EXPIRY)),
        Some(at) => {
            let expires: Timestamp = at.parse().map_err(|_| Code(6120))?;
            if expires <= later(now, DEFAULT_EXPIRY) {
                Err(Code(6120))
            } else if expires >= later(now, SignedDuration::from_hours(60 * 24)) {
                Err(Code(6110))
            } else if body.get("receipt").is_none() {
                Err(Code(6130))
            } else if !approvals.long_living {
                Err(Code(5050))
            } else {
                Ok(expires)
            }
        }
    }
}

/// Whether the API accepts a return or callback URL: https, or an app's own scheme; http on loopback only.
pub(crate) fn url_is_accepted(url: &str, http_on_loopback: bool) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    match parsed.scheme() {
        "https" => parsed.host_str().is_some_and(|host| !host.is_empty()),
        "http" => http_on_loopback && is_loopback(&parsed),
        "javascript" | "data" | "file" | "blob" | "about" | "ftp" | "ws" | "wss" => false,
        _ => true,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => {
            host.ends_with(".localhost") || host.parse().is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback())
        }
        None => false,
    }
}

/// The customer's link, by the user flow. A push has none.
pub(crate) fn redirect_url(payment: &Payment, landing: &str) -> Option<String> {
    let token = &payment.token;
    let format = payment.request.pointer("/qrFormat/format").and_then(Value::as_str);
    match (payment.request["userFlow"].as_str(), format) {
        (Some("PUSH_MESSAGE"), _) => None,
        (Some("NATIVE_REDIRECT"), _) => Some(format!("vipps://?token={token}")),
        (Some("QR"), Some("TEXT/TARGETURL")) => Some(format!("{landing}/landing?token={token}")),
        (Some("QR"), Some("IMAGE/PNG")) => Some(format!("{landing}/qr-image.png?token={token}")),
        (Some("QR"), _) => Some(format!("{landing}/qr-image.svg?token={token}")),
        _ => Some(format!("{landing}/landing?token={token}")),
    }
}

/// The rule of a receipt that a schema cannot express: each line has its tax rate in one of two fields.
pub(crate) fn receipt_violations(receipt: &Value, prefix: &str) -> Vec<Violation> {
    let lines = receipt["orderLines"].as_array().map(Vec::as_slice).unwrap_or_default();
    lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line["taxRate"].is_null() && line["taxPercentage"].is_null())
        .map(|(index, _)| Violation {
            name: format!("{prefix}orderLines[{index}].taxRate"),
            reason: "is required when there is no taxPercentage".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_accepted_on_loopback_only() {
        for url in ["http://127.0.0.1:8080/a?b=c", "http://localhost/a", "http://shop.localhost:1/", "http://[::1]:80/"]
        {
            assert!(url_is_accepted(url, true), "{url}");
            assert!(!url_is_accepted(url, false), "{url} where loopback is not accepted");
        }
        for url in ["https://shop.example/return", "myshop://paid"] {
            assert!(url_is_accepted(url, false), "{url}");
        }
        for url in ["http://shop.example/", "http://127.0.0.1.shop.example/", "javascript:alert(1)", "shop", ""] {
            assert!(!url_is_accepted(url, true), "{url}");
        }
    }
}
