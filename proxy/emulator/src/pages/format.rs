//! Money and telephone numbers, formatted for customers and parsed from what they enter.

/// An amount in minor units, in the Nordic format: `1 587,50 kr`, `12,50 €`.
pub(super) fn money(value: i64, currency: &str) -> String {
    let sign = if value < 0 { "−" } else { "" };
    let (whole, rest) = (value.unsigned_abs() / 100, value.unsigned_abs() % 100);
    let unit = if currency == "EUR" { "€" } else { "kr" };
    format!("{sign}{},{rest:02}\u{a0}{unit}", grouped(whole))
}

/// The same without `,00`, as the app shows the amount to pay.
pub(super) fn short_money(value: i64, currency: &str) -> String {
    let text = money(value, currency);
    if value % 100 == 0 { text.replace(",00", "") } else { text }
}

fn grouped(whole: u64) -> String {
    let digits = whole.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Digits with a country code, in groups: `+47 912 34 567`.
pub(super) fn phone_number(digits: &str) -> String {
    const GROUPS: &[(&str, usize, &[usize])] =
        &[("47", 10, &[3, 2, 3]), ("45", 10, &[2, 2, 2, 2]), ("358", 12, &[2, 3, 4])];
    let known = GROUPS.iter().find(|(code, length, _)| digits.starts_with(code) && digits.len() == *length);
    let Some((code, _, groups)) = known else { return format!("+{digits}") };
    let mut text = format!("+{code}");
    let mut rest = &digits[code.len()..];
    for group in *groups {
        let (now, later) = rest.split_at(*group);
        text.push('\u{a0}');
        text.push_str(now);
        rest = later;
    }
    text
}

/// Parses an entered number into digits with a country code. Eight digits or fewer are a number of the given market.
pub(super) fn read_phone_number(typed: &str, market: &str) -> Option<String> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let is_invalid = |c: char| !c.is_ascii_digit() && !" \u{a0}+-()".contains(c);
    if typed.chars().any(is_invalid) {
        return None;
    }
    let number = match digits.strip_prefix("00") {
        Some(rest) => rest.to_owned(),
        None if digits.len() <= 8 && !typed.trim_start().starts_with('+') => {
            let code = match market {
                "DK" => "45",
                "FI" => "358",
                _ => "47",
            };
            format!("{code}{digits}")
        }
        None => digits,
    };
    (9..=15).contains(&number.len()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_the_nordic_format() {
        assert_eq!(money(58_750, "NOK"), "587,50\u{a0}kr");
        assert_eq!(money(123_456_700, "DKK"), "1\u{a0}234\u{a0}567,00\u{a0}kr");
        assert_eq!(money(-5, "EUR"), "−0,05\u{a0}€");
        assert_eq!(short_money(300_000, "NOK"), "3\u{a0}000\u{a0}kr");
        assert_eq!(short_money(300_050, "NOK"), "3\u{a0}000,50\u{a0}kr");
    }

    #[test]
    fn entered_numbers_are_parsed() {
        for typed in ["+47 912 34 567", "4791234567", "0047 91234567", "912 34 567"] {
            assert_eq!(read_phone_number(typed, "NO").as_deref(), Some("4791234567"), "{typed}");
        }
        for typed in ["", "12", "+47", "call me", "4791234567890123"] {
            assert_eq!(read_phone_number(typed, "NO"), None, "{typed}");
        }
        assert_eq!(phone_number("4791234567"), "+47\u{a0}912\u{a0}34\u{a0}567");
        assert_eq!(phone_number("358401234567"), "+358\u{a0}40\u{a0}123\u{a0}4567");
        assert_eq!(phone_number("46701234567"), "+46701234567");
    }
}
