//! Quantities of pieces, kilograms, metres: whole or with up to three decimals, and never floats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const PER_ONE: u64 = 1_000;

/// A quantity in thousandths. In JSON a whole one is a number, `2`, and any other a text, `"1.25"`; both forms are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u64);

impl Quantity {
    /// So many thousandths.
    pub const fn from_thousandths(thousandths: u64) -> Self {
        Self(thousandths)
    }

    /// The number of thousandths.
    pub const fn thousandths(self) -> u64 {
        self.0
    }

    /// The whole part.
    pub const fn whole(self) -> u32 {
        (self.0 / PER_ONE) as u32
    }

    /// This many at a unit price, rounded half away from zero to a minor unit. The quantity must be below ten million and the price below
    /// a hundred million.
    pub const fn times(self, unit_price: i64) -> i64 {
        let thousandths = unit_price * self.0 as i64;
        let half = if thousandths < 0 { -500 } else { 500 };
        (thousandths + half) / PER_ONE as i64
    }

    /// The sum, or the largest quantity.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or none.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<u32> for Quantity {
    fn from(whole: u32) -> Self {
        Self(u64::from(whole) * PER_ONE)
    }
}

/// The text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAQuantity;

impl fmt::Display for NotAQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity is a whole number, or a text with up to three decimals such as \"1.25\"")
    }
}

impl std::error::Error for NotAQuantity {}

impl FromStr for Quantity {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || whole.len() > 9 || decimals.is_some_and(|part| !digits(part) || part.len() > 3) {
            return Err(NotAQuantity);
        }
        let mut thousandths = 0;
        for place in whole.bytes().chain(decimals.unwrap_or_default().bytes()) {
            thousandths = thousandths * 10 + u64::from(place - b'0');
        }
        for _ in decimals.map_or(0, str::len)..3 {
            thousandths *= 10;
        }
        Ok(Self(thousandths))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / PER_ONE, self.0 % PER_ONE);
        match rest {
            0 => write!(f, "{whole}"),
            _ => f.write_str(format!("{whole}.{rest:03}").trim_end_matches('0')),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(PER_ONE) {
            serializer.serialize_u64(self.0 / PER_ONE)
        } else {
            serializer.collect_str(self)
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or a text with up to three decimals such as \"1.25\"")
            }

            fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Quantity, E> {
                u64::try_from(whole).map_err(E::custom).and_then(|whole| self.visit_u64(whole))
            }

            fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Quantity, E> {
                whole.checked_mul(PER_ONE).map(Quantity).ok_or_else(|| E::custom(NotAQuantity))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Quantity {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
        let description =
            "A whole number, or a text with up to three decimals such as `\"1.25\"`. Never a number with decimals.";
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Integer, Type::String]))
            .description(Some(description))
            .minimum(Some(0))
            .maximum(Some(9_999))
            .pattern(Some(r"^\d{1,9}(\.\d{1,3})?$"))
            .examples([2])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Quantity {}

/// What a quantity counts, where that is not pieces: the units of a receipt of Vipps MobilePay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Unit {
    /// Kilograms.
    Kg,
    /// Kilometres.
    Km,
    /// Minutes.
    Minute,
    /// Litres.
    Litre,
    /// Kilowatt-hours.
    Kwh,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 5] = [Self::Kg, Self::Km, Self::Minute, Self::Litre, Self::Kwh];

    /// The value in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kg => "kg",
            Self::Km => "km",
            Self::Minute => "minute",
            Self::Litre => "litre",
            Self::Kwh => "kwh",
        }
    }

    /// Its symbol, the same in every language.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Kg => "kg",
            Self::Km => "km",
            Self::Minute => "min",
            Self::Litre => "l",
            Self::Kwh => "kWh",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn a_quantity_is_a_number_or_a_decimal_text() {
        for (json, shown) in [("2", "2"), ("\"2\"", "2"), ("\"1.25\"", "\"1.25\""), ("\"0.500\"", "\"0.5\"")] {
            let quantity: Quantity = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&quantity).unwrap(), shown, "{json}");
        }
        for wrong in ["1.5", "-1", "\"-1\"", "\"1,5\"", "\"1.\"", "\".5\"", "\"1.2345\"", "\"\"", "\"1e3\"", "null"] {
            assert!(serde_json::from_str::<Quantity>(wrong).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Quantity>(&u64::MAX.to_string()).is_err());
    }

    #[test]
    fn a_price_is_rounded_to_a_minor_unit() {
        assert_eq!(Quantity::from(2).times(24_900), 49_800);
        for (quantity, price, expected) in
            [("0.5", 99, 50), ("0.5", -99, -50), ("1.333", 30_000, 39_990), ("0.001", 499, 0), ("0.001", 500, 1)]
        {
            assert_eq!(of(quantity).times(price), expected, "{quantity} of {price}");
        }
    }
}
