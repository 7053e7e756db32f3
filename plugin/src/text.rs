//! The widget's texts in the customer's language.
//!
//! Each language is a file of its own, so a page loads one language. The file comes with the element, and the page may replace it while
//! the element works. People write and review `words/*.txt`; [`source`] compiles each into the file that a browser loads: the
//! language, the version of the consent's wording, then one text a line in the order of [`Word`]. `{0}` and `{1}` in a text are
//! placeholders, which [`Words::fill`] fills. Nothing here may mix languages: a missing text is empty.

pub mod source;

use kvitt_wire::{Brand, Language};

macro_rules! words {
    ($($word:ident,)*) => {
        /// Every text of the widget.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the English text is the documentation")]
        pub enum Word {
            $($word,)*
        }

        /// The names of all texts, in the order of the file.
        const NAMES: &[&str] = &[$(stringify!($word),)*];
    };
}

words! {
    // The caption of the pay button, and the app's name in it as the language inflects it.
    Pay,
    PayVipps,
    PayMobilePay,
    // The start screen. The confirmation shows the same lines.
    YourOrder,
    Fetching,
    MoreLines,
    PaidOtherwise,
    Total,
    Vat,
    Terms,
    TermsLink,
    TermsNeeded,
    ShareNumber,
    ShareWhy,
    Scan,
    Back,
    // The waiting screen.
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
    OrderNumber,
    Date,
    PaidWith,
    Number,
    NumberEnding,
    NumberComing,
    NumberKept,
    General,
    Receipt,
    OrderConfirmation,
    Delivery,
    Ticket,
    Booking,
    Print,
    // The failure screen: a heading and the text below it, for each failure.
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

/// The texts of one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    language: Language,
    file: String,
}

impl Words {
    /// Reads the language's file.
    pub fn new(file: String) -> Self {
        let language = match cut(&file, b'\n').0 {
            "nb" => Language::Nb,
            "da" => Language::Da,
            "fi" => Language::Fi,
            "sv" => Language::Sv,
            _ => Language::En,
        };
        Self { language, file }
    }

    /// The language of the texts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The version of the question about the telephone number. It is in the same file as the question, so that the stored consent names
    /// the wording that the customer saw.
    pub fn wording(&self) -> &str {
        self.line(1)
    }

    /// The text with its placeholders.
    pub fn text(&self, word: Word) -> &str {
        self.line(word as usize + HEADER_LINES)
    }

    /// The parts of the text before and after its placeholder.
    pub fn around(&self, word: Word) -> (&str, &str) {
        let (before, after) = cut(self.text(word), b'{');
        (before, after.get(2..).unwrap_or_default())
    }

    /// The text with its placeholders filled.
    pub fn fill(&self, word: Word, values: &[&str]) -> String {
        let mut filled = String::new();
        self.fill_into(&mut filled, word, values);
        filled
    }

    /// Appends the text with its placeholders filled.
    pub fn fill_into(&self, filled: &mut String, word: Word, values: &[&str]) {
        let mut rest = self.text(word);
        while !rest.is_empty() {
            let (before, after) = cut(rest, b'{');
            filled.push_str(before);
            if let Some(digit) = after.as_bytes().first() {
                filled.push_str(values.get(digit.wrapping_sub(b'0') as usize).copied().unwrap_or_default());
            }
            rest = after.get(2..).unwrap_or_default();
        }
    }

    fn line(&self, number: usize) -> &str {
        let rest = (0..number).fold(self.file.as_str(), |rest, _| cut(rest, b'\n').1);
        cut(rest, b'\n').0
    }
}

/// The text before the first occurrence of an ASCII character, and the text after it. (The standard library's search is larger.)
pub(crate) fn cut(text: &str, at: u8) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte == at).unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
}

/// A whole number in digits.
pub(crate) fn whole(text: &str) -> Option<u32> {
    let digits = text.bytes().map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let number = digits.clone().all(|digit| digit < 10).then(|| digits.fold(0, |sum: u32, digit| sum * 10 + digit));
    number.filter(|_| (1..=9).contains(&text.len()))
}

/// The lines of the file before the first text.
const HEADER_LINES: usize = 2;

/// The name of the brand's app.
pub const fn brand_name(brand: Brand) -> &'static str {
    match brand {
        Brand::Vipps => "Vipps",
        Brand::MobilePay => "MobilePay",
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
