//! What the widget says, in five languages: one function a language, from the same list of words, so that the compiler finds
//! what has not been translated. `{0}` and `{1}` in a text are filled in by [`say`].
//!
//! The words about the telephone number are what the customer consents to: change `kvitt_wire::CONSENT_WORDING` with them.

mod da;
mod en;
mod fi;
mod nb;
mod sv;

use kvitt_wire::{Brand, Language};

macro_rules! words {
    ($($(#[$note:meta])* $word:ident,)*) => {
        /// Everything that is said.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the English text is the documentation")]
        pub enum Word {
            $($(#[$note])* $word,)*
        }

        #[cfg(test)]
        const ALL: &[Word] = &[$(Word::$word,)*];
    };
}

words! {
    // The start screen. Before and after a payment the same lines are shown.
    YourOrder,
    Fetching,
    Total,
    Vat,
    TermsBefore,
    TermsLink,
    TermsNeeded,
    ShareNumber,
    ShareWhy,
    Back,
    // Waiting.
    Starting,
    WaitHeading,
    WaitHow,
    WaitHere,
    OpenApp,
    Cancel,
    NotCancelled,
    Offline,
    MinutesLeft,
    MinuteLeft,
    SecondsLeft,
    // The confirmation.
    Thanks,
    Reserved,
    Captured,
    PartlyCaptured,
    Refunded,
    PartlyRefunded,
    Released,
    Reference,
    Date,
    PaidWith,
    Number,
    NumberEnding,
    NumberComing,
    NumberKept,
    Print,
    // Trouble: a heading and what it means, each.
    Aborted,
    AbortedWhat,
    AbortedShared,
    Expired,
    ExpiredWhat,
    Terminated,
    TerminatedWhat,
    Failed,
    FailedWhat,
    PriceChanged,
    PriceChangedWhat,
    PriceShown,
    PriceNow,
    NotFound,
    NotFoundWhat,
    Unreachable,
    UnreachableWhat,
    Refused,
    RefusedWhat,
    Code,
    Again,
    AgainUnshared,
    Accept,
}

/// The text as it stands, with its gaps.
pub fn text(language: Language, word: Word) -> &'static str {
    match language {
        Language::Nb => nb::text(word),
        Language::Da => da::text(word),
        Language::Fi => fi::text(word),
        Language::Sv => sv::text(word),
        Language::En => en::text(word),
    }
}

/// The text with its gaps filled.
pub fn say(language: Language, word: Word, fill: &[&str]) -> String {
    let mut said = String::new();
    let mut rest = text(language, word);
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let gap = after.as_bytes().first().map_or(0, |digit| digit.wrapping_sub(b'0')) as usize;
        said.push_str(fill.get(gap).copied().unwrap_or_default());
        rest = after.get(2..).unwrap_or_default();
    }
    said.push_str(rest);
    said
}

/// The name of the app.
pub const fn name(brand: Brand) -> &'static str {
    match brand {
        Brand::Vipps => "Vipps",
        Brand::MobilePay => "MobilePay",
    }
}

/// The approved caption of the pay button: the verb, and the name as the language bends it.
pub const fn caption(language: Language, brand: Brand) -> (&'static str, &'static str) {
    match (language, brand) {
        (Language::Nb | Language::Da, _) => ("Betal med ", name(brand)),
        (Language::Sv, _) => ("Betala med ", name(brand)),
        (Language::En, _) => ("Pay with ", name(brand)),
        (Language::Fi, Brand::Vipps) => ("Maksa ", "Vippsillä"),
        (Language::Fi, Brand::MobilePay) => ("Maksa ", "MobilePaylla"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_any_order() {
        assert_eq!(
            say(Language::Sv, Word::FailedWhat, &["Vipps", "Fjord"]),
            "Vipps kunde inte ta emot betalningen. Du har inte betalat något. Försök igen eller kontakta Fjord."
        );
        assert_eq!(say(Language::Fi, Word::Reference, &[]), "Viite");
    }

    #[test]
    fn the_finnish_caption_bends_the_name() {
        assert_eq!(caption(Language::Fi, Brand::MobilePay), ("Maksa ", "MobilePaylla"));
        assert_eq!(caption(Language::Nb, Brand::Vipps), ("Betal med ", "Vipps"));
    }

    #[test]
    fn all_languages_say_everything_with_the_same_gaps() {
        let gaps = |text: &str| (text.contains("{0}"), text.contains("{1}"));
        for &word in ALL {
            let english = gaps(text(Language::En, word));
            for language in [Language::Nb, Language::Da, Language::Fi, Language::Sv] {
                let said = text(language, word);
                assert!(!said.trim().is_empty(), "{word:?} in {language:?}");
                assert_eq!(gaps(said), english, "{word:?} in {language:?}");
                assert_eq!(said.matches('{').count(), said.matches("{0}").count() + said.matches("{1}").count());
            }
        }
    }

    #[test]
    fn no_sentence_ends_with_an_amount() {
        // Danish writes `kr.`, and two full stops look like a mistake.
        for word in [Word::Reserved, Word::Captured, Word::PartlyCaptured, Word::Refunded, Word::PartlyRefunded] {
            assert!(!text(Language::Da, word).ends_with("{0}."), "{word:?}");
        }
    }
}
