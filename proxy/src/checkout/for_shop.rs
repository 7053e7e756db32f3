//! An order as the shop's API shows it: everything but the customer's personal data and the token that gives access to its page.

use kvitt_wire::{
    CaptureDeadline, SentBy, ShopAttempt, ShopConsent, ShopDrift, ShopOrder, ShopRequest, State, Wording,
};

use super::category::Categorized;
use super::{Attempt, Checkout, Consent, Flow, OfferedBy};

impl Checkout {
    /// The order for the shop's API. `capture_deadline` depends on the market, and the caller computes it. The fields that only the store
    /// can fill, such as `events`, are `None`.
    pub fn for_shop(&self, capture_deadline: Option<CaptureDeadline>) -> ShopOrder {
        let current = self.current();
        ShopOrder {
            reference: current.reference.to_string(),
            order_number: self.order.number.clone(),
            sales_unit: self.order.cart.sales_unit.clone(),
            description: self.order.description.clone(),
            lines: self.order.cart.lines.clone(),
            payment_sources: self.order.cart.payment_sources,
            state: current.state,
            amount: self.order.cart.total,
            aggregate: current.aggregate,
            capture_deadline,
            attempts: self.attempts.iter().map(|attempt| self.attempt_for_shop(attempt)).collect(),
            customer_id: None,
            request: self.request_for_shop(),
            sharing: None,
            category: current.category.as_ref().map(Categorized::for_shop),
            events: None,
            audit: None,
            created_at_ms: self.created_at.0,
        }
    }

    /// The address of the order's pay page.
    pub fn pay_url(&self) -> String {
        self.order.landing_return_url.0.replacen("/return/", "/pay/", 1)
    }

    fn request_for_shop(&self) -> Option<ShopRequest> {
        let offer = self.order.offer.as_ref().filter(|offer| offer.by == OfferedBy::Shop)?;
        let url = self.pay_url();
        let current = self.current();
        let in_app = current.flow == Flow::Push && matches!(current.state, State::Created | State::Authorized);
        Some(ShopRequest {
            qr_svg: format!("{url}/qr.svg"),
            qr_png: format!("{url}/qr.png"),
            url,
            sent_by: if in_app { SentBy::App } else { SentBy::Link },
            expires_at_ms: offer.expires_at.0,
            withdrawn_at_ms: offer.withdrawn_at.map(|at| at.0),
            consent: offer.consent.as_ref().map(Consent::for_shop),
        })
    }

    fn attempt_for_shop(&self, attempt: &Attempt) -> ShopAttempt {
        let currency = self.order.cart.total.currency;
        ShopAttempt {
            reference: attempt.reference.to_string(),
            state: attempt.state,
            trouble: attempt.trouble.clone(),
            advice: None,
            aggregate: attempt.aggregate,
            drift: attempt.drift.map(|drift| ShopDrift { amount: drift.amount, since_ms: drift.since.0 }),
            consent: attempt.consent.as_ref().map(Consent::for_shop),
            operations: attempt.operations.iter().map(|operation| operation.for_shop(currency)).collect(),
            created_at_ms: attempt.created_at.0,
            expires_at_ms: attempt.expires_at.0,
        }
    }
}

impl Consent {
    /// The record of the consent.
    pub fn for_shop(&self) -> ShopConsent {
        ShopConsent {
            scope: self.scope.clone(),
            wording: self.wording.clone(),
            language: self.language,
            text: self.text.clone().or_else(|| {
                let Wording { question, explanation, .. } = Wording::find(&self.wording, self.language)?;
                Some(format!("{question}\n{explanation}"))
            }),
            given_at_ms: self.given_at.0,
        }
    }
}
