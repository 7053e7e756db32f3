//! What the widget says. The words of a language are a file of their own, so that a page loads one language and not five; it comes
//! with the element and may be exchanged while the element works.
//!
//! `words/*.txt` is what people write and review; [`source`] makes of each the file that a browser loads: the language, the wording
//! that is consented to, then one text a line in the order of [`Word`]. `{0}` and `{1}` in a text are gaps, filled by [`Words::say`].

pub mod source;

use kvitt_wire::{Brand, Language};

macro_rules! words {
    ($($word:ident,)*) => {
        /// Everything that is said.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the English text is the documentation")]
        pub enum Word {
            $($word,)*
        }

        /// The names of all words, in the order of the file.
        const NAMES: &[&str] = &[$(stringify!($word),)*];
    };
}

words! {
    // The caption of the pay button, and the name in it as the language bends it.
    Pay,
    PayVipps,
    PayMobilePay,
    // The start screen. Before and after a payment the same lines are shown.
    YourOrder,
    Fetching,
    Total,
    Vat,
    Terms,
    TermsLink,
    TermsNeeded,
    ShareNumber,
    ShareWhy,
    Scan,
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
    Busy,
    BusyWhat,
    Refused,
    RefusedWhat,
    Code,
    Trace,
    Again,
    AgainUnshared,
    Accept,
}

/// The words of one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    language: Language,
    file: String,
}

impl Words {
    /// From what the language's file has.
    pub fn new(file: String) -> Self {
        let language = match file.split('\n').next() {
            Some("nb") => Language::Nb,
            Some("da") => Language::Da,
            Some("fi") => Language::Fi,
            Some("sv") => Language::Sv,
            _ => Language::En,
        };
        Self { language, file }
    }

    /// Which language they are of.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The version of the words with which the telephone number is asked for. It is in the file with them, so that what the
    /// customer says yes to is what was shown.
    pub fn wording(&self) -> &str {
        self.line(1)
    }

    /// The text as it stands.
    pub fn text(&self, word: Word) -> &str {
        self.line(word as usize + HEAD)
    }

    /// What stands before the text's gap and after it.
    pub fn around(&self, word: Word) -> (&str, &str) {
        let text = self.text(word);
        let (before, after) = text.split_once('{').unwrap_or((text, ""));
        (before, after.get(2..).unwrap_or_default())
    }

    /// The text with its gaps filled.
    pub fn say(&self, word: Word, fill: &[&str]) -> String {
        let mut said = String::new();
        let mut rest = self.text(word);
        while let Some((before, after)) = rest.split_once('{') {
            said.push_str(before);
            let gap = after.as_bytes().first().map_or(0, |digit| digit.wrapping_sub(b'0')) as usize;
            said.push_str(fill.get(gap).copied().unwrap_or_default());
            rest = after.get(2..).unwrap_or_default();
        }
        said.push_str(rest);
        said
    }

    fn line(&self, number: usize) -> &str {
        self.file.split('\n').nth(number).unwrap_or_default()
    }
}

/// The lines of the file before the first text.
const HEAD: usize = 2;

/// The name of the app.
pub const fn name(brand: Brand) -> &'static str {
    match brand {
        Brand::Vipps => "Vipps",
        Brand::MobilePay => "MobilePay",
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
