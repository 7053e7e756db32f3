//! What a customer has shared, as the Userinfo API tells it: the long form of [`UserDetails`](crate::UserDetails), to be had for 168 hours.
//! Nothing of it shows in `Debug`.

use std::fmt;

use serde::Deserialize;

use crate::{PhoneNumber, tolerant};

/// The customer's own data. Only what was consented to is there; what has expired is `None`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Userinfo {
    /// Names this customer to this sales unit, and to no other.
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
    /// The number that the customer uses the app with.
    #[serde(default, deserialize_with = "tolerant::optional_phone")]
    pub phone_number: Option<PhoneNumber>,
    /// Whether the number was verified.
    #[serde(default, deserialize_with = "tolerant::optional_bool")]
    pub phone_number_verified: Option<bool>,
    /// Home address; without a registered one all its fields are `None`.
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
    /// All of it, in lines.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub formatted: Option<String>,
}

impl fmt::Debug for UserinfoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserinfoAddress").field("country", &self.country).finish_non_exhaustive()
    }
}
