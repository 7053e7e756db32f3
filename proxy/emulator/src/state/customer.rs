//! The emulator's customers, and their consents.
//!
//! A customer is a telephone number; all other data is derived from it and is the same at every start. Numbers that end in 0000 belong to no
//! customer. A `sub` belongs to a customer and a sales unit, so one of another merchant is unknown.

use std::fmt;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// How long Userinfo returns the values.
const READABLE: SignedDuration = SignedDuration::from_hours(168);

/// The scopes a merchant may ask for without an approval.
pub(crate) const SCOPES: &[&str] = &["name", "address", "email", "phoneNumber", "birthDate"];

/// Whether the number belongs to a customer with the app.
pub(crate) fn has_the_app(number: &str) -> bool {
    !number.ends_with("0000")
}

/// Whether a payment has what the customer shares. Otherwise it has their `sub` alone, and Userinfo has the rest.
fn is_in_the_payment(number: &str) -> bool {
    !number.ends_with("1111")
}

/// A consent: who shared what with whom, and when.
#[derive(Clone)]
pub(crate) struct Consent {
    pub(crate) sub: String,
    sid: String,
    pub(crate) number: String,
    pub(crate) scopes: Vec<String>,
    /// By the emulator's clock.
    pub(crate) at: Timestamp,
    /// By the real clock: `GET payment` shows the data after a short delay.
    pub(crate) given: Instant,
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharing").field("scopes", &self.scopes).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Consent {
    pub(crate) fn new(msn: &str, number: &str, scopes: Vec<String>, at: Timestamp) -> Consent {
        let sub = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{msn}/{number}").as_bytes());
        let sid = Uuid::new_v4().simple().to_string()[..16].to_owned();
        Consent { sub: sub.to_string(), sid, number: number.to_owned(), scopes, at, given: Instant::now() }
    }

    fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|given| given == scope)
    }

    /// The data in ePayment's format: only what the customer consented to. None for the customers whose data only Userinfo has.
    pub(crate) fn user_details(&self) -> Option<Value> {
        if !is_in_the_payment(&self.number) {
            return None;
        }
        let mut details = json!({});
        if self.has("phoneNumber") {
            details["mobileNumber"] = json!(self.number);
        }
        if self.has("name") {
            details["firstName"] = json!("Kari");
            details["lastName"] = json!("Nordlie");
        }
        if self.has("email") {
            details["email"] = json!("kari.nordlie@example.com");
        }
        if self.has("birthDate") {
            details["dateOfBirth"] = json!("1988-05-17");
        }
        if self.has("address") {
            let (street, post_code, city, country) = self.address();
            details["addresses"] =
                json!([{ "addressLine1": street, "city": city, "country": country, "postCode": post_code }]);
        }
        Some(details)
    }

    /// The data in Userinfo's format. After 168 hours the values are `[Expired]`.
    pub(crate) fn userinfo(&self, now: Timestamp) -> Value {
        let readable = now.duration_since(self.at) < READABLE;
        let value = |text: &str| json!(if readable { text } else { "[Expired]" });
        let mut info = json!({ "sub": self.sub, "sid": self.sid });
        if self.has("phoneNumber") {
            info["phone_number"] = value(&self.number);
            info["phone_number_verified"] = json!(readable);
        }
        if self.has("name") {
            info["name"] = value("Kari Nordlie");
            info["given_name"] = value("Kari");
            info["family_name"] = value("Nordlie");
        }
        if self.has("email") {
            info["email"] = value("kari.nordlie@example.com");
            info["email_verified"] = json!(false);
        }
        if self.has("birthDate") {
            info["birthdate"] = value("1988-05-17");
        }
        if self.has("address") {
            let (street, post_code, city, country) = self.address();
            info["address"] = json!({
                "address_type": "home",
                "country": value(country),
                "formatted": value(&format!("{street}\n{post_code}\n{city}\n{country}")),
                "postal_code": value(post_code),
                "region": value(city),
                "street_address": value(street),
            });
            info["other_addresses"] = json!([]);
        }
        info
    }

    fn address(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self.number.get(..2) {
            Some("45") => ("Strandgade 4", "1401", "København K", "DK"),
            Some("35") => ("Rantakatu 4", "00160", "Helsinki", "FI"),
            Some("46") => ("Strandgatan 4", "111 30", "Stockholm", "SE"),
            _ => ("Strandgata 4", "0150", "Oslo", "NO"),
        }
    }
}
