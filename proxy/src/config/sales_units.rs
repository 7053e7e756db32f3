//! The sales units that customers pay, each with its market and credentials.

use std::ops::Deref;
use std::sync::Arc;

use kvitt_wire::{Brand, Currency};
use secrecy::SecretString;

use super::front::Shopfront;
use super::reader::Reader;
use crate::checkout::Moment;

/// All sales units, at least one; clones share them.
#[derive(Clone, Debug)]
pub struct SalesUnits(pub Arc<Vec<SalesUnit>>);

impl Deref for SalesUnits {
    type Target = [SalesUnit];

    fn deref(&self) -> &[SalesUnit] {
        &self.0
    }
}

impl SalesUnits {
    /// The sales unit with a name; without a name, the first one.
    pub fn find(&self, name: Option<&str>) -> Option<&SalesUnit> {
        match name {
            None => self.first(),
            Some(name) => self.iter().find(|unit| unit.name == name),
        }
    }

    pub(super) fn read(top: &mut Reader<'_>, webhook_secrets: bool, shop: &Shopfront) -> Self {
        let units = top.each("sales_unit", |unit| SalesUnit::read(unit, webhook_secrets, shop));
        if units.is_empty() {
            top.mistake("sales_unit", "at least one [[sales_unit]] is required");
        }
        for (place, unit) in units.iter().enumerate() {
            if units[..place].iter().any(|other| other.name == unit.name) {
                top.mistake("sales_unit", &format!("two are named {:?}", unit.name));
            }
        }
        Self(Arc::new(units))
    }
}

/// A market of Vipps MobilePay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// Norway.
    No,
    /// Denmark.
    Dk,
    /// Finland.
    Fi,
}

impl Market {
    /// The ISO 3166 code of its country.
    pub const fn country(self) -> &'static str {
        match self {
            Self::No => "NO",
            Self::Dk => "DK",
            Self::Fi => "FI",
        }
    }

    /// The currency of every sales unit in the market.
    pub const fn currency(self) -> Currency {
        match self {
            Self::No => Currency::Nok,
            Self::Dk => Currency::Dkk,
            Self::Fi => Currency::Eur,
        }
    }
}

/// One contract with Vipps MobilePay: a market, a currency, a set of credentials.
#[derive(Clone, Debug)]
pub struct SalesUnit {
    /// The name in this configuration.
    pub name: String,
    /// The shop as its customers know it.
    pub front: Shopfront,
    /// The market.
    pub market: Market,
    /// The merchant serial number at Vipps MobilePay.
    pub merchant_serial_number: String,
    /// The client id for access tokens.
    pub client_id: SecretString,
    /// The client secret for access tokens.
    pub client_secret: SecretString,
    /// The subscription key of every call.
    pub subscription_key: SecretString,
    /// The secrets of webhooks that were registered by hand: the current one, then the previous one.
    pub webhook_secrets: Vec<SecretString>,
    /// The beginning of every reference.
    pub reference_prefix: String,
    /// Whether it may send payments to the app of a customer whose number is known.
    pub push_messages: bool,
    /// Whether such a payment may last longer than ten minutes.
    pub long_living: bool,
}

impl SalesUnit {
    /// The brand at a time. From `renamed_at` on it is Vipps in every market.
    pub fn brand(&self, renamed_at: Moment, now: Moment) -> Brand {
        match self.market {
            Market::Dk | Market::Fi if now < renamed_at => Brand::MobilePay,
            Market::No | Market::Dk | Market::Fi => Brand::Vipps,
        }
    }

    fn read(unit: &mut Reader<'_>, webhook_secrets: bool, shop: &Shopfront) -> Self {
        let name = unit.string("name");
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !name.is_empty() && (!plain(&name) || name.len() > 32 || name != name.to_ascii_lowercase()) {
            unit.mistake("name", "may have a-z, 0-9 and -, and 32 characters at most");
        }
        let reference_prefix = unit.optional("reference_prefix").unwrap_or_else(|| name.clone());
        if !plain(&reference_prefix) || reference_prefix.len() > 40 {
            unit.mistake("reference_prefix", "may have letters, digits and -, and 40 characters at most");
        }
        let merchant_serial_number = unit.string("merchant_serial_number");
        let digits = merchant_serial_number.bytes().all(|byte| byte.is_ascii_digit());
        if !merchant_serial_number.is_empty() && (!digits || !(4..=10).contains(&merchant_serial_number.len())) {
            unit.mistake("merchant_serial_number", "must be 4 to 10 digits");
        }
        let market = unit.one_of("market", &[("NO", Market::No), ("DK", Market::Dk), ("FI", Market::Fi)]);
        let current =
            if webhook_secrets { Some(unit.string("webhook_secret")) } else { unit.optional("webhook_secret") };
        let previous = unit.optional("previous_webhook_secret");
        let secrets = current.into_iter().chain(previous).map(SecretString::from).collect();
        Self {
            front: Shopfront::of_unit(unit, shop),
            market,
            merchant_serial_number,
            client_id: unit.header_secret("client_id"),
            client_secret: unit.header_secret("client_secret"),
            subscription_key: unit.header_secret("subscription_key"),
            webhook_secrets: secrets,
            reference_prefix,
            push_messages: unit.switch("push_messages"),
            long_living: unit.switch("long_living"),
            name,
        }
    }
}
