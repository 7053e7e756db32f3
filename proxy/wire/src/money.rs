//! Money, and the closed enums for currencies, brands and languages.

use serde::{Deserialize, Serialize};

/// An amount of money in minor units of its currency: `{"value": 49900, "currency": "NOK"}` is 499.00 kroner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Amount {
    /// Minor units (øre, cent). Never negative.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65_000_000))]
    pub value: i64,
    /// The currency of the sales unit.
    pub currency: Currency,
}

/// The currencies of the markets that have a wallet; all have two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Currency {
    /// Norwegian krone.
    Nok,
    /// Danish krone.
    Dkk,
    /// Euro (Finland).
    Eur,
}

impl Currency {
    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nok => "NOK",
            Self::Dkk => "DKK",
            Self::Eur => "EUR",
        }
    }
}

/// The amounts of a payment in minor units, as in Vipps MobilePay's `aggregate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Aggregate {
    /// Reserved on the customer's account.
    pub authorized: i64,
    /// Captured by the shop.
    pub captured: i64,
    /// Released without a capture.
    pub cancelled: i64,
    /// Refunded after the capture.
    pub refunded: i64,
}

/// The brand of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Brand {
    /// Vipps.
    Vipps,
    /// MobilePay, until 2027-01-11.
    MobilePay,
}

impl Brand {
    /// The value in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vipps => "vipps",
            Self::MobilePay => "mobilepay",
        }
    }
}

/// The languages of the widget and the pages. Every language tag is read as the nearest of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[serde(from = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Language {
    /// Norwegian bokmål.
    Nb,
    /// Danish.
    Da,
    /// Finnish.
    Fi,
    /// Swedish.
    Sv,
    /// English, the default.
    #[default]
    En,
}

impl Language {
    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Nb => "nb",
            Self::Da => "da",
            Self::Fi => "fi",
            Self::Sv => "sv",
            Self::En => "en",
        }
    }

    /// The language that is nearest to a BCP 47 tag or a locale (`nb-NO`, `nn_NO`, `no`, `DA`); English for every other.
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("nb")
            || primary.eq_ignore_ascii_case("no")
            || primary.eq_ignore_ascii_case("nn")
        {
            Self::Nb
        } else if primary.eq_ignore_ascii_case("da") {
            Self::Da
        } else if primary.eq_ignore_ascii_case("fi") {
            Self::Fi
        } else if primary.eq_ignore_ascii_case("sv") {
            Self::Sv
        } else {
            Self::En
        }
    }
}

impl From<String> for Language {
    fn from(tag: String) -> Self {
        Self::from_tag(&tag)
    }
}
