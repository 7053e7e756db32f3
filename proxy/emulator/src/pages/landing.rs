//! The landing page: the target of `redirectUrl` when no app opens it.
//!
//! On a phone it redirects to the app at once. Elsewhere it asks for the customer's number, sends the payment to that phone, waits until the
//! payment ends, and then opens the merchant's `returnUrl`, paid or not.
//!
//! Leaving the page before a number is entered cancels the payment, as going back from the real page does. A page cannot distinguish going back
//! from being closed, so both cancel; a reload within [`RELOAD_GRACE`] does not. After the payment was sent to a phone, leaving has no effect.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, Query, State as Shares};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::format::{phone_number, read_phone_number, short_money};
use super::html::{CROSS, PHONE, Page, TICK, bar, button, escaped, merchant, unknown_payment};
use crate::shared::Shared;
use crate::state::{Channel, Payment, PaymentState, State, has_the_app};

/// How long a reload of the page may take.
const RELOAD_GRACE: Duration = Duration::from_millis(1200);

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/landing", get(landing))
        .route("/landing/number", post(number))
        .route("/landing/waiting", get(waiting))
        .route("/landing/cancel", post(cancel))
        .route("/landing/left", post(left))
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
    /// The entered number belongs to no customer.
    #[serde(default)]
    problem: bool,
}

/// The id of the loaded page, which an open page sends when it polls.
fn polling_view(headers: &HeaderMap) -> Option<&str> {
    crate::gateway::text(headers, "x-live")
}

fn is_phone(headers: &HeaderMap) -> bool {
    let text = |name: &str| crate::gateway::text(headers, name).unwrap_or_default();
    let agent = text("user-agent");
    text("sec-ch-ua-mobile") == "?1" || ["Android", "iPhone", "Mobile"].iter().any(|sign| agent.contains(sign))
}

async fn landing(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<Link>, headers: HeaderMap) -> Response {
    shared.change(|state| {
        let Some(index) = state.find_token(&link.token) else { return unknown_payment() };
        if let Some(view) = polling_view(&headers) {
            state.change(index, |payment, _| payment.view = view.to_owned());
        }
        let payment = state.payment(index);
        if !payment.is_waiting() {
            return ended(state, payment).into_response();
        }
        if is_phone(&headers) {
            return Redirect::to(&format!("/phone/open?token={}", payment.token)).into_response();
        }
        number_form(state, payment, link.problem).into_response()
    })
}

/// The first page: it asks for the number.
fn number_form(state: &State, payment: &Payment, problem: bool) -> Page {
    let unit = payment.unit;
    let brand = unit.brand(state.now());
    let token = &payment.token;
    let known = payment.customer.as_deref().unwrap_or(unit.demo_number);
    let (wrong, described) = if problem {
        (
            "<p class=\"wrong\" id=\"wrong\" role=\"alert\">Nobody with the app has this number. Check it, with its country code.</p>",
            " aria-invalid=\"true\" aria-describedby=\"wrong\"",
        )
    } else {
        ("", "")
    };
    let main = format!(
        "{bar}{merchant}<p class=\"amount\">{amount}</p>{what}\
         <form class=\"ask\" method=\"post\" action=\"/landing/number\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <div><label for=\"number\">Phone number</label>{wrong}\
         <input id=\"number\" type=\"tel\" name=\"number\" value=\"{known}\" autocomplete=\"tel\" inputmode=\"tel\" required{described}></div>\
         <button class=\"go wide\">Next</button></form>\
         <div class=\"foot\"><a href=\"/phone/open?token={token}\">Open the app in this browser</a></div>",
        bar = bar(brand, &button(&format!("/landing/cancel?token={token}"), "plain", "Cancel")),
        merchant = merchant(unit, true),
        amount = short_money(payment.amount, unit.currency),
        what = description(payment),
        known = phone_number(known),
    );
    let mut page = Page::new(brand, &format!("Pay {}", unit.merchant), "ask", main);
    page.leave_url = Some(format!("/landing/left?token={token}"));
    page
}

/// The merchant's description of the payment.
pub(super) fn description(payment: &Payment) -> String {
    let text = payment.request["paymentDescription"].as_str().unwrap_or(&payment.reference);
    format!("<p class=\"what\">{}</p>", escaped(text))
}

#[derive(Deserialize)]
struct Number {
    #[serde(default)]
    token: String,
    #[serde(default)]
    number: String,
}

async fn number(Shares(shared): Shares<Arc<Shared>>, Form(sent): Form<Number>) -> Response {
    shared.change(|state| {
        let Some(index) = state.find_token(&sent.token) else { return unknown_payment() };
        let market = state.payment(index).unit.market;
        let Some(number) = read_phone_number(&sent.number, market).filter(|number| has_the_app(number)) else {
            return Redirect::to(&format!("/landing?token={}&problem=true", sent.token)).into_response();
        };
        state.change(index, |payment, _| {
            if payment.is_waiting() {
                payment.customer = Some(number);
                payment.channel = Channel::Phone;
            }
        });
        Redirect::to(&format!("/landing/waiting?token={}", sent.token)).into_response()
    })
}

/// The second page: the payment was sent to the phone.
async fn waiting(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<Link>, headers: HeaderMap) -> Response {
    shared.read(|state| {
        let Some(index) = state.find_token(&link.token) else { return unknown_payment() };
        let payment = state.payment(index);
        let brand = payment.unit.brand(state.now());
        if payment.is_waiting() {
            let main = format!(
                "{bar}<div class=\"steps\">{PHONE}<h1 tabindex=\"-1\">Open {brand} on your phone</h1>\
                 <p>We sent the payment of <strong>{amount}</strong> to {merchant} to\u{a0}<strong>{number}</strong>.</p>\
                 <span class=\"pulse\"></span><p class=\"quiet\" role=\"status\">Waiting for you to pay</p></div>\
                 <div class=\"foot\"><a href=\"/phone/open?token={token}\">Open the app in this browser</a></div>",
                bar = bar(brand, &button(&format!("/landing/cancel?token={}", payment.token), "plain", "Cancel")),
                brand = brand.name(),
                amount = short_money(payment.amount, payment.unit.currency),
                merchant = escaped(payment.unit.merchant),
                number = phone_number(payment.customer.as_deref().unwrap_or_default()),
                token = payment.token,
            );
            let mut page = Page::new(brand, "Open the app on your phone", "waiting", main);
            page.refresh_seconds = Some(2);
            return page.into_response();
        }
        match payment.return_url() {
            // A fetch cannot follow the merchant's URL; a page without JavaScript needs the redirect.
            Some(url) if polling_view(&headers).is_none() => see_other(url),
            _ => ended(state, payment).into_response(),
        }
    })
}

/// The payment has ended or waits for the bank: back to the merchant.
fn ended(state: &State, payment: &Payment) -> Page {
    let brand = payment.unit.brand(state.now());
    let (picture, heading) = outcome(payment);
    let back = payment
        .return_url()
        .map(|url| format!("<div class=\"foot\"><a class=\"go\" href=\"{}\">Back to the shop</a></div>", escaped(url)));
    let main = format!(
        "{}<div class=\"end\">{picture}<h1 tabindex=\"-1\">{heading}</h1><p>{}</p></div>{}",
        bar(brand, ""),
        escaped(payment.unit.merchant),
        back.unwrap_or_default(),
    );
    let mut page = Page::new(brand, heading, "ended", main);
    page.next_url = payment.return_url().map(str::to_owned);
    page
}

/// How a payment ended: an icon and a heading.
pub(super) fn outcome(payment: &Payment) -> (&'static str, &'static str) {
    match payment.state {
        PaymentState::Authorized => (TICK, "Paid"),
        PaymentState::Aborted => (CROSS, "You cancelled the payment"),
        PaymentState::Expired => (CROSS, "The payment has expired"),
        PaymentState::Terminated => (CROSS, "The shop cancelled the payment"),
        PaymentState::Created => (PHONE, "Waiting for the bank"),
    }
}

async fn cancel(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<Link>) -> Response {
    shared.change(|state| {
        let Some(index) = state.find_token(&link.token) else { return unknown_payment() };
        // A payment that has ended meanwhile keeps its state.
        let _ = state.change(index, Payment::abort);
        let payment = state.payment(index);
        payment.return_url().map_or_else(|| ended(state, payment).into_response(), see_other)
    })
}

#[derive(Deserialize)]
struct Left {
    token: String,
    view: String,
}

async fn left(Shares(shared): Shares<Arc<Shared>>, Query(left): Query<Left>) -> StatusCode {
    let later = shared.clone();
    shared.tasks.spawn(async move {
        later.pause(RELOAD_GRACE).await;
        later.change(|state| {
            let Some(index) = state.find_token(&left.token) else { return };
            state.change(index, |payment, now| {
                let is_gone = payment.view.is_empty() || payment.view == left.view;
                if is_gone && payment.channel == Channel::Landing {
                    // It may have ended meanwhile, which is no error.
                    let _ = payment.abort(now);
                }
            });
        });
    });
    StatusCode::NO_CONTENT
}

/// A 303 to the merchant. `Redirect` would panic on a URL that is not a valid header value.
pub(super) fn see_other(url: &str) -> Response {
    match axum::http::HeaderValue::try_from(url) {
        Ok(url) => (StatusCode::SEE_OTHER, [(axum::http::header::LOCATION, url)]).into_response(),
        Err(_) => (StatusCode::BAD_GATEWAY, "The return URL cannot be followed").into_response(),
    }
}
