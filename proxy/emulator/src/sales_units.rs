//! The emulator's sales units, and their keys.
//!
//! Three fixed units, one for each market, so that configurations, tests and documents can name them. The keys work only with an emulator;
//! `Debug` redacts them anyway, because code that prints them would also print real ones. Nothing here changes at run time.

use std::fmt;

use jiff::Timestamp;

/// The keys of one sales unit, which a merchant finds in the business portal.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The `client_id` header of the token request.
    pub client_id: String,
    /// The `client_secret` header of the token request.
    pub client_secret: String,
    /// The `Ocp-Apim-Subscription-Key` header of every call.
    pub subscription_key: String,
    /// The sales unit's number.
    pub merchant_serial_number: String,
}

impl Credentials {
    /// The keys of one of the emulator's sales units: `123456` (Norway, NOK), `234567` (Denmark, DKK) or `345678`
    /// (Finland, EUR).
    pub fn of(msn: &str) -> Option<Credentials> {
        Self::all().into_iter().find(|credentials| credentials.merchant_serial_number == msn)
    }

    /// The keys of every sales unit, Norway first.
    pub fn all() -> Vec<Credentials> {
        SalesUnit::ALL.iter().map(|unit| unit.credentials()).collect()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("merchant_serial_number", &self.merchant_serial_number)
            .finish_non_exhaustive()
    }
}

/// One of the emulator's merchants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SalesUnit {
    pub(crate) msn: &'static str,
    pub(crate) merchant: &'static str,
    pub(crate) company: &'static str,
    pub(crate) market: &'static str,
    pub(crate) currency: &'static str,
    /// The number the landing page suggests: a customer of this market.
    pub(crate) demo_number: &'static str,
    /// The smallest payment, in minor units.
    pub(crate) minimum: i64,
    /// How long after the authorization a capture is accepted, in days.
    pub(crate) capture_days: i64,
}

impl SalesUnit {
    pub(crate) const ALL: &[SalesUnit] = &[
        SalesUnit {
            msn: "123456",
            merchant: "Nordlys Keramikk",
            company: "Nordlys Keramikk AS",
            market: "NO",
            currency: "NOK",
            demo_number: "4791234567",
            minimum: 100,
            capture_days: 180,
        },
        SalesUnit {
            msn: "234567",
            merchant: "Nordlys Keramik",
            company: "Nordlys Keramik ApS",
            market: "DK",
            currency: "DKK",
            demo_number: "4512345678",
            minimum: 1,
            capture_days: 14,
        },
        SalesUnit {
            msn: "345678",
            merchant: "Nordlys Keramiikka",
            company: "Nordlys Keramiikka Oy",
            market: "FI",
            currency: "EUR",
            demo_number: "358401234567",
            minimum: 1,
            capture_days: 14,
        },
    ];

    pub(crate) fn of(msn: &str) -> Option<&'static SalesUnit> {
        Self::ALL.iter().find(|unit| unit.msn == msn)
    }

    /// The brand that customers see: MobilePay in Denmark and Finland until it is renamed on 2027-01-12.
    pub(crate) fn brand(&self, now: Timestamp) -> Brand {
        const RENAMED: &str = "2027-01-12T00:00:00Z";
        let renamed: Timestamp = RENAMED.parse().expect("a valid timestamp");
        if self.market == "NO" || now >= renamed { Brand::Vipps } else { Brand::MobilePay }
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            client_id: format!("00000000-0000-4000-8000-000000{}", self.msn),
            client_secret: format!("emulator-client-secret-{}", self.msn),
            subscription_key: format!("emulator-subscription-key-{}", self.msn),
            merchant_serial_number: self.msn.to_owned(),
        }
    }
}

/// The app's brand, which decides the style of its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brand {
    Vipps,
    MobilePay,
}

impl Brand {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Brand::Vipps => "Vipps",
            Brand::MobilePay => "MobilePay",
        }
    }

    /// The class on `<body>` that selects the colours.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Brand::Vipps => "vipps",
            Brand::MobilePay => "mobilepay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_key() {
        let printed = format!("{:?}", Credentials::of("123456").unwrap());
        assert!(printed.contains("123456"));
        assert!(!printed.contains("emulator-client-secret") && !printed.contains("subscription-key"), "{printed}");
    }

    #[test]
    fn mobilepay_is_called_vipps_from_the_day_of_its_renaming() {
        let denmark = SalesUnit::of("234567").unwrap();
        assert_eq!(denmark.brand("2027-01-11T23:59:59Z".parse().unwrap()), Brand::MobilePay);
        assert_eq!(denmark.brand("2027-01-12T00:00:00Z".parse().unwrap()), Brand::Vipps);
    }
}
