//! The start screen: what is bought, the terms, the telephone number, and the pay button.
//!
//! The pay button can always be pressed. Without the terms it says what is missing and moves to it, which a greyed-out button
//! would keep to itself.

use super::lines::lines;
use super::{button, checkbox, pay_button, share_question};
use crate::dom::{El, el};
use crate::model::{self, Model, Notice};
use crate::text::Word;

/// What changes while the screen stays.
pub(super) struct Start {
    terms: El,
    missing: El,
    /// What a phone scans, and the picture in it; once there is something to scan.
    scan: El,
    code: El,
}

impl Start {
    pub(super) fn build(model: &Model, frame: &El, heading: &El) -> Option<Self> {
        let cart = model.cart.as_ref()?;
        let words = &model.words;
        heading.write(words.text(Word::YourOrder));
        frame.add(&el("p", "shop").text(&cart.shop));
        frame.add(&lines(words, cart, Some(&model.order.origin)));

        let terms = checkbox("terms", model.terms).set("required", "");
        let link = el("a", "link").set("target", "_blank").set("rel", "noopener");
        link.mark("href", model::link(&cart.terms_url));
        let link = link.text(words.text(Word::TermsLink));
        let (before, after) = words.around(Word::Terms);
        let accept = el("span", "").words(before).put(&link).words(after);
        let missing = el("p", "error").set("id", "missing").text(words.text(Word::TermsNeeded));
        missing.show(false);
        frame.add(&el("div", "choice").put(&el("label", "check").put(&terms).put(&accept)).put(&missing));
        if let Some(question) = share_question(model) {
            frame.add(&question);
        }

        let pay = button("button", "pay", "");
        pay_button(&pay, words, cart.brand);
        let actions = el("div", "actions").put(&pay);
        if model.closable {
            actions.add(&button("quiet", "back", words.text(Word::Back)));
        }
        frame.add(&actions);
        let code = el("img", "code").set("alt", "").set("width", "144").set("height", "144");
        let scan = el("div", "scan").put(&code).put(&el("p", "").text(words.text(Word::Scan)));
        scan.show(false);
        frame.add(&scan);
        Some(Self { terms, missing, scan, code })
    }

    /// Shows what is missing. It is said through the checkbox's description, not through the live region.
    pub(super) fn refresh(&self, model: &Model) -> String {
        let missing = model.notice == Some(Notice::TermsNeeded);
        self.missing.show(missing);
        self.terms.mark("aria-invalid", missing.then_some("true"));
        self.terms.mark("aria-describedby", missing.then_some("missing"));
        if let Some(token) = model.token.as_ref().filter(|_| model.offered) {
            let mut url = model.order.origin.clone();
            url.push_str("/pay/");
            url.push_str(token);
            url.push_str("/qr.svg");
            self.code.mark("src", Some(&url));
        }
        self.scan.show(model.offered);
        String::new()
    }

    /// Where the keyboard goes when the terms are missing.
    pub(super) fn terms(&self) -> El {
        self.terms.clone()
    }
}
