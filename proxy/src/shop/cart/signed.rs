//! A signed cart: the shop's page carries it, and the shop has signed it. It is a compact JWS ([RFC
//! 7515](https://www.rfc-editor.org/rfc/rfc7515)) with HS256 only.
//!
//! The signature is checked before the payload is parsed, and nothing in the header chooses how: `alg` must be HS256,
//! `typ` must be [`TYP`], and unknown header parameters (`crit`, `jwk`, …) are refused, as [RFC
//! 8725](https://www.rfc-editor.org/rfc/rfc8725) demands. It needs only an HMAC; libraries for JWT read the clock
//! themselves and ignore `crit`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kvitt_wire::ShopCart;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use thiserror::Error;

use super::{CartError, Priced, from_shop};
use crate::checkout::Moment;
use crate::config::{SalesUnits, Shop};

/// The `typ` of a signed cart, so that nothing else signed with the same secret is accepted.
pub const TYP: &str = "kvitt-cart+jwt";
const ALG: &str = "HS256";
/// How much the clock of the shop may differ from ours, in milliseconds.
const TOLERANCE_MS: i64 = 60_000;

/// Why a signed cart is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignedCartError {
    /// It cannot be parsed.
    #[error("{0}")]
    Malformed(String),
    /// There is no key of that name.
    #[error("there is no [[cart_key]] named {0:?}")]
    UnknownKey(String),
    /// The key may not sign for that sales unit.
    #[error("the key may not sign for the sales unit {0:?}")]
    KeyForOtherUnit(String),
    /// The signature is not valid.
    #[error("{0}")]
    BadSignature(&'static str),
    /// It has expired.
    #[error("exp was {} seconds ago", ago_ms / 1000)]
    Expired {
        /// How long ago, in milliseconds.
        ago_ms: i64,
    },
    /// It is not valid yet.
    #[error("nbf or iat is in the future: are the clocks right?")]
    NotYet,
    /// Its lifetime is too long.
    #[error("exp may be {} seconds away at most", max_ms / 1000)]
    LifetimeTooLong {
        /// The longest lifetime, in milliseconds.
        max_ms: i64,
    },
    /// It was signed for another proxy.
    #[error("aud must be {0:?}, this proxy's public_url")]
    WrongAudience(String),
    /// The page names another sales unit than the cart.
    #[error("the cart is for the sales unit {0:?}")]
    OtherSalesUnit(String),
}

/// The header of the JWS.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// The payload. Times are in seconds since 1970.
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

/// Checks the signature, audience and times of a cart, and then its sums. A `sales_unit` in the request must be that of
/// the cart.
///
/// # Errors
/// [`CartError`], for the first problem found.
pub fn from_signed<'a>(
    shop: &Shop,
    units: &'a SalesUnits,
    jws: &str,
    sales_unit: Option<&str>,
    now: Moment,
) -> Result<Priced<'a>, CartError> {
    let parts: Vec<_> = jws.split('.').collect();
    let &[header, payload, signature] = parts.as_slice() else {
        return Err(malformed("it must have three parts with dots between them"));
    };
    let Header { alg, kid, typ } = decode_part("header", header)?;
    if alg != ALG {
        return Err(SignedCartError::BadSignature("alg must be HS256").into());
    }
    if typ != TYP {
        return Err(malformed(&format!("typ must be {TYP:?}")));
    }
    let key = shop.signed_carts.keys.iter().find(|key| key.name == kid);
    let key = key.ok_or_else(|| SignedCartError::UnknownKey(kid.chars().take(32).collect()))?;
    let signed = &jws[..header.len() + 1 + payload.len()];
    if !is_valid(key.secret.expose_secret().as_bytes(), signed, signature) {
        return Err(
            SignedCartError::BadSignature("it was not made with that key, or the cart has been altered since").into()
        );
    }
    let claims: Claims = decode_part("payload", payload)?;
    if claims.aud != shop.public_url {
        return Err(SignedCartError::WrongAudience(shop.public_url.clone()).into());
    }
    check_times(&claims, shop.signed_carts.max_life_ms, now)?;
    let unit = units.find(claims.cart.sales_unit.as_deref()).ok_or(CartError::UnknownSalesUnit)?;
    if key.sales_unit.as_ref().is_some_and(|own| *own != unit.name) {
        return Err(SignedCartError::KeyForOtherUnit(unit.name.clone()).into());
    }
    if sales_unit.is_some_and(|requested| requested != unit.name) {
        return Err(SignedCartError::OtherSalesUnit(unit.name.clone()).into());
    }
    let cart = from_shop(shop, unit, &claims.cart, now)?;
    Ok(Priced { unit, cart, valid_until: Some(Moment(claims.exp.saturating_mul(1000))) })
}

/// Verifies the signature, in constant time.
fn is_valid(key: &[u8], signed: &str, signature: &str) -> bool {
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature).is_ok()
}

fn check_times(claims: &Claims, max_ms: i64, now: Moment) -> Result<(), SignedCartError> {
    let left_ms = claims.exp.saturating_mul(1000).saturating_sub(now.0);
    if left_ms <= -TOLERANCE_MS {
        return Err(SignedCartError::Expired { ago_ms: left_ms.saturating_neg() });
    }
    if left_ms > max_ms.saturating_add(TOLERANCE_MS) {
        return Err(SignedCartError::LifetimeTooLong { max_ms });
    }
    let has_begun = |at: i64| at.saturating_mul(1000) <= now.0.saturating_add(TOLERANCE_MS);
    if claims.iat.into_iter().chain(claims.nbf).all(has_begun) { Ok(()) } else { Err(SignedCartError::NotYet) }
}

fn decode_part<T: DeserializeOwned>(name: &str, part: &str) -> Result<T, CartError> {
    let bytes =
        URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed(&format!("the {name} is not base64url without padding")))?;
    // The error begins with the path of the field.
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(|error| malformed(&format!("the {name}: {error}")))?;
    json.end().map_err(|error| malformed(&format!("the {name}: {error}")))?;
    Ok(value)
}

fn malformed(why: &str) -> CartError {
    SignedCartError::Malformed(why.to_owned()).into()
}

#[cfg(test)]
mod tests;
