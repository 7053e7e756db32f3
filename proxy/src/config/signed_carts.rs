//! With what the shop signs its carts, where its pages carry them.

use secrecy::{ExposeSecret, SecretString};

use super::SalesUnit;
use super::reader::Reader;

/// HMAC-SHA-256 wants a key of the length of its hash at least ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const SHORTEST_SECRET: usize = 32;

/// How carts are signed.
#[derive(Clone, Debug)]
pub struct SignedCarts {
    /// Any number, so that a new one may stand beside the one that it replaces.
    pub keys: Vec<CartKey>,
    /// How long a cart may be good for at most, in milliseconds.
    pub max_life_ms: i64,
}

/// A secret that the shop signs carts with.
#[derive(Clone, Debug)]
pub struct CartKey {
    /// The `kid` of a cart.
    pub name: String,
    /// Its bytes are the key, as they are written.
    pub secret: SecretString,
    /// The one sales unit that it may sign for; none where it may for all.
    pub sales_unit: Option<String>,
}

impl SignedCarts {
    pub(super) fn read(top: &mut Reader<'_>, units: &[SalesUnit]) -> Self {
        let max_life_ms = top.section("signed_cart", |carts| carts.positive("max_life_ms"));
        let keys = top.each("cart_key", |key| CartKey::read(key, units));
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].iter().any(|other| other.name == key.name) {
                top.mistake("cart_key", &format!("two are named {:?}", key.name));
            }
        }
        Self { keys, max_life_ms }
    }
}

impl CartKey {
    fn read(key: &mut Reader<'_>, units: &[SalesUnit]) -> Self {
        let (name, secret, sales_unit) = (key.string("name"), key.secret("secret"), key.optional("sales_unit"));
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !name.bytes().all(plain) || name.len() > 32 {
            key.mistake("name", "may have a-z, 0-9 and -, and 32 characters at most");
        }
        // One that is absent has been said to be.
        if (1..SHORTEST_SECRET).contains(&secret.expose_secret().len()) {
            key.mistake("secret", "must have 32 bytes at least, such as what `openssl rand -base64 32` prints");
        }
        if sales_unit.as_ref().is_some_and(|name| !units.iter().any(|unit| unit.name == *name)) {
            key.mistake("sales_unit", "there is no such sales unit");
        }
        Self { name, secret, sales_unit }
    }
}
