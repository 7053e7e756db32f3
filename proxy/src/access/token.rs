//! The token of a checkout: an unguessable capability, and the only credential of the page.
//!
//! The first half is the checkout's id, by which the row is found. The second half is a secret that is compared in
//! constant time. No index of the database contains it, so it cannot be found piece by piece.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::checkout::{Checkout, CheckoutId};
use crate::engine::hub::Subscription;
use crate::store::{self, Secret, Store};

const HALF_BYTES: usize = 16;

/// A new checkout's id and the secret half of its token.
pub fn new() -> (CheckoutId, Secret) {
    let mut secret = [0; HALF_BYTES];
    rand::rng().fill_bytes(&mut secret);
    (CheckoutId(Uuid::now_v7()), Secret(URL_SAFE_NO_PAD.encode(secret)))
}

/// Encodes the token of a checkout.
pub fn encode(id: CheckoutId, secret: &Secret) -> String {
    format!("{}{}", URL_SAFE_NO_PAD.encode(id.0.as_bytes()), secret.0)
}

/// Decodes a token into its halves; `None` when it has another form.
pub fn decode(token: &str) -> Option<(CheckoutId, Secret)> {
    const ENCODED_HALF: usize = 22;
    if token.len() != 2 * ENCODED_HALF || !token.is_ascii() {
        return None;
    }
    let (id, secret) = token.split_at(ENCODED_HALF);
    let id = URL_SAFE_NO_PAD.decode(id).ok()?;
    Some((CheckoutId(Uuid::from_slice(&id).ok()?), Secret(secret.to_owned())))
}

/// Whether two secret halves are equal, in constant time.
pub fn matches(given: &Secret, stored: &Secret) -> bool {
    given.0.as_bytes().ct_eq(stored.0.as_bytes()).into()
}

/// The order number, which all its payment references begin with: the prefix of the sales unit and ten characters that
/// are easy to read aloud.
pub fn order_number(prefix: &str, id: CheckoutId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let random = id.0.as_u128();
    let letters = (0..10).map(|place| char::from(ALPHABET[(random >> (5 * place)) as usize & 31]));
    format!("{prefix}-{}", letters.collect::<String>())
}

/// A checkout, with the token by which the caller may access it.
#[derive(Debug)]
pub struct Found {
    /// The checkout.
    pub checkout: Checkout,
    /// A subscription that began before its latest commit, for a caller who waits for what follows from it.
    pub subscription: Option<Subscription>,
    secret: Secret,
}

impl Found {
    /// A checkout and the secret half of its token.
    pub fn new(checkout: Checkout, secret: Secret) -> Self {
        Self { checkout, subscription: None, secret }
    }

    /// The token: whoever has it may pay.
    pub fn token(&self) -> String {
        encode(self.checkout.id, &self.secret)
    }

    /// What the page may see of the checkout.
    pub fn snapshot(&self) -> kvitt_wire::Checkout {
        self.checkout.snapshot(self.token())
    }
}

/// Finds the checkout of a token; `None` when the token is invalid.
///
/// # Errors
/// When the store fails.
pub async fn find(store: &Store, token: &str) -> Result<Option<Found>, store::Error> {
    let Some((id, secret)) = decode(token) else { return Ok(None) };
    let stored = store.checkout(id).await?.filter(|stored| matches(&secret, &stored.secret));
    Ok(stored.map(|stored| Found::new(stored.checkout, secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_decodes_to_its_parts_and_nothing_else_does() {
        let (id, secret) = new();
        let token = encode(id, &secret);
        let (same_id, same_secret) = decode(&token).unwrap();
        assert_eq!(same_id, id);
        assert!(matches(&same_secret, &secret));
        assert!(!matches(&new().1, &secret));
        for bad in ["", "abc", &token[1..], &format!("{token}x"), &"å".repeat(22), &"!".repeat(44)] {
            assert!(decode(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn references_match_the_pattern_of_vipps_mobilepay() {
        let number = order_number("shop", new().0);
        assert!(number.len() == 15 && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        assert_ne!(number, order_number("shop", new().0));
    }
}
