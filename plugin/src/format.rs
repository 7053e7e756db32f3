//! Amounts, rates and dates as people of a language write them.
//!
//! The browser's `Intl` does the work, where the text is drawn: here a number becomes `␁KIND NUMBER␁`, which `js/draw.js` replaces.
//! Amounts are minor units and stay integers until then.

use kvitt_wire::{Amount, Language};

/// A number of minor units, as `499,00 kr`.
pub(crate) fn money(amount: Amount) -> String {
    let mut text = String::new();
    push(&mut text, amount.currency.code(), amount.value);
    text
}

/// Appends a number of a kind: a currency's code for minor units; `rate` for hundredths of a percent, as `25 %`; `date` for milliseconds since
/// 1970, as `23. nov. 2026, 16:20`; `quantity` for thousandths, as `1,25`.
pub(crate) fn push(text: &mut String, kind: &str, number: i64) {
    text.push('\u{1}');
    text.push_str(kind);
    text.push(' ');
    push_digits(text, number);
    text.push('\u{1}');
}

/// A whole number in digits, such as a number of minutes.
pub(crate) fn count(count: i64) -> String {
    let mut text = String::new();
    push_digits(&mut text, count);
    text
}

/// The tag of the language for `Intl`.
pub(crate) const fn locale(language: Language) -> &'static str {
    match language {
        // European English: the day comes first, and the clock has 24 hours.
        Language::En => "en-GB",
        _ => language.tag(),
    }
}

const DIGITS: &str = "0123456789";

/// Writes a number. (The standard library's way would add its padding and its tables of digits to the WebAssembly.)
fn push_digits(text: &mut String, number: i64) {
    if number < 0 {
        text.push('-');
    }
    if number / 10 != 0 {
        push_digits(text, (number / 10).abs());
    }
    let digit = (number % 10).unsigned_abs() as usize;
    text.push_str(DIGITS.get(digit..=digit).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use kvitt_wire::Currency;

    use super::*;

    #[test]
    fn numbers_are_written_in_digits() {
        for number in [0, 7, -7, 10, -10, 58_700, i64::MAX, i64::MIN] {
            assert_eq!(count(number), number.to_string());
        }
        let kroner = Amount { value: -58_700, currency: Currency::Nok };
        assert_eq!(money(kroner), "\u{1}NOK -58700\u{1}");
    }
}
