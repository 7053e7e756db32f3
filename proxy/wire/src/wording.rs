//! Every text with which the widget and the pay pages ever asked for the telephone number, and the record of a consent.
//!
//! A consent names the version of the text that the customer saw, so this is evidence: entries are added and never changed or removed. A text
//! that changes in any language gets a new version in all of them, which becomes [`CONSENT_WORDING`].

use serde::{Deserialize, Serialize};

use crate::Language;

/// The version of the text with which the widget and the pay pages ask for the telephone number now. It is stored with each consent.
pub const CONSENT_WORDING: &str = "2026-11";

/// One text: the question at the checkbox and the explanation below it. `{0}` is the shop, `{1}` the brand of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    /// Its version, the same in all languages.
    pub version: &'static str,
    /// Its language.
    pub language: Language,
    /// The question at the checkbox.
    pub question: &'static str,
    /// The explanation below it.
    pub explanation: &'static str,
}

impl Wording {
    /// The text of a version in a language.
    pub fn find(version: &str, language: Language) -> Option<&'static Self> {
        WORDINGS.iter().find(|wording| wording.version == version && wording.language == language)
    }

    /// The current text in a language.
    pub fn current(language: Language) -> &'static Self {
        Self::find(CONSENT_WORDING, language).expect("the current version has every language")
    }
}

/// All of them, the oldest version first.
pub const WORDINGS: &[Wording] = &[
    Wording {
        version: "2026-11",
        language: Language::Nb,
        question: "Del telefonnummeret mitt med {0}",
        explanation: "Valgfritt. Da kan {0} sende neste betalingskrav rett til {1} på telefonen din. {1} ber deg bekrefte.",
    },
    Wording {
        version: "2026-11",
        language: Language::Da,
        question: "Del mit telefonnummer med {0}",
        explanation: "Valgfrit. Så kan {0} sende din næste betalingsanmodning direkte til {1} på din telefon. {1} beder dig bekræfte.",
    },
    Wording {
        version: "2026-11",
        language: Language::Fi,
        question: "Jaan puhelinnumeroni: {0}",
        explanation: "Vapaaehtoinen. {0} voi lähettää seuraavan maksupyynnön suoraan puhelimesi {1}-sovellukseen. {1} pyytää sinua vahvistamaan tämän.",
    },
    Wording {
        version: "2026-11",
        language: Language::Sv,
        question: "Dela mitt telefonnummer med {0}",
        explanation: "Valfritt. Då kan {0} skicka nästa betalningsbegäran direkt till {1} i din telefon. {1} ber dig bekräfta.",
    },
    Wording {
        version: "2026-11",
        language: Language::En,
        question: "Share my phone number with {0}",
        explanation: "Optional. {0} can then send your next payment request straight to {1} on your phone. {1} asks you to confirm.",
    },
];

/// The record of a customer's consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopConsent {
    /// What the consent is for: `phoneNumber` or `paymentRequests`.
    pub scope: String,
    /// The version of the consent text.
    pub wording: String,
    /// The language of the text.
    pub language: Language,
    /// The text that the customer agreed to. For consents of earlier releases it has `{0}` for the shop and `{1}` for the app; it is absent
    /// where they named a text that is not the proxy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it was given, in milliseconds since 1970 (UTC).
    pub given_at_ms: i64,
}
