//! Who asked for what. Entries about an order are derived by comparing it before and after a step, like its
//! [events](super::events), so that no path to a state can leave one out. An entry contains no personal data of a customer and no secret.

use kvitt_wire::{Actor, Amount};

use super::operation::{Operation, OperationKind};
use super::{Attempt, Checkout, CheckoutId, Moment};

macro_rules! actions {
    ($($(#[$about:meta])* $action:ident = $name:literal;)*) => {
        /// What was asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$about])* $action,)*
        }

        impl Action {
            /// Its name in the API and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }
        }
    };
}

actions! {
    /// To capture reserved money.
    Capture = "capture";
    /// To release reserved money.
    Cancel = "cancel";
    /// To refund captured money.
    Refund = "refund";
    /// To withdraw a payment request.
    WithdrawRequest = "withdraw_request";
    /// To set an order's link in the app.
    CategorizeOrder = "categorize_order";
    /// To erase what the customer of an order shared.
    EraseCustomer = "erase_customer";
    /// To add an endpoint.
    AddEndpoint = "add_endpoint";
    /// To remove an endpoint.
    RemoveEndpoint = "remove_endpoint";
    /// To make a new secret for an endpoint.
    RotateEndpoint = "rotate_endpoint";
    /// To enable an endpoint.
    EnableEndpoint = "enable_endpoint";
    /// To disable an endpoint.
    DisableEndpoint = "disable_endpoint";
    /// To send a test event to an endpoint.
    TestEndpoint = "test_endpoint";
    /// To deliver events to an endpoint again.
    ReplayDeliveries = "replay_deliveries";
    /// To make a shop key.
    AddKey = "add_key";
    /// To revoke a shop key.
    RevokeKey = "revoke_key";
    /// To make a login link for the order desk.
    AddDeskLink = "add_desk_link";
    /// To log in at the order desk.
    LogIn = "log_in";
    /// To end all sessions of the order desk.
    EndDeskSessions = "end_desk_sessions";
    /// To retry a parked effect.
    RetryEffect = "retry_effect";
    /// To remove the registration of a webhook of Vipps MobilePay.
    RemoveWebhook = "remove_webhook";
    /// To encrypt everything with the current key.
    RotateEncryption = "rotate_encryption";
}

impl From<OperationKind> for Action {
    fn from(kind: OperationKind) -> Self {
        match kind {
            OperationKind::Capture => Self::Capture,
            OperationKind::Cancel => Self::Cancel,
            OperationKind::Refund => Self::Refund,
        }
    }
}

/// An entry of the audit, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was asked for.
    pub action: Action,
    /// Who asked.
    pub by: Actor,
    /// When.
    pub at: Moment,
    /// The order that it concerns, if any.
    pub checkout_id: Option<CheckoutId>,
    /// The sales unit that it concerns; `None` for the whole shop.
    pub sales_unit: Option<String>,
    /// What it concerns: a payment's reference, or an id.
    pub subject: Option<String>,
    /// The amount, of what moves money.
    pub amount: Option<Amount>,
    /// More about it.
    pub detail: Option<String>,
}

impl Entry {
    /// An entry about the whole shop.
    pub fn new(action: Action, by: &Actor, at: Moment) -> Self {
        let by = by.clone();
        Self { action, by, at, checkout_id: None, sales_unit: None, subject: None, amount: None, detail: None }
    }

    /// Names what it concerns.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// Names the sales unit that it concerns, if it concerns one.
    #[must_use]
    pub fn at_unit(mut self, sales_unit: Option<&str>) -> Self {
        self.sales_unit = sales_unit.map(str::to_owned);
        self
    }

    /// Says more about it.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }

    fn of_order(action: Action, checkout: &Checkout, attempt: &Attempt, by: &Actor, at: Moment) -> Self {
        let entry = Self::new(action, by, at).about(attempt.reference.as_str());
        Self { checkout_id: Some(checkout.id), ..entry.at_unit(Some(&checkout.order.cart.sales_unit)) }
    }
}

/// What somebody has asked for, by the change of an order from `before` to `after`.
pub fn between(before: &Checkout, after: &Checkout, by: &Actor, at: Moment) -> Vec<Entry> {
    let entry = |action, attempt| Entry::of_order(action, after, attempt, by, at);
    let mut entries = Vec::new();
    for attempt in &after.attempts {
        let old = before.attempts.iter().find(|old| old.reference == attempt.reference);
        let old_operations = old.map_or(&[][..], |old| &old.operations);
        let is_new = |one: &&Operation| !old_operations.iter().any(|old| old.id == one.id);
        entries.extend(attempt.operations.iter().filter(is_new).map(|operation| {
            let amount = Amount { value: operation.amount, currency: after.order.cart.total.currency };
            Entry { amount: Some(amount), ..entry(operation.kind.into(), attempt) }
        }));
        let category = |attempt: &Attempt| attempt.category.as_ref().map(|categorized| categorized.nth);
        if category(attempt) != old.and_then(category) {
            entries.push(entry(Action::CategorizeOrder, attempt));
        }
    }
    let withdrawn = |checkout: &Checkout| checkout.order.offer.as_ref().and_then(|offer| offer.withdrawn_at);
    if withdrawn(after) != withdrawn(before) {
        entries.push(entry(Action::WithdrawRequest, after.current()));
    }
    if after.erased_at != before.erased_at {
        entries.push(entry(Action::EraseCustomer, after.current()));
    }
    entries
}

#[cfg(test)]
mod tests {
    use kvitt_wire::{CategoryName, Via};
    use uuid::Uuid;

    use super::super::step::tests::{Story, consent, payment, polled};
    use super::*;
    use crate::checkout::category::Category;
    use crate::checkout::operation::{OperationId, OperationRequest};
    use crate::checkout::{Input, PaymentState, Private};

    fn siv() -> Actor {
        Actor { name: "Siv".into(), via: Via::Desk, key: None }
    }

    /// The actions of an input, with their amounts.
    fn asked(story: &mut Story, input: Input) -> Vec<(&'static str, Option<i64>)> {
        let before = story.checkout.clone();
        story.take(input).unwrap();
        let entries = between(&before, &story.checkout, &siv(), story.now);
        let of_the_order = |entry: &Entry| {
            entry.by == siv() && entry.checkout_id == Some(before.id) && entry.sales_unit.as_deref() == Some("no")
        };
        assert!(entries.iter().all(of_the_order), "{entries:?}");
        entries.iter().map(|entry| (entry.action.as_str(), entry.amount.map(|amount| amount.value))).collect()
    }

    #[test]
    fn each_thing_that_is_asked_for_makes_one_entry_and_a_repeat_makes_none() {
        let mut story = Story::new(Some(consent()));
        story.created(1).update(1, polled(None, payment(PaymentState::Authorized)));
        let capture = || {
            let id = OperationId(Uuid::from_u128(1));
            let (kind, amount) = (OperationKind::Capture, Some(100));
            Input::Operate(OperationRequest { id, kind, amount, lines: Vec::new(), by: Some(siv()) })
        };
        assert_eq!(asked(&mut story, capture()), [("capture", Some(100))]);
        assert_eq!(asked(&mut story, capture()), []);
        let details_url = Private("https://post.example/1".into());
        let category = Category { name: CategoryName::Delivery, details_url, own_page: false, image_id: None };
        assert_eq!(asked(&mut story, Input::Categorize(category.clone())), [("categorize_order", None)]);
        assert_eq!(asked(&mut story, Input::Categorize(category)), []);
        assert_eq!(asked(&mut story, Input::Erase), [("erase_customer", None)]);
        assert_eq!(asked(&mut story, Input::Erase), []);
    }
}
