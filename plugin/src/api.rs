//! Requests to the proxy: a command becomes an HTTP request, its answer becomes a message.
//!
//! The browser parses the JSON, and `read` reads it into the types that the proxy wrote it from. An answer that cannot be read is
//! [`RequestError::Unreachable`]: the customer can only try again. Nothing here decides on a retry, and no request may go anywhere but
//! to the proxy.

use js_sys::encode_uri_component;
use wasm_bindgen::JsValue;

use crate::json::Json;
use crate::model::{Cmd, Msg, Order, RequestError};
use crate::read::{self, Object};

/// A request to the proxy. A body comes with its idempotency key: the proxy carries the request out once, however often it arrives.
#[derive(Default)]
pub(crate) struct Request<'a> {
    pub(crate) url: String,
    pub(crate) method: &'static str,
    pub(crate) key: &'a str,
    pub(crate) body: JsValue,
}

/// The request of a command for an order; `None` for a command that is no request.
pub(crate) fn request<'a>(order: &Order, cmd: &'a Cmd) -> Option<Request<'a>> {
    let (method, token, path, key, body) = match cmd {
        Cmd::Price => return Some(price(order)),
        Cmd::Create { key, new, .. } => ("POST", "", "", key.as_str(), Some(new)),
        Cmd::Read(token) => ("GET", token.as_str(), "", "", None),
        Cmd::Cancel(token) => ("DELETE", token.as_str(), "", "", None),
        Cmd::Claim { claim, token } => {
            let body = Json::Object(vec![("claim", claim.as_str().into())]);
            let url = url(&order.origin, token, "/purchase");
            return Some(Request { url, method: "POST", body: body.to_js(), ..Request::default() });
        }
        Cmd::Attempt { key, token, new } => ("POST", token.as_str(), "/attempts", key.as_str(), Some(new)),
        _ => return None,
    };
    Some(Request {
        url: url(&order.origin, token, path),
        method,
        key,
        body: body.map_or(JsValue::UNDEFINED, Json::to_js),
    })
}

/// Reads the answer to a command, which was sent for an order.
pub(crate) fn answer(order: Order, cmd: Cmd, answer: Result<Object, RequestError>) -> Msg {
    match cmd {
        Cmd::Price => {
            Msg::Priced(Box::new(order), answer.and_then(|value| read::cart(value).ok_or(RequestError::Unreachable)))
        }
        Cmd::Claim { token, .. } => Msg::Claimed(token, answer.ok().map(|value| value.flag("claimed"))),
        cmd => Msg::Responded(cmd, answer.and_then(|value| read::checkout(value).ok_or(RequestError::Unreachable))),
    }
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

fn price(order: &Order) -> Request<'static> {
    let mut url = order.origin.clone();
    url.push_str("/v1/cart");
    if order.signed {
        let body = Json::Object(vec![("signed_cart", order.items.as_str().into())]);
        return Request { url, method: "POST", body: body.to_js(), ..Request::default() };
    }
    url.push_str("?items=");
    url.push_str(&encode(&order.items));
    if let Some(unit) = &order.sales_unit {
        url.push_str("&sales_unit=");
        url.push_str(&encode(unit));
    }
    Request { url, method: "GET", ..Request::default() }
}

fn encode(text: &str) -> String {
    encode_uri_component(text).into()
}
