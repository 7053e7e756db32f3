//! A telephone number in the one form the API accepts. It never appears in a log: `Debug` prints the last two digits, there is no `Display`, and
//! only [`PhoneNumber::as_str`] returns the number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An MSISDN: 9 to 15 digits, country code first, nothing else. `4791234567`
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PhoneNumber(String);

/// The text is not a telephone number. The error does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is 9 to 15 digits, country code first")]
pub struct NotAPhoneNumber;

impl PhoneNumber {
    /// Accepts digits only: no plus sign, no spaces, and not `[Expired]`, which the API sends in place of an expired number.
    pub fn parse(text: &str) -> Result<Self, NotAPhoneNumber> {
        let digits = (9..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { Ok(Self(text.to_owned())) } else { Err(NotAPhoneNumber) }
    }

    /// All the digits. Never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last two digits: customers recognise their own number by them, and nobody else does.
    pub fn ending(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NotAPhoneNumber;

    fn try_from(text: String) -> Result<Self, NotAPhoneNumber> {
        Self::parse(&text)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(…{})", self.ending())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_of_the_right_length_are_a_number() {
        for text in
            ["", "[Expired]", "91234567", "+4791234567", "47 912 34 567", "4791234567891234", "４７９１２３４５６７"]
        {
            assert_eq!(PhoneNumber::parse(text), Err(NotAPhoneNumber), "{text}");
        }
        for text in ["479123456", "4791234567", "358401234567", "123456789012345"] {
            assert_eq!(PhoneNumber::parse(text).map(|number| number.as_str().to_owned()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn debug_has_two_digits() {
        let number = PhoneNumber::parse("4791234567").unwrap();
        assert_eq!(format!("{number:?}"), "PhoneNumber(…67)");
        assert_eq!(number.ending(), "67");
    }
}
