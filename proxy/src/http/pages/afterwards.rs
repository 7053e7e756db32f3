//! What the page of a paid order says of what came afterwards: captures, refunds and releases, and the shop's own page on the order.

use kvitt_wire::{Aggregate, Amount, CategoryName, Checkout, Language};

use super::text::{Text, amount, fill};

/// The texts of one language. Sentences have the amount as `{0}` and the shop as `{1}`.
pub(super) struct Afterwards {
    pub(super) order_number: &'static str,
    captured: &'static str,
    partly_captured: &'static str,
    refunded: &'static str,
    partly_refunded: &'static str,
    released: &'static str,
    more: &'static str,
    receipt: &'static str,
    confirmation: &'static str,
    parcel: &'static str,
    ticket: &'static str,
    booking: &'static str,
}

impl Afterwards {
    pub(super) const fn of(language: Language) -> Self {
        match language {
            Language::Nb => NB,
            Language::Da => DA,
            Language::Fi => FI,
            Language::Sv => SV,
            Language::En => EN,
        }
    }

    /// The words of the link to the shop's page.
    pub(super) const fn link(&self, category: CategoryName) -> &'static str {
        match category {
            CategoryName::General => self.more,
            CategoryName::Receipt => self.receipt,
            CategoryName::OrderConfirmation => self.confirmation,
            CategoryName::Delivery => self.parcel,
            CategoryName::Ticket => self.ticket,
            CategoryName::Booking => self.booking,
        }
    }

    /// The sentence about the money of a paid order; `None` while all of it is reserved.
    pub(super) fn money(&self, checkout: &Checkout, text: &Text) -> Option<String> {
        let (sentence, value) = self.sentence(checkout.aggregate)?;
        let Amount { currency, .. } = checkout.cart.total;
        Some(fill(sentence, &[&amount(value, currency, text), &checkout.cart.shop]))
    }

    const fn sentence(&self, aggregate: Aggregate) -> Option<(&'static str, i64)> {
        let Aggregate { authorized, captured, cancelled, refunded } = aggregate;
        Some(match aggregate {
            _ if refunded > 0 && refunded >= captured => (self.refunded, refunded),
            _ if refunded > 0 => (self.partly_refunded, refunded),
            _ if captured > 0 && captured + cancelled >= authorized => (self.captured, captured),
            _ if captured > 0 => (self.partly_captured, captured),
            _ if is_released(aggregate) => (self.released, cancelled),
            _ => return None,
        })
    }
}

/// Whether all that was reserved is released.
pub(super) const fn is_released(aggregate: Aggregate) -> bool {
    let Aggregate { authorized, captured, cancelled, refunded } = aggregate;
    refunded == 0 && captured == 0 && cancelled > 0 && cancelled >= authorized
}

const EN: Afterwards = Afterwards {
    order_number: "Order number",
    captured: "{0} is paid to {1}.",
    partly_captured: "{0} is paid to {1} so far.",
    refunded: "{0} is refunded to you.",
    partly_refunded: "{0} of the payment is refunded to you.",
    released: "The reservation is released. You pay nothing.",
    more: "More about the order",
    receipt: "Show the receipt",
    confirmation: "Show the order confirmation",
    parcel: "Track the delivery",
    ticket: "Show the ticket",
    booking: "Show the booking",
};

const NB: Afterwards = Afterwards {
    order_number: "Ordrenummer",
    captured: "{0} er betalt til {1}.",
    partly_captured: "{0} er betalt til {1} så langt.",
    refunded: "{0} er refundert til deg.",
    partly_refunded: "{0} av betalingen er refundert til deg.",
    released: "Reservasjonen er opphevet. Du betaler ingenting.",
    more: "Mer om bestillingen",
    receipt: "Vis kvitteringen",
    confirmation: "Vis ordrebekreftelsen",
    parcel: "Spor leveringen",
    ticket: "Vis billetten",
    booking: "Vis reservasjonen",
};

const DA: Afterwards = Afterwards {
    order_number: "Ordrenummer",
    captured: "{0} er betalt til {1}.",
    partly_captured: "{0} er betalt til {1} indtil videre.",
    refunded: "{0} er refunderet til dig.",
    partly_refunded: "{0} af betalingen er refunderet til dig.",
    released: "Reservationen er ophævet. Du betaler intet.",
    more: "Mere om ordren",
    receipt: "Vis kvitteringen",
    confirmation: "Vis ordrebekræftelsen",
    parcel: "Følg leveringen",
    ticket: "Vis billetten",
    booking: "Vis bookingen",
};

const FI: Afterwards = Afterwards {
    order_number: "Tilausnumero",
    captured: "{0} on maksettu, saaja {1}.",
    partly_captured: "{0} on maksettu tähän mennessä, saaja {1}.",
    refunded: "{0} on palautettu sinulle.",
    partly_refunded: "{0} maksusta on palautettu sinulle.",
    released: "Varaus on purettu. Et maksa mitään.",
    more: "Lisätietoja tilauksesta",
    receipt: "Näytä kuitti",
    confirmation: "Näytä tilausvahvistus",
    parcel: "Seuraa toimitusta",
    ticket: "Näytä lippu",
    booking: "Näytä varaus",
};

const SV: Afterwards = Afterwards {
    order_number: "Ordernummer",
    captured: "{0} är betalt till {1}.",
    partly_captured: "{0} är hittills betalt till {1}.",
    refunded: "{0} är återbetalt till dig.",
    partly_refunded: "{0} av betalningen är återbetalt till dig.",
    released: "Reservationen är hävd. Du betalar ingenting.",
    more: "Mer om beställningen",
    receipt: "Visa kvittot",
    confirmation: "Visa orderbekräftelsen",
    parcel: "Följ leveransen",
    ticket: "Visa biljetten",
    booking: "Visa bokningen",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amounts_decide_the_sentence_about_the_money() {
        let sentence = |authorized, captured, cancelled, refunded| {
            EN.sentence(Aggregate { authorized, captured, cancelled, refunded })
        };
        assert_eq!(sentence(500, 0, 0, 0), None);
        assert_eq!(sentence(500, 0, 200, 0), None, "the rest is still reserved");
        assert_eq!(sentence(500, 200, 0, 0), Some((EN.partly_captured, 200)));
        assert_eq!(sentence(500, 200, 300, 0), Some((EN.captured, 200)));
        assert_eq!(sentence(500, 500, 0, 100), Some((EN.partly_refunded, 100)));
        assert_eq!(sentence(500, 200, 300, 200), Some((EN.refunded, 200)));
        assert_eq!(sentence(500, 0, 500, 0), Some((EN.released, 500)));
    }
}
