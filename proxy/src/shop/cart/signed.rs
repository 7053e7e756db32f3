//! A cart that the shop's page carries, signed by the shop: a JWS in the compact form, HS256 and nothing else.
//!
//! Nothing of the payload is read before the signature holds, and nothing in the header chooses how it is checked: `alg` must be HS256,
//! `typ` this one kind, and a header parameter that is not known here is refused, `crit`, `jwk` and the like among them. The rules are those
//! of [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725). With one algorithm, the HMAC of the libraries that sign and verify webhooks is
//! all that is left to borrow; a JWT library reads a clock of its own and lets `crit` pass.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kvitt_wire::{Cart, ShopCart};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use thiserror::Error;

use super::{CartError, from_shop};
use crate::checkout::Moment;
use crate::config::{SalesUnit, SalesUnits, Shop};

/// What the header must call a cart, so that nothing else that is signed with the same secret is taken for one.
pub const TYP: &str = "kvitt-cart+jwt";
const ALG: &str = "HS256";
/// So far apart the shop's clock and ours may be.
const TOLERANCE_MS: i64 = 60_000;

/// Why a signed cart is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Untrusted {
    /// It does not read.
    #[error("{0}")]
    Malformed(String),
    /// No key of that name.
    #[error("there is no [[cart_key]] named {0:?}")]
    UnknownKey(String),
    /// The key is there, but not for that sales unit.
    #[error("the key may not sign for the sales unit {0:?}")]
    KeyOfAnotherUnit(String),
    /// The signature is not the key's.
    #[error("{0}")]
    BadSignature(&'static str),
    /// Its time has run out.
    #[error("exp was {} seconds ago", ago_ms / 1000)]
    Expired {
        /// For how long, in milliseconds.
        ago_ms: i64,
    },
    /// Its time has not come.
    #[error("nbf or iat is in the future: are the clocks right?")]
    NotYet,
    /// It is good for longer than any may be.
    #[error("exp may be {} seconds away at most", most_ms / 1000)]
    LivesTooLong {
        /// The most, in milliseconds.
        most_ms: i64,
    },
    /// It was made for another proxy.
    #[error("aud must be {0:?}, this proxy's public_url")]
    WrongAudience(String),
    /// The page asks for another sales unit than the cart.
    #[error("the cart is for the sales unit {0:?}")]
    OtherSalesUnit(String),
}

/// Who signs, how, and that it is a cart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// What is signed. Times are seconds since 1970.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
    cart: ShopCart,
}

/// Checks who has signed a cart, for whom and until when, and then its sums. A `sales_unit` that the page asks for must be the cart's.
///
/// # Errors
/// [`CartError`] for the first thing that is wrong with it.
pub fn from_signed<'a>(
    shop: &Shop,
    units: &'a SalesUnits,
    jws: &str,
    sales_unit: Option<&str>,
    now: Moment,
) -> Result<(&'a SalesUnit, Cart), CartError> {
    let parts: Vec<_> = jws.split('.').collect();
    let &[header, payload, signature] = parts.as_slice() else {
        return Err(malformed("it must have three parts with dots between them"));
    };
    let Header { alg, kid, typ } = read("header", header)?;
    if alg != ALG {
        return Err(Untrusted::BadSignature("alg must be HS256").into());
    }
    if typ != TYP {
        return Err(malformed(&format!("typ must be {TYP:?}")));
    }
    let key = shop.signed_carts.keys.iter().find(|key| key.name == kid);
    let key = key.ok_or_else(|| Untrusted::UnknownKey(kid.chars().take(32).collect()))?;
    let signed = &jws[..header.len() + 1 + payload.len()];
    if !holds(key.secret.expose_secret().as_bytes(), signed, signature) {
        return Err(Untrusted::BadSignature("it was not made with that key, or the cart has been altered since").into());
    }
    let claims: Claims = read("payload", payload)?;
    if claims.aud != shop.public_url {
        return Err(Untrusted::WrongAudience(shop.public_url.clone()).into());
    }
    in_time(&claims, shop.signed_carts.max_life_ms, now)?;
    let unit = units.find(claims.cart.sales_unit.as_deref()).ok_or(CartError::UnknownSalesUnit)?;
    if key.sales_unit.as_ref().is_some_and(|own| *own != unit.name) {
        return Err(Untrusted::KeyOfAnotherUnit(unit.name.clone()).into());
    }
    if sales_unit.is_some_and(|asked| asked != unit.name) {
        return Err(Untrusted::OtherSalesUnit(unit.name.clone()).into());
    }
    Ok((unit, from_shop(shop, unit, &claims.cart, now)?))
}

/// Whether the signature is the key's, in a time that does not tell where it differs.
fn holds(key: &[u8], signed: &str, signature: &str) -> bool {
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature).is_ok()
}

fn in_time(claims: &Claims, most_ms: i64, now: Moment) -> Result<(), Untrusted> {
    let left_ms = claims.exp.saturating_mul(1000).saturating_sub(now.0);
    if left_ms <= -TOLERANCE_MS {
        return Err(Untrusted::Expired { ago_ms: left_ms.saturating_neg() });
    }
    if left_ms > most_ms.saturating_add(TOLERANCE_MS) {
        return Err(Untrusted::LivesTooLong { most_ms });
    }
    let begun = |at: i64| at.saturating_mul(1000) <= now.0.saturating_add(TOLERANCE_MS);
    if claims.iat.into_iter().chain(claims.nbf).all(begun) { Ok(()) } else { Err(Untrusted::NotYet) }
}

fn read<T: DeserializeOwned>(name: &str, part: &str) -> Result<T, CartError> {
    let bytes =
        URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed(&format!("the {name} is not base64url without padding")))?;
    serde_json::from_slice(&bytes).map_err(|error| malformed(&format!("the {name}: {error}")))
}

fn malformed(why: &str) -> CartError {
    Untrusted::Malformed(why.to_owned()).into()
}

#[cfg(test)]
mod tests;
