//! An errand becomes a request to the proxy; its answer becomes a message.
//!
//! The browser parses the JSON, and `json` reads it into the same types that the proxy wrote it from. Whatever is not an
//! answer that makes sense is [`Fault::Unreachable`]: the customer can do nothing else than try again.

use gloo_net::http::Request;
use js_sys::{JSON, JsString, encode_uri_component};
use kvitt_wire::{Checkout, Problem};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

use crate::json::{self, object, written};
use crate::model::{Cmd, Fault, Msg, Order};

/// How long a request may take, in milliseconds.
const PATIENCE: u32 = 20_000;

/// Carries out an errand; `None` for what is none.
pub(crate) async fn errand(order: Order, cmd: Cmd) -> Option<Msg> {
    let origin = order.origin.as_str();
    let request = match &cmd {
        Cmd::Price => {
            let answer = read(price(&order)).await;
            return Some(Msg::Priced(Box::new(order), answer));
        }
        Cmd::Create { key, new } => {
            request("POST", &url(origin, "", ""), written(new).map(|body| (key.as_str(), body)))
        }
        Cmd::Read(token) => request("GET", &url(origin, token, ""), None),
        Cmd::Cancel(token) => request("DELETE", &url(origin, token, ""), None),
        Cmd::Retry { key, token, new } => {
            request("POST", &url(origin, token, "/attempts"), written(new).map(|body| (key.as_str(), body)))
        }
        _ => return None,
    };
    let answer: Result<Box<Checkout>, Fault> = read(request).await;
    Some(Msg::Answered(cmd, answer))
}

/// A request; what is sent has a key, under which it is done once however often it arrives. (gloo's builder would bring the formatting
/// of strings and the parsing of addresses with it.)
fn request(method: &str, url: &str, sent: Option<(&str, JsString)>) -> Option<Request> {
    let how = RequestInit::new();
    how.set_method(method);
    how.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    if let Some((key, body)) = sent {
        how.set_headers(&object(&[("content-type", "application/json"), ("idempotency-key", key)]));
        how.set_body(&body);
    }
    web_sys::Request::new_with_str_and_init(url, &how).ok().map(Request::from)
}

/// The address of a checkout, or of something below it.
pub(crate) fn url(origin: &str, token: &str, below: &str) -> String {
    let mut url = String::from(origin);
    url.push_str("/v1/checkouts");
    if !token.is_empty() {
        url.push('/');
        url.push_str(&encoded(token));
    }
    url.push_str(below);
    url
}

fn price(order: &Order) -> Option<Request> {
    let mut url = order.origin.clone();
    url.push_str("/v1/cart");
    if order.signed {
        let asked = JSON::stringify(&object(&[("signed_cart", &order.items)])).ok()?;
        return request("POST", &url, Some(("", asked)));
    }
    url.push_str("?items=");
    url.push_str(&encoded(&order.items));
    if let Some(unit) = &order.sales_unit {
        url.push_str("&sales_unit=");
        url.push_str(&encoded(unit));
    }
    request("GET", &url, None)
}

fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}

/// Reads one event of the stream.
pub(crate) fn checkout(data: &str) -> Option<Box<Checkout>> {
    json::read(JSON::parse(data).ok()?).map(Box::new)
}

async fn read<T: DeserializeOwned>(request: Option<Request>) -> Result<Box<T>, Fault> {
    let (response, value) = send(request).await.ok_or(Fault::Unreachable)?;
    if response.ok() {
        return json::read(value).map(Box::new).ok_or(Fault::Unreachable);
    }
    let problem: Problem = json::read(value).ok_or(Fault::Unreachable)?;
    let Problem { status, code, cart, trace_id: trace, .. } = problem;
    if status >= 500 || status == 429 || code == "idempotency_in_progress" {
        let after =
            response.headers().get("retry-after").ok().flatten().and_then(|seconds| seconds.parse::<u32>().ok());
        return Err(Fault::Busy { after: after.map(|seconds| i64::from(seconds) * 1_000), trace });
    }
    Err(Fault::Problem { code, trace, cart: cart.map(Box::new) })
}

/// The answer, and its body.
async fn send(request: Option<Request>) -> Option<(Response, JsValue)> {
    let response: Response = request?.send().await.ok()?.into();
    let value = JsFuture::from(response.json().ok()?).await.ok()?;
    Some((response, value))
}
