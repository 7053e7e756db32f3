//! Requests to the proxy: a command becomes an HTTP request, its answer becomes a message.
//!
//! The browser parses the JSON, and `json` reads it into the types that the proxy wrote it from. An answer that cannot be read is
//! [`RequestError::Unreachable`]: the customer can only try again. Nothing here decides on a retry, and no request may go anywhere but
//! to the proxy.

use gloo_net::http::Request;
use js_sys::{JSON, JsString, encode_uri_component};
use kvitt_wire::{Checkout, Problem};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

use crate::json::{self, object, stringify};
use crate::model::{Cmd, Msg, Order, RequestError};

/// How long a request may take, in milliseconds.
const TIMEOUT_MS: u32 = 20_000;

/// Sends a request and returns its answer; `None` for a command that is no request.
pub(crate) async fn send(order: Order, cmd: Cmd) -> Option<Msg> {
    let origin = order.origin.as_str();
    let request = match &cmd {
        Cmd::Price => {
            let answer = read(price(&order)).await;
            return Some(Msg::Priced(Box::new(order), answer));
        }
        Cmd::Create { key, new } => {
            request("POST", &url(origin, "", ""), stringify(new).map(|body| (key.as_str(), body)))
        }
        Cmd::Read(token) => request("GET", &url(origin, token, ""), None),
        Cmd::Cancel(token) => request("DELETE", &url(origin, token, ""), None),
        Cmd::Attempt { key, token, new } => {
            request("POST", &url(origin, token, "/attempts"), stringify(new).map(|body| (key.as_str(), body)))
        }
        _ => return None,
    };
    let answer: Result<Box<Checkout>, RequestError> = read(request).await;
    Some(Msg::Responded(cmd, answer))
}

/// Builds a request. A body comes with its idempotency key: the proxy carries the request out once, however often it arrives. (gloo's
/// builder would add the formatting of strings and the parsing of URLs to the WebAssembly.)
fn request(method: &str, url: &str, body: Option<(&str, JsString)>) -> Option<Request> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    if let Some((key, body)) = body {
        init.set_headers(&object(&[("content-type", "application/json"), ("idempotency-key", key)]));
        init.set_body(&body);
    }
    web_sys::Request::new_with_str_and_init(url, &init).ok().map(Request::from)
}

/// The URL of a checkout, or of a resource below it.
pub(crate) fn url(origin: &str, token: &str, path: &str) -> String {
    let mut url = String::from(origin);
    url.push_str("/v1/checkouts");
    if !token.is_empty() {
        url.push('/');
        url.push_str(&encode(token));
    }
    url.push_str(path);
    url
}

fn price(order: &Order) -> Option<Request> {
    let mut url = order.origin.clone();
    url.push_str("/v1/cart");
    if order.signed {
        let body = JSON::stringify(&object(&[("signed_cart", &order.items)])).ok()?;
        return request("POST", &url, Some(("", body)));
    }
    url.push_str("?items=");
    url.push_str(&encode(&order.items));
    if let Some(unit) = &order.sales_unit {
        url.push_str("&sales_unit=");
        url.push_str(&encode(unit));
    }
    request("GET", &url, None)
}

fn encode(text: &str) -> String {
    encode_uri_component(text).into()
}

/// Reads the data of an event of the stream.
pub(crate) fn read_event(data: &str) -> Option<Box<Checkout>> {
    json::read(JSON::parse(data).ok()?).map(Box::new)
}

async fn read<T: DeserializeOwned>(request: Option<Request>) -> Result<Box<T>, RequestError> {
    let (response, value) = fetch(request).await.ok_or(RequestError::Unreachable)?;
    if response.ok() {
        return json::read(value).map(Box::new).ok_or(RequestError::Unreachable);
    }
    let problem: Problem = json::read(value).ok_or(RequestError::Unreachable)?;
    let Problem { status, code, cart, trace_id, .. } = problem;
    if status >= 500 || status == 429 || code == "idempotency_in_progress" {
        let retry_after =
            response.headers().get("retry-after").ok().flatten().and_then(|seconds| seconds.parse::<u32>().ok());
        return Err(RequestError::Busy {
            retry_after: retry_after.map(|seconds| i64::from(seconds) * 1_000),
            trace_id,
        });
    }
    Err(RequestError::Problem { code, trace_id, cart: cart.map(Box::new) })
}

/// Sends a request; returns the response and its parsed body.
async fn fetch(request: Option<Request>) -> Option<(Response, JsValue)> {
    let response: Response = request?.send().await.ok()?.into();
    let value = JsFuture::from(response.json().ok()?).await.ok()?;
    Some((response, value))
}
