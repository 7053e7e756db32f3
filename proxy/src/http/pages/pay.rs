//! The pay page behind a link or QR: the order, and the form that pays it.

use kvitt_wire::{Brand, Checkout, Language, Wording};
use maud::html;
use url::Url;

use super::text::{Text, amount, fill, time};
use super::{Page, lines, page};
use crate::checkout::Moment;
use crate::config::Vipps;

/// The state of the page's form.
#[derive(Clone, Copy, Debug)]
pub struct PayForm {
    /// Until when it can be paid.
    pub due: Moment,
    /// Whether the customer has accepted the terms before.
    pub terms_accepted: bool,
    /// Whether the form was submitted without the terms.
    pub terms_missing: bool,
}

/// The page. `vipps` names the hosts to which the form may lead.
pub fn pay(checkout: &Checkout, language: Language, form: &PayForm, vipps: &Vipps) -> Page {
    let text = Text::of(language);
    let (cart, consent) = (&checkout.cart, Wording::current(language));
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
        p.quiet { (fill(text.pay_by, &[&time(form.due, cart.total.currency, &text)])) }
        form method="post" {
            @if !form.terms_accepted {
                div.choice {
                    label.check {
                        input type="checkbox" name="terms_accepted" value="yes" required
                            aria-invalid=[form.terms_missing.then_some("true")]
                            aria-describedby=[form.terms_missing.then_some("missing")];
                        span { (text.terms) " " a href=(cart.terms_url) target="_blank" rel="noopener" { (text.terms_link) } }
                    }
                    @if form.terms_missing { p.error #missing { (text.terms_needed) } }
                }
            }
            @if cart.asks_phone_number {
                div.choice {
                    label.check {
                        input type="checkbox" name="share_phone_number" value="yes" aria-describedby="why";
                        span { (fill(consent.question, &[&cart.shop])) }
                    }
                    p.why #why { (fill(consent.explanation, &[&cart.shop, brand])) }
                    input type="hidden" name="wording" value=(consent.version);
                }
            }
            button class=(format!("pay {class}")) { (caption) }
        }
        p.quiet { (text.reference) ": " (checkout.reference) }
    };
    let title = format!("{} · {}", text.to_pay, cart.shop);
    page(language, &title, None, None, content).with_form_to(landings(vipps))
}

/// The hosts to which Vipps MobilePay may send the customer, as sources of a content security policy.
fn landings(vipps: &Vipps) -> String {
    let local = Url::parse(&vipps.base_url).ok().filter(|url| url.scheme() == "http");
    let hosts = vipps.redirect_hosts.iter().flat_map(|host| [format!("https://{host}"), format!("https://*.{host}")]);
    let local = local.map(|url| url.origin().ascii_serialization());
    hosts.chain(local).collect::<Vec<_>>().join(" ")
}
