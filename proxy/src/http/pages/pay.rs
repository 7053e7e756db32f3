//! The page behind a link or QR: what is to be paid, and the form that pays it.

use kvitt_wire::{Brand, CONSENT_WORDING, Checkout, Language};
use maud::html;
use url::Url;

use super::text::{Text, amount, day, fill};
use super::{Page, lines, page};
use crate::checkout::Moment;
use crate::config::Vipps;

/// What the page asks of the customer.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Until when it may be paid.
    pub due: Option<Moment>,
    /// Whether the terms have been accepted before.
    pub terms_accepted: bool,
    /// Whether pay was pressed without them.
    pub terms_missing: bool,
}

/// What is to be paid, with a button. `vipps` says where the form may lead.
pub fn pay(checkout: &Checkout, language: Language, asked: &Asked, vipps: &Vipps) -> Page {
    let text = Text::of(language);
    let cart = &checkout.cart;
    let total = amount(cart.total.value, cart.total.currency, &text);
    let (brand, class, caption) = match cart.brand {
        Brand::Vipps => ("Vipps", "brand brand-vipps", text.pay_vipps),
        Brand::MobilePay => ("MobilePay", "brand brand-mobilepay", text.pay_mobilepay),
    };
    let content = html! {
        p class=(class) { (brand) }
        p.shop { (cart.shop) }
        h1 { (text.to_pay) ": " (total) }
        @if checkout.state.is_final() { p.lead { (text.again) } }
        (lines(checkout, &text))
        @if let Some(due) = asked.due { p.quiet { (fill(text.pay_by, &[&day(due, &text)])) } }
        form method="post" {
            @if !asked.terms_accepted {
                div.choice {
                    label.check {
                        input type="checkbox" name="terms_accepted" value="yes" required
                            aria-invalid=[asked.terms_missing.then_some("true")]
                            aria-describedby=[asked.terms_missing.then_some("missing")];
                        span { (text.terms) " " a href=(cart.terms_url) target="_blank" rel="noopener" { (text.terms_link) } }
                    }
                    @if asked.terms_missing { p.error #missing { (text.terms_needed) } }
                }
            }
            @if cart.asks_phone_number {
                div.choice {
                    label.check {
                        input type="checkbox" name="share_phone_number" value="yes" aria-describedby="why";
                        span { (fill(text.share, &[&cart.shop])) }
                    }
                    p.why #why { (fill(text.share_why, &[&cart.shop, brand])) }
                    input type="hidden" name="wording" value=(CONSENT_WORDING);
                }
            }
            button class=(format!("pay {class}")) { (caption) }
        }
        p.quiet { (text.reference) ": " (checkout.reference) }
    };
    let title = format!("{} · {}", text.to_pay, cart.shop);
    page(language, &title, None, None, content).leading_to(landings(vipps))
}

/// Where the vendor may send a customer who pays, as a policy's sources.
fn landings(vipps: &Vipps) -> String {
    let local = Url::parse(&vipps.base_url).ok().filter(|url| url.scheme() == "http");
    let hosts = vipps.redirect_hosts.iter().flat_map(|host| [format!("https://{host}"), format!("https://*.{host}")]);
    let local = local.map(|url| url.origin().ascii_serialization());
    hosts.chain(local).collect::<Vec<_>>().join(" ")
}
