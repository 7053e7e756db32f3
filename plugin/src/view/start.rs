//! The start screen: the order, the terms, the telephone number and the pay button.
//!
//! It shows the cart at the proxy's prices, and a QR once an order is open for scan to pay. The pay button must never be disabled:
//! without the terms it shows what is missing and moves the focus there.

use super::controls::{button, checkbox, pay_button, share_question};
use super::lines::lines;
use crate::dom::{El, el};
use crate::model::{self, Model, Notice};
use crate::text::Word;

/// The parts that are refreshed.
pub(super) struct Start {
    terms: El,
    missing: El,
    /// The box with the QR; hidden until an order is open.
    scan: El,
    code: El,
}

impl Start {
    pub(super) fn build(model: &Model, frame: &El, heading: &El) -> Option<Self> {
        let cart = model.cart.as_ref()?;
        let words = &model.words;
        heading.set_text(words.text(Word::YourOrder));
        frame.append(&el("p", "shop").text(&cart.shop));
        frame.append(&lines(words, cart, Some(&model.order.origin)));

        let terms = checkbox("terms", model.terms).attr("required", "");
        let link = el("a", "link").attr("target", "_blank").attr("rel", "noopener");
        link.set_attr("href", model::link(&cart.terms_url));
        let link = link.text(words.text(Word::TermsLink));
        let (before, after) = words.around(Word::Terms);
        let accept = el("span", "").text_node(before).child(&link).text_node(after);
        let missing = el("p", "error").attr("id", "missing").text(words.text(Word::TermsNeeded));
        missing.show(false);
        frame.append(&el("div", "choice").child(&el("label", "check").child(&terms).child(&accept)).child(&missing));
        if let Some(question) = share_question(model) {
            frame.append(&question);
        }

        let pay = button("button", "pay", "");
        pay_button(&pay, words, cart.brand);
        let actions = el("div", "actions").child(&pay);
        if model.closable {
            actions.append(&button("quiet", "back", words.text(Word::Back)));
        }
        frame.append(&actions);
        let code = el("img", "code").attr("alt", "").attr("width", "144").attr("height", "144");
        let scan = el("div", "scan").child(&code).child(&el("p", "").text(words.text(Word::Scan)));
        scan.show(false);
        frame.append(&scan);
        Some(Self { terms, missing, scan, code })
    }

    /// Shows what is missing, and the QR. The checkbox's description announces what is missing, so the live region says nothing.
    pub(super) fn refresh(&self, model: &Model) -> String {
        let missing = model.notice == Some(Notice::TermsNeeded);
        self.missing.show(missing);
        self.terms.set_attr("aria-invalid", missing.then_some("true"));
        self.terms.set_attr("aria-describedby", missing.then_some("missing"));
        if let Some(token) = model.token.as_ref().filter(|_| model.scan_ready) {
            let mut url = model.order.origin.clone();
            url.push_str("/pay/");
            url.push_str(token);
            url.push_str("/qr.svg");
            self.code.set_attr("src", Some(&url));
        }
        self.scan.show(model.scan_ready);
        String::new()
    }

    /// The checkbox of the terms.
    pub(super) fn terms(&self) -> El {
        self.terms.clone()
    }
}
