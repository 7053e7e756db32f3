//! The keys with which the shop signs carts for its pages.

use secrecy::{ExposeSecret, SecretString};

use super::SalesUnit;
use super::reader::Reader;

/// HS256 requires a key at least as long as its hash ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const MIN_SECRET_BYTES: usize = 32;

/// The keys of signed carts, and their longest validity.
#[derive(Clone, Debug)]
pub struct SignedCarts {
    /// The keys; several can be valid at the same time, so that one can be replaced.
    pub keys: Vec<CartKey>,
    /// The longest validity of a cart, in milliseconds.
    pub max_life_ms: i64,
}

/// A key with which the shop signs carts.
#[derive(Clone, Debug)]
pub struct CartKey {
    /// The name, which is the `kid` of a cart.
    pub name: String,
    /// The secret; the bytes of its text are the key.
    pub secret: SecretString,
    /// The only sales unit that it may sign for; none: all.
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
        // An absent secret has been reported already.
        if (1..MIN_SECRET_BYTES).contains(&secret.expose_secret().len()) {
            key.mistake("secret", "must have 32 bytes at least, such as what `openssl rand -base64 32` prints");
        }
        if sales_unit.as_ref().is_some_and(|name| !units.iter().any(|unit| unit.name == *name)) {
            key.mistake("sales_unit", "there is no such sales unit");
        }
        Self { name, secret, sales_unit }
    }
}
