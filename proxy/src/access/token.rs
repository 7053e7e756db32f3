//! The token of a checkout: an unguessable capability, and the only credential of the page.
//!
//! Its first half is the checkout's id, by which the row is found; its second half is compared in constant time, so that it cannot be found
//! out piece by piece, and no index ever sees it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::checkout::{Checkout, CheckoutId};
use crate::store::{self, Secret, Store};

const HALF: usize = 16;

/// A new checkout's id and the secret half of its token.
pub fn new() -> (CheckoutId, Secret) {
    let mut secret = [0; HALF];
    rand::rng().fill_bytes(&mut secret);
    (CheckoutId(Uuid::now_v7()), Secret(URL_SAFE_NO_PAD.encode(secret)))
}

/// The token as the page has it.
pub fn write(id: CheckoutId, secret: &Secret) -> String {
    format!("{}{}", URL_SAFE_NO_PAD.encode(id.0.as_bytes()), secret.0)
}

/// The two halves of a token; `None` when it is none.
pub fn read(token: &str) -> Option<(CheckoutId, Secret)> {
    const ENCODED_HALF: usize = 22;
    if token.len() != 2 * ENCODED_HALF || !token.is_ascii() {
        return None;
    }
    let (id, secret) = token.split_at(ENCODED_HALF);
    let id = URL_SAFE_NO_PAD.decode(id).ok()?;
    Some((CheckoutId(Uuid::from_slice(&id).ok()?), Secret(secret.to_owned())))
}

/// Whether two secret halves are the same, in a time that does not tell where they differ.
pub fn matches(given: &Secret, stored: &Secret) -> bool {
    given.0.as_bytes().ct_eq(stored.0.as_bytes()).into()
}

/// The stem of an order's references: the sales unit's prefix and ten characters that are easy to read aloud.
pub fn order_number(prefix: &str, id: CheckoutId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let random = id.0.as_u128();
    let letters = (0..10).map(|place| char::from(ALPHABET[(random >> (5 * place)) as usize & 31]));
    format!("{prefix}-{}", letters.collect::<String>())
}

/// A checkout that the caller has the token of.
#[derive(Debug)]
pub struct Found {
    /// The checkout.
    pub checkout: Checkout,
    secret: Secret,
}

impl Found {
    /// A checkout and the secret half of its token.
    pub fn new(checkout: Checkout, secret: Secret) -> Self {
        Self { checkout, secret }
    }

    /// The token: whoever has it may pay.
    pub fn token(&self) -> String {
        write(self.checkout.id, &self.secret)
    }

    /// What the page may see of it.
    pub fn snapshot(&self) -> kvitt_wire::Checkout {
        self.show(&self.checkout)
    }

    /// What the page may see of a later version of it.
    pub fn show(&self, checkout: &Checkout) -> kvitt_wire::Checkout {
        checkout.snapshot(write(checkout.id, &self.secret))
    }
}

/// The checkout of a token; `None` for a token that is none, or not this checkout's.
///
/// # Errors
/// When the store fails.
pub async fn find(store: &Store, token: &str) -> Result<Option<Found>, store::Error> {
    let Some((id, secret)) = read(token) else { return Ok(None) };
    let stored = store.checkout(id).await?.filter(|stored| matches(&secret, &stored.secret));
    Ok(stored.map(|stored| Found::new(stored.checkout, secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_as_what_it_was_written_from_and_nothing_else_does() {
        let (id, secret) = new();
        let token = write(id, &secret);
        let (same_id, same_secret) = read(&token).unwrap();
        assert_eq!(same_id, id);
        assert!(matches(&same_secret, &secret));
        assert!(!matches(&new().1, &secret));
        for bad in ["", "abc", &token[1..], &format!("{token}x"), &"å".repeat(22), &"!".repeat(44)] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn references_fit_the_vendor_s_pattern() {
        let number = order_number("shop", new().0);
        assert!(number.len() == 15 && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        assert_ne!(number, order_number("shop", new().0));
    }
}
