//! Deserializers for JSON from Vipps MobilePay: numbers may be strings, timestamps have fractions of any length, and an unreadable detail becomes
//! `None` instead of failing the whole answer. For `#[serde(deserialize_with)]` only. Money is the exception: an amount that cannot be read
//! exactly is an error, never a guess.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::PhoneNumber;

/// The API's placeholder for expired personal data.
const EXPIRED: &str = "[Expired]";

/// A whole number, or a string of one.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    whole(&value).ok_or_else(|| de::Error::custom("expected a whole number"))
}

/// Like [`integer`]; absent, null or unreadable is `None`.
pub(crate) fn optional_integer<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<i64>,
{
    let value = Value::deserialize(deserializer)?;
    Ok(whole(&value).and_then(|number| N::try_from(number).ok()))
}

/// A string, or a number read as one.
pub(crate) fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Value::deserialize(deserializer)?;
    text(value).ok_or_else(|| de::Error::custom("expected a string"))
}

/// Like [`string`]; absent, null, empty, expired or unreadable is `None`.
pub(crate) fn optional_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(text(value).filter(|text| !text.is_empty() && text != EXPIRED))
}

/// A boolean, or a string of one; anything else is `None`.
pub(crate) fn optional_bool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Some(flag),
        Value::String(word) => word.to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

/// A telephone number; absent, expired or unreadable is `None`.
pub(crate) fn optional_phone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PhoneNumber>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(text(value).and_then(|text| PhoneNumber::parse(text.strip_prefix('+').unwrap_or(&text)).ok()))
}

/// A timestamp; absent or unreadable is `None`.
pub(crate) fn optional_timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(timestamp))
}

/// A structure; absent or of another shape is `None`.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: de::DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).ok())
}

/// A list without its unreadable entries; anything else is an empty list.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: de::DeserializeOwned,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(entries) => entries.into_iter().filter_map(|entry| T::deserialize(entry).ok()).collect(),
        _ => Vec::new(),
    })
}

pub(crate) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// RFC 3339 with a fraction of any length. Without an offset it is UTC, the time zone of the API's servers.
fn timestamp(text: &str) -> Option<Timestamp> {
    let text = at_most_nine_fraction_digits(text.trim());
    text.parse::<Timestamp>().ok().or_else(|| {
        let local: civil::DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(local).ok()
    })
}

fn at_most_nine_fraction_digits(text: &str) -> String {
    let mut digits = None;
    let keep = |character: &char| {
        match (*character, digits) {
            ('.', _) => digits = Some(0),
            ('0'..='9', Some(count)) => digits = Some(count + 1),
            _ => digits = None,
        }
        digits.is_none_or(|count| count <= 9)
    };
    text.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_with_any_fraction_and_offset_are_read() {
        for (text, expected) in [
            ("2023-03-27T10:51:44.5333258Z", "2023-03-27T10:51:44.5333258Z"),
            ("2023-03-27T10:51:44Z", "2023-03-27T10:51:44Z"),
            ("2023-03-27T10:51:44.12345678901234Z", "2023-03-27T10:51:44.123456789Z"),
            ("2026-09-01T07:53:44.812+02:00", "2026-09-01T05:53:44.812Z"),
            ("2026-09-01T07:53:44.812", "2026-09-01T07:53:44.812Z"),
        ] {
            assert_eq!(timestamp(text).map(|moment| moment.to_string()).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(timestamp("tomorrow"), None);
        assert_eq!(timestamp(""), None);
    }

    #[test]
    fn a_float_is_not_accepted_as_money() {
        assert!(integer(Value::from(499.0)).is_err());
        assert!(integer(Value::from("499.00")).is_err());
        assert_eq!(integer(Value::from("49900")).ok(), Some(49900));
        assert_eq!(integer(Value::from(49900)).ok(), Some(49900));
    }
}
