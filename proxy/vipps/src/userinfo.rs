//! The answer of the Userinfo API: what a customer shared, in more detail than [`UserDetails`](crate::UserDetails), readable for 168 hours after
//! the consent. It is personal data: `Debug` prints none of it.

use std::fmt;

use serde::Deserialize;

use crate::{PhoneNumber, tolerant};

/// The customer's data. Only what the customer consented to is present; what has expired is `None`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Userinfo {
    /// The customer's id, for this sales unit only.
    pub sub: String,
    /// The consent's session.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub sid: Option<String>,
    /// Full name.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub name: Option<String>,
    /// Given name.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub family_name: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub birthdate: Option<String>,
    /// E-mail address.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub email: Option<String>,
    /// Whether the e-mail address was verified.
    #[serde(default, deserialize_with = "tolerant::optional_bool")]
    pub email_verified: Option<bool>,
    /// The number of the customer's app.
    #[serde(default, deserialize_with = "tolerant::optional_phone")]
    pub phone_number: Option<PhoneNumber>,
    /// Whether the number was verified.
    #[serde(default, deserialize_with = "tolerant::optional_bool")]
    pub phone_number_verified: Option<bool>,
    /// Home address. Its fields are `None` when none is registered.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub address: Option<UserinfoAddress>,
    /// Other addresses.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub other_addresses: Vec<UserinfoAddress>,
}

impl fmt::Debug for Userinfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Userinfo").field("phone_number", &self.phone_number).finish_non_exhaustive()
    }
}

/// A postal address in [`Userinfo`].
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct UserinfoAddress {
    /// `home`, `work`, `other`.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub address_type: Option<String>,
    /// Street and number.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub street_address: Option<String>,
    /// Postal code.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub postal_code: Option<String>,
    /// Town.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub region: Option<String>,
    /// Country code.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub country: Option<String>,
    /// The whole address, in lines.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub formatted: Option<String>,
}

impl fmt::Debug for UserinfoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserinfoAddress").field("country", &self.country).finish_non_exhaustive()
    }
}
