//! Money in the API's form: minor units and a currency. Amounts are read exactly or not at all, and never converted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::tolerant;

/// An amount of money in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amount {
    /// Minor units: 49900 is 499.00.
    #[serde(deserialize_with = "tolerant::integer")]
    pub value: i64,
    /// ISO 4217 code: `NOK`, `DKK`, `EUR`.
    pub currency: String,
}

impl Amount {
    /// `value` minor units of `currency`.
    pub fn new(value: i64, currency: impl Into<String>) -> Self {
        Self { value, currency: currency.into() }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.currency)
    }
}
