//! The customer's phone as a web page: the pending payments of a number, and the app's screens for each.
//!
//! A cookie has the phone's number. A payment opened from the shop's page on the same device belongs to that phone; one sent to a number waits
//! in that number's list. The screens are consent, pay, details, done.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, State as Shares};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

use super::format::{money, phone_number, read_phone_number, short_money};
use super::html::{CARD, PERSON, PHONE, Page, bar, button, escaped, merchant, unknown_payment};
use super::landing::{description, outcome};
use crate::sales_units::SalesUnit;
use crate::shared::Shared;
use crate::state::{Channel, Payment, PaymentState, State, has_the_app};

const COOKIE: &str = "kvitt_emulator_phone";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/phone", get(phone).post(choose))
        .route("/phone/open", get(open))
        .route("/phone/payments/{token}", get(payment))
        .route("/phone/payments/{token}/details", get(details))
        .route("/phone/payments/{token}/{action}", post(act))
}

/// The number of this phone, if one was chosen.
fn holder(headers: &HeaderMap) -> Option<String> {
    let cookies = crate::gateway::text(headers, "cookie")?;
    let number = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    read_phone_number(number, "")
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    change: bool,
    #[serde(default)]
    problem: bool,
    number: Option<String>,
}

/// The phone's start page: the pending payments, or the form for the number.
async fn phone(Shares(shared): Shares<Arc<Shared>>, Query(start): Query<Start>, headers: HeaderMap) -> Response {
    if let Some(typed) = start.number {
        return choose(Form(Number { number: typed })).await;
    }
    shared.read(|state| match holder(&headers).filter(|_| !start.change) {
        Some(number) => list(state, &number).into_response(),
        None => number_form(state, start.problem).into_response(),
    })
}

fn number_form(state: &State, problem: bool) -> Page {
    let brand = SalesUnit::ALL[0].brand(state.now());
    let known = |unit: &SalesUnit| {
        format!(
            "<li><form method=\"post\" action=\"/phone\"><input type=\"hidden\" name=\"number\" value=\"{}\">\
             <button class=\"pill\">{}</button></form></li>",
            unit.demo_number,
            phone_number(unit.demo_number),
        )
    };
    let known: String = SalesUnit::ALL.iter().map(known).collect();
    let (wrong, described) = if problem {
        (
            "<p class=\"wrong\" id=\"wrong\" role=\"alert\">This is not a number of somebody with the app.</p>",
            " aria-invalid=\"true\" aria-describedby=\"wrong\"",
        )
    } else {
        ("", "")
    };
    let main = format!(
        "{}<h1 class=\"section\" tabindex=\"-1\">Whose phone is this?</h1>\
         <p class=\"quiet\">The payments sent to the number show up here.</p>\
         <form class=\"ask\" method=\"post\" action=\"/phone\"><div><label for=\"number\">Phone number</label>{wrong}\
         <input id=\"number\" type=\"tel\" name=\"number\" value=\"{}\" autocomplete=\"tel\" inputmode=\"tel\" required{described}></div>\
         <button class=\"go wide\">Next</button></form>\
         <h2 class=\"section\">Customers at hand</h2><ul class=\"choices\">{known}</ul>",
        bar(brand, ""),
        phone_number(SalesUnit::ALL[0].demo_number),
    );
    Page::new(brand, "Whose phone is this?", "whose", main)
}

#[derive(Deserialize)]
struct Number {
    #[serde(default)]
    number: String,
}

async fn choose(Form(sent): Form<Number>) -> Response {
    let Some(number) = read_phone_number(&sent.number, "NO").filter(|number| has_the_app(number)) else {
        return Redirect::to("/phone?change=true&problem=true").into_response();
    };
    let cookie = format!("{COOKIE}={number}; Path=/; HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::try_from(cookie).expect("digits make a header value");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/phone")).into_response()
}

fn list(state: &State, number: &str) -> Page {
    let brand = SalesUnit::ALL[0].brand(state.now());
    let is_here = |payment: &&Payment| {
        payment.is_waiting() && payment.channel != Channel::Landing && payment.customer.as_deref() == Some(number)
    };
    let waiting: Vec<&Payment> = state.payments().rev().filter(is_here).collect();
    let line = |payment: &&Payment| {
        format!(
            "<li><a href=\"/phone/payments/{}\"><span><strong>{}</strong><span class=\"quiet\">{}</span></span>\
             <span class=\"sum\">{}</span></a></li>",
            payment.token,
            escaped(payment.unit.merchant),
            escaped(payment.request["paymentDescription"].as_str().unwrap_or(&payment.reference)),
            short_money(payment.amount, payment.unit.currency),
        )
    };
    let lines: String = waiting.iter().map(line).collect();
    let lines = match lines.as_str() {
        "" => format!(
            "<p class=\"empty\" role=\"status\">{PHONE}Nothing to pay right now.<br>A payment shows up here by itself.</p>"
        ),
        lines => format!("<ul class=\"list\">{lines}</ul>"),
    };
    let main = format!(
        "{}<h1 class=\"section\" tabindex=\"-1\">Payments</h1>\
         <p class=\"quiet\">{} · <a href=\"/phone?change=true\">Change number</a></p>{lines}",
        bar(brand, ""),
        phone_number(number),
    );
    let version: Vec<&str> = waiting.iter().map(|payment| payment.token.as_str()).collect();
    let mut page = Page::new(brand, "Payments", format!("list {}", version.join(" ")), main);
    page.refresh_seconds = Some(3);
    page
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

/// The app switch: from the shop's page to the app on the same device.
async fn open(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<Link>, headers: HeaderMap) -> Response {
    shared.change(|state| {
        let Some(index) = state.find_token(&link.token) else { return unknown_payment() };
        state.change(index, |payment, _| {
            let holder = holder(&headers).unwrap_or_else(|| payment.unit.demo_number.to_owned());
            payment.customer.get_or_insert(holder);
            payment.channel = Channel::AppSwitch;
        });
        Redirect::to(&format!("/phone/payments/{}", link.token)).into_response()
    })
}

async fn payment(Shares(shared): Shares<Arc<Shared>>, Path(token): Path<String>) -> Response {
    shared.read(|state| match state.find_token(&token) {
        Some(index) => screen(state, state.payment(index)).into_response(),
        None => unknown_payment(),
    })
}

/// Whether the app has to ask for consent before it shows the amount to pay.
fn needs_consent(state: &State, payment: &Payment) -> bool {
    !payment.consented && payment.scopes().next().is_some() && !state.consent_is_remembered(payment)
}

fn screen(state: &State, payment: &Payment) -> Page {
    if !payment.is_waiting() {
        done(state, payment)
    } else if needs_consent(state, payment) {
        consent(state, payment)
    } else {
        pay(state, payment)
    }
}

fn action(payment: &Payment, action: &str) -> String {
    format!("/phone/payments/{}/{action}", payment.token)
}

fn consent(state: &State, payment: &Payment) -> Page {
    let brand = payment.unit.brand(state.now());
    let number = payment.customer.as_deref().unwrap_or_default();
    let row = |scope: &str| {
        let (picture, label, value) = match scope {
            "phoneNumber" => (PHONE, "Phone number", phone_number(number)),
            "name" => (PERSON, "Name", "Kari Nordlie".to_owned()),
            "email" => (PERSON, "E-mail", "kari.nordlie@example.com".to_owned()),
            "birthDate" => (PERSON, "Date of birth", "17 May 1988".to_owned()),
            _ => (PERSON, "Address", "Your home address".to_owned()),
        };
        format!(
            "<div class=\"row\">{picture}<div><p class=\"quiet\">{label}</p><p class=\"value\">{value}</p></div></div>"
        )
    };
    let rows: String = payment.scopes().map(row).collect();
    let name = escaped(payment.unit.merchant);
    let main = format!(
        "{bar}{merchant}<p class=\"why\">{name} needs some information to take your payment and to be able to request \
         future payments in {brand}.</p><div class=\"card\">{rows}</div>\
         <div class=\"foot\"><p class=\"quiet\">{company} is responsible for the information it gets.</p>{share}</div>",
        bar = bar(brand, &button(&action(payment, "cancel"), "plain", "Cancel")),
        merchant = merchant(payment.unit, true),
        brand = brand.name(),
        company = escaped(payment.unit.company),
        share = button(&action(payment, "share"), "go", "Share information"),
    );
    Page::new(brand, &format!("{} needs some information", payment.unit.merchant), "consent", main)
}

fn pay(state: &State, payment: &Payment) -> Page {
    let brand = payment.unit.brand(state.now());
    let refusal = payment.refusal.map(|why| format!("<p class=\"refusal\" role=\"alert\">{why} Nothing was paid.</p>"));
    let main = format!(
        "{bar}{merchant}<p class=\"amount\">{amount}</p>{what}\
         <p class=\"middle\"><a class=\"pill\" href=\"{details}\">Show details</a></p>{refusal}\
         <div class=\"foot\"><div class=\"card source\"><div class=\"row\">{CARD}<div><p class=\"value\">Everyday account</p>\
         <p class=\"quiet\">•••• 1234</p></div></div></div>{pay}{expire}</div>",
        bar = bar(brand, &button(&action(payment, "cancel"), "plain", "Cancel")),
        merchant = merchant(payment.unit, false),
        amount = short_money(payment.amount, payment.unit.currency),
        what = description(payment),
        details = action(payment, "details"),
        refusal = refusal.unwrap_or_default(),
        pay = button(&action(payment, "pay"), "go", "Pay"),
        expire = button(&action(payment, "expire"), "plain", "Let it expire"),
    );
    let version = format!("pay {}", payment.events.len());
    Page::new(brand, &format!("Pay {}", payment.unit.merchant), version, main)
}

fn done(state: &State, payment: &Payment) -> Page {
    let brand = payment.unit.brand(state.now());
    let (picture, heading) = outcome(payment);
    let is_paid = payment.state == PaymentState::Authorized;
    let amount = short_money(payment.amount, payment.unit.currency);
    let text = if is_paid {
        format!("{amount} to {}", escaped(payment.unit.merchant))
    } else {
        format!("Nothing was paid to {}.", escaped(payment.unit.merchant))
    };
    let next = match payment.return_url().filter(|_| payment.channel == Channel::AppSwitch) {
        Some(url) => format!("<a class=\"go\" href=\"{}\">Back to the shop</a>", escaped(url)),
        None => "<p>Done, go back to where you were.</p><a href=\"/phone\">Payments</a>".to_owned(),
    };
    let main = format!(
        "{}<div class=\"end\">{picture}<h1 tabindex=\"-1\">{heading}</h1><p role=\"status\">{text}</p></div>\
         <div class=\"foot\">{next}</div>",
        bar(brand, ""),
    );
    Page::new(brand, heading, payment.state.name(), main)
}

async fn details(Shares(shared): Shares<Arc<Shared>>, Path(token): Path<String>) -> Response {
    shared.read(|state| {
        let Some(index) = state.find_token(&token) else { return unknown_payment() };
        let payment = state.payment(index);
        let brand = payment.unit.brand(state.now());
        let order = (payment.unit.msn.to_owned(), payment.reference.clone());
        let lines = state.receipts.get(&order).and_then(|receipt| order_lines(receipt, payment));
        let main = format!(
            "<div class=\"bar\"><a href=\"/phone/payments/{token}\">Close</a><span class=\"title\">Details</span><span></span></div>\
             {merchant}<div class=\"card\"><dl>\
             <div class=\"line\"><dt>Order id</dt><dd class=\"quiet wrap\">{reference}</dd></div>\
             <div class=\"line\"><dt>Issue date</dt><dd class=\"quiet\">{issued}</dd></div>\
             <div class=\"line\"><dt>Pay before</dt><dd class=\"quiet\">{expires} UTC</dd></div></dl></div>{lines}",
            token = payment.token,
            merchant = merchant(payment.unit, true),
            reference = escaped(&payment.reference),
            issued = payment.timestamps.created.strftime("%d.%m.%Y"),
            expires = payment.timestamps.expires.strftime("%d.%m.%Y %H:%M"),
            lines = lines.unwrap_or_default(),
        );
        Page::new(brand, "Details", "details", main).into_response()
    })
}

/// The order's lines, total and VAT. As in the app, none are shown when they do not sum to the amount.
fn order_lines(receipt: &Value, payment: &Payment) -> Option<String> {
    let number = |line: &Value, name: &str| line[name].as_i64().unwrap_or_default();
    let signed = |line: &Value, name: &str| {
        if line["isReturn"] == true { -number(line, name) } else { number(line, name) }
    };
    let lines = receipt["orderLines"].as_array()?;
    let total: i64 = lines.iter().map(|line| signed(line, "totalAmount")).sum();
    let sources = receipt.pointer("/bottomLine/paymentSources").and_then(Value::as_object);
    let paid_otherwise: i64 = sources.map_or(0, |sources| sources.values().filter_map(Value::as_i64).sum());
    if total - paid_otherwise != payment.amount {
        return None;
    }
    let currency = payment.unit.currency;
    let mut html = String::from("<h2 class=\"hidden\">What you pay for</h2><div class=\"card\"><dl>");
    let mut rates: Vec<(i64, i64)> = Vec::new();
    for line in lines {
        let quantity = line.pointer("/unitInfo/quantity").and_then(Value::as_str).filter(|quantity| *quantity != "1");
        let name = escaped(line["name"].as_str().unwrap_or_default());
        let name = quantity.map_or_else(|| name.clone(), |quantity| format!("{}\u{a0}× {name}", escaped(quantity)));
        let amount = money(signed(line, "totalAmount"), currency);
        html.push_str(&format!("<div class=\"line\"><dt>{name}</dt><dd>{amount}</dd></div>"));
        let rate = line["taxRate"].as_i64().unwrap_or_else(|| number(line, "taxPercentage") * 100);
        let tax = signed(line, "totalTaxAmount");
        match rates.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, sum)) => *sum += tax,
            None => rates.push((rate, tax)),
        }
    }
    if paid_otherwise != 0 {
        let paid = money(-paid_otherwise, currency);
        html.push_str(&format!("<div class=\"line\"><dt>Paid by other means</dt><dd>{paid}</dd></div>"));
    }
    let total = money(payment.amount, currency);
    html.push_str(&format!("<div class=\"line total\"><dt>Total</dt><dd>{total}</dd></div>"));
    for (rate, tax) in rates {
        let rate = if rate % 100 == 0 { (rate / 100).to_string() } else { format!("{},{:02}", rate / 100, rate % 100) };
        let tax = money(tax, currency);
        html.push_str(&format!("<div class=\"line vat\"><dt>With {rate}\u{a0}% VAT</dt><dd>{tax}</dd></div>"));
    }
    html.push_str("</dl></div>");
    Some(html)
}

async fn act(Shares(shared): Shares<Arc<Shared>>, Path((token, action)): Path<(String, String)>) -> Response {
    shared.change(|state| {
        let Some(index) = state.find_token(&token) else { return unknown_payment() };
        // A refusal needs no answer of its own: the next screen shows the payment's state.
        match action.as_str() {
            "share" => state.change(index, |payment, _| payment.consented = true),
            "pay" if !needs_consent(state, state.payment(index)) => {
                let _ = state.approve(index, true, None);
            }
            "cancel" => {
                let _ = state.change(index, Payment::abort);
            }
            "expire" => {
                let _ = state.change(index, Payment::expire);
            }
            _ => {}
        }
        Redirect::to(&format!("/phone/payments/{token}")).into_response()
    })
}
