//! An errand becomes a request to the proxy; its answer becomes a message.
//!
//! The browser parses the JSON, and `values` reads it into the same types that the proxy wrote it from. Whatever is not an
//! answer that makes sense is [`Fault::Unreachable`]: the customer can do nothing else than try again.

use gloo_net::http::{Request, RequestBuilder};
use js_sys::{JSON, JsString, encode_uri_component};
use kvitt_wire::{Checkout, Problem};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use crate::model::{Cmd, Fault, Msg, Order};
use crate::values::{self, written};

/// How long a request may take, in milliseconds.
const PATIENCE: u32 = 20_000;

/// Carries out an errand; `None` for what is none.
pub(crate) async fn errand(order: Order, cmd: Cmd) -> Option<Msg> {
    let origin = order.origin.as_str();
    let request = match &cmd {
        Cmd::Price => {
            let answer = read(Request::get(&cart(&order)), None).await;
            return Some(Msg::Priced(Box::new(order), answer));
        }
        Cmd::Create(new) => (Request::post(&url(origin, "", "")), written(new)),
        Cmd::Read(token) => (Request::get(&url(origin, token, "")), None),
        Cmd::Cancel(token) => (Request::delete(&url(origin, token, "")), None),
        Cmd::Retry(token, new) => (Request::post(&url(origin, token, "/attempts")), written(new)),
        _ => return None,
    };
    let answer: Result<Box<Checkout>, Fault> = read(request.0, request.1).await;
    Some(Msg::Answered(cmd, answer))
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

fn cart(order: &Order) -> String {
    let mut url = order.origin.clone();
    url.push_str("/v1/cart?items=");
    url.push_str(&encoded(&order.items));
    if let Some(unit) = &order.sales_unit {
        url.push_str("&sales_unit=");
        url.push_str(&encoded(unit));
    }
    url
}

fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}

/// Reads one event of the stream.
pub(crate) fn checkout(data: &str) -> Option<Box<Checkout>> {
    values::read(JSON::parse(data).ok()?).map(Box::new)
}

async fn read<T: DeserializeOwned>(request: RequestBuilder, body: Option<JsString>) -> Result<Box<T>, Fault> {
    let (ok, value) = send(request, body).await.ok_or(Fault::Unreachable)?;
    if ok {
        return values::read(value).map(Box::new).ok_or(Fault::Unreachable);
    }
    let problem: Problem = values::read(value).ok_or(Fault::Unreachable)?;
    // What the proxy cannot do now it may do soon.
    if problem.status >= 500 || problem.status == 429 {
        return Err(Fault::Unreachable);
    }
    Err(Fault::Problem { code: problem.code, cart: problem.cart.map(Box::new) })
}

/// Whether it went well, and the body.
async fn send(request: RequestBuilder, body: Option<JsString>) -> Option<(bool, JsValue)> {
    let request = request.abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body).ok()?,
        None => request.build().ok()?,
    };
    let response = request.send().await.ok()?;
    let raw: web_sys::Response = response.into();
    let value = JsFuture::from(raw.json().ok()?).await.ok()?;
    Some((raw.ok(), value))
}
