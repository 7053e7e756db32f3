//! The HTML pages that the proxy renders: the state of an order, the pay page behind a link, and the problem with a form.
//!
//! They serve browsers without JavaScript, and shops without a page of their own. They contain no script. They show the public snapshot of an
//! order and nothing more, and the template escapes every text.

mod afterwards;
mod pay;
mod text;

use std::collections::BTreeMap;

use kvitt_wire::{Brand, Checkout, Language, Line, Problem, State};
use maud::{DOCTYPE, Markup, html};

use afterwards::{Afterwards, is_released};
pub use pay::{PayForm, pay};
use text::{Text, amount, percent, quantity};

/// How often a page that waits for the customer reloads, in seconds.
const REFRESH_S: u32 = 3;

impl axum::response::IntoResponse for Page {
    fn into_response(self) -> axum::response::Response {
        let form = self.form_targets.as_ref().map_or_else(|| "'none'".to_owned(), |hosts| format!("'self' {hosts}"));
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action {form}; frame-ancestors 'none'"
        );
        // Under `no-referrer` the browser would send the origin `null` with a form, which the origin check refuses.
        let referrer = if self.form_targets.is_some() { "same-origin" } else { "no-referrer" };
        let headers = [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", &policy),
            ("referrer-policy", referrer),
            ("cache-control", "no-store"),
        ];
        (headers, self.markup.into_string()).into_response()
    }
}

/// A whole page.
#[derive(Debug)]
pub struct Page {
    markup: Markup,
    /// Where its form may lead, as sources of a content security policy; none when it has no form.
    form_targets: Option<String>,
}

impl Page {
    fn with_form_to(self, hosts: String) -> Self {
        Self { form_targets: Some(hosts), ..self }
    }
}

/// The state of an order, for the customer. The page reloads while `more` is to come. `ended` says that it can no longer be paid.
pub fn order(checkout: &Checkout, language: Language, shop_url: &str, more: bool, ended: bool) -> Page {
    let (text, afterwards) = (Text::of(language), Afterwards::of(language));
    let state = checkout.state;
    let (heading, lead) = match state {
        State::Open | State::Starting | State::Created => (text.waiting, text.waiting_lead),
        State::Authorized if is_released(checkout.aggregate) => (text.terminated, text.thanks_lead),
        State::Authorized => (text.thanks, text.thanks_lead),
        State::Aborted => (text.aborted, text.nothing_drawn),
        State::Expired => (text.expired, text.nothing_drawn),
        State::Terminated => (text.terminated, text.nothing_drawn),
        State::Failed => (text.failed, text.nothing_drawn),
    };
    let (brand, class) = match checkout.cart.brand {
        Brand::Vipps => ("Vipps", "brand brand-vipps"),
        Brand::MobilePay => ("MobilePay", "brand brand-mobilepay"),
    };
    let money = afterwards.money(checkout, &text).filter(|_| state == State::Authorized);
    let refresh = more.then_some(REFRESH_S);
    page(
        language,
        heading,
        refresh,
        Some(state),
        html! {
            p class=(class) { (brand) }
            h1 { (heading) }
            p.lead { (money.as_deref().unwrap_or(lead)) }
            @if ended && state.is_final() && state != State::Authorized { p { (text.ended) ". " (text.ended_lead) } }
            dl.facts {
                dt { (afterwards.order_number) } dd { (checkout.order_number) }
                dt { (text.reference) } dd { (checkout.reference) }
                @if let Some(last_digits) = &checkout.sharing.phone_number_ending {
                    dt { (text.shared) } dd { (text.number_ending) " " (last_digits) }
                }
            }
            (lines(checkout, &text))
            @if let Some(link) = &checkout.category {
                p { a.button href=(link.details_url) { (afterwards.link(link.category)) } }
            }
            @if let Some(url) = &checkout.redirect_url {
                p { a.button href=(url) { (text.open_app) } }
            }
            @if state.is_final() {
                p { a.button href=(shop_url) { (text.back) } }
            }
            p.quiet { (checkout.cart.shop) }
        },
    )
}

/// A problem in the customer's words, and how the customer can go on. What a developer should know is in the JSON and in the log.
pub fn problem(problem: &Problem, language: Language, shop_url: &str) -> Page {
    let text = Text::of(language);
    let (heading, lead) = explained(problem, &text);
    let nothing_paid = (400..500).contains(&problem.status) && ![404, 405, 429, 431].contains(&problem.status);
    let new_total = problem.cart.as_ref().map(|cart| amount(cart.total.value, cart.total.currency, &text));
    let content = html! {
        h1 { (heading) }
        @if let Some(lead) = lead { p.lead { (lead) } }
        @if let Some(total) = new_total { dl.facts { dt { (text.new_total) } dd { (total) } } }
        @if nothing_paid { p { (text.nothing_paid) } }
        p { a.button href=(shop_url) { (text.back) } }
        p.quiet { (text.code) " " (problem.code) " · " (problem.trace_id) }
    };
    page(language, heading, None, Some(State::Failed), content)
}

/// What a problem means for the customer: a heading, and what to do.
fn explained(problem: &Problem, text: &Text) -> (&'static str, Option<&'static str>) {
    match (problem.status, problem.code.as_str()) {
        (404 | 405, _) => (text.not_found, Some(text.not_found_lead)),
        (431, _) => (text.cookies, Some(text.cookies_lead)),
        (429 | 500.., _) => (text.busy, Some(text.busy_lead)),
        (_, "price_changed") => (text.price_changed, Some(text.price_changed_lead)),
        (_, "terms_not_accepted") => (text.terms_needed.trim_end_matches('.'), None),
        (_, "cart_expired") => (text.stale, Some(text.stale_lead)),
        (_, "offer_ended" | "too_many_attempts") => (text.ended, Some(text.ended_lead)),
        _ => (text.refused, Some(text.refused_lead)),
    }
}

fn page(language: Language, title: &str, refresh_s: Option<u32>, state: Option<State>, body: Markup) -> Page {
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                @if let Some(seconds) = refresh_s { meta http-equiv="refresh" content=(seconds); }
                title { (title) }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/pages.css";
            }
            body.page { main.card data-state=[state.map(State::as_str)] { (body) } }
        }
    };
    Page { markup, form_targets: None }
}

fn lines(checkout: &Checkout, text: &Text) -> Markup {
    let cart = &checkout.cart;
    let money = |value: i64| amount(value, cart.total.currency, text);
    html! {
        table.lines {
            caption { (text.order) }
            thead { tr { th scope="col" { (text.article) } th scope="col" { (text.amount) } } }
            tbody {
                @for line in &cart.lines {
                    tr {
                        td { (quantity(line.quantity, line.unit, text)) " × " (line.name) }
                        td { (money(line.total)) }
                    }
                }
                @if cart.paid_otherwise() != 0 {
                    tr { td { (text.paid_otherwise) } td { (money(-cart.paid_otherwise())) } }
                }
            }
            tfoot {
                tr { th scope="row" { (text.total) } td { (money(cart.total.value)) } }
                @for (rate, vat) in vat_by_rate(&cart.lines) {
                    tr { th scope="row" { (text.vat) " " (percent(rate, text)) } td { (money(vat)) } }
                }
            }
        }
    }
}

/// The VAT of each rate, the highest rate first.
fn vat_by_rate(lines: &[Line]) -> Vec<(u32, i64)> {
    let mut sums = BTreeMap::<u32, i64>::new();
    for line in lines {
        *sums.entry(line.vat_rate).or_default() += line.vat;
    }
    sums.into_iter().rev().collect()
}
