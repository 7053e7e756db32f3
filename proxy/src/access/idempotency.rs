//! The header `Idempotency-Key` ([draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)):
//! a repeated request is executed once.
//!
//! A key is a row that is written in the same transaction as the change that the request makes ([`Cause::Idempotent`]). So a
//! crash leaves no key without its result, and of concurrent repeats, at whichever proxies, one succeeds. The row has
//! hashes and the checkout's id, no response and no token: the response to a repeat is made from the checkout as it is
//! then. A refused request is not remembered, so it can be corrected and sent again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderName, HeaderValue, header};
use kvitt_wire::Cart;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::shop_key::ShopKey;
use crate::access::token::Found;
use crate::base::clock;
use crate::checkout::operation::OperationId;
use crate::checkout::{Checkout, CheckoutId};
use crate::engine::chores::Chore;
use crate::store::{self, Cause, Store};

/// The header of the request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of the response to a repeat.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long a key is remembered, in milliseconds; up to an hour longer until the sweep.
const RETENTION_MS: i64 = 24 * 60 * 60 * 1000;
/// The shortest key of a page, in characters. A repeat gets the order, so the key of a page must be hard to guess.
const MIN_LENGTH: usize = 16;
const MAX_LENGTH: usize = 255;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is invalid; this is the rule.
    #[error("{0}")]
    Malformed(String),
    /// It was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    Reused,
    /// The same request is still being processed.
    #[error("the same request is being processed; retry shortly")]
    InProgress,
    /// What was done under it no longer exists.
    #[error("what was done under this Idempotency-Key no longer exists")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The key of a request, bound to its sender and to the content of the request.
#[derive(Clone, Debug)]
pub struct Key {
    id: String,
    /// The hash of the key alone.
    key_hash: String,
    fingerprint: String,
}

impl Key {
    /// The key of a request; `None` without the header.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn from_request(parts: &Parts, body: &[u8]) -> Result<Option<Self>, Error> {
        let mut given = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = given.next() else { return Ok(None) };
        if given.next().is_some() {
            return Err(Error::Malformed("the header must be sent once".to_owned()));
        }
        let shop = parts.extensions.get::<ShopKey>();
        // All keys of the shop count as one sender, except keys of one sales unit. A page is identified by its origin.
        let origin = parts.headers.get(header::ORIGIN).map_or(&b""[..], HeaderValue::as_bytes);
        let owner: &[&[u8]] = match shop {
            Some(ShopKey { sales_unit: None, .. }) => &[b"shop"],
            Some(ShopKey { sales_unit: Some(unit), .. }) => &[b"sales unit", unit.as_bytes()],
            None => &[b"page", origin],
        };
        let min_length = if shop.is_some() { 1 } else { MIN_LENGTH };
        let request = [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), body];
        Self::new(value.to_str().unwrap_or_default(), min_length, owner, request).map(Some)
    }

    /// The key of a command of the shop, as if its backend had sent it as a POST to that path.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn of_shop(text: &str, path: &str, body: &[u8]) -> Result<Self, Error> {
        Self::new(text, 1, &[b"shop"], [b"POST", path.as_bytes(), body])
    }

    /// The key of a customer's cart. Whoever sends the same `cart_id` with the same cart, at the same prices, has the same.
    pub fn of_cart(cart_id: &str, cart: &Cart) -> Self {
        let content = serde_json::to_vec(cart).expect("a cart can be written as JSON");
        let (key_hash, fingerprint) = (hash(&[cart_id.as_bytes()]), hash(&[&content]));
        Self { id: hash(&[b"cart", cart_id.as_bytes(), &content]), key_hash, fingerprint }
    }

    fn new(text: &str, min_length: usize, owner: &[&[u8]], request: [&[u8]; 3]) -> Result<Self, Error> {
        let text = text.trim();
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if !plain || !(min_length..=MAX_LENGTH).contains(&key.len()) {
            let rule = format!("it must have {min_length} to {MAX_LENGTH} visible characters");
            return Err(Error::Malformed(rule));
        }
        let key_hash = hash(&[key.as_bytes()]);
        Ok(Self { id: hash(&[owner, &[key.as_bytes()]].concat()), key_hash, fingerprint: hash(&request) })
    }

    /// The cause of a change that a request makes: with the key, if it has one.
    pub fn cause(key: Option<&Self>, checkout_id: CheckoutId) -> Cause {
        key.map_or(Cause::Request, |key| {
            Cause::Idempotent(store::IdempotencyRecord {
                key: key.id.clone(),
                fingerprint: key.fingerprint.clone(),
                checkout_id,
            })
        })
    }

    /// The id of the operation under this key. It depends on the order and the key only: a repeat has the same id,
    /// whoever of the shop sends it, and also after the key has been deleted.
    pub fn operation(&self, order: CheckoutId) -> OperationId {
        OperationId(Uuid::new_v5(&order.0, self.key_hash.as_bytes()))
    }

    /// The checkout that was opened under this key, if it is still of use. The key of one that is not is free again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn opened(
        &self,
        store: &Store,
        is_of_use: impl Fn(&Checkout) -> bool,
    ) -> Result<Option<Found>, store::Error> {
        let Some((keyed, _)) = store.idempotency_record(&self.id).await? else { return Ok(None) };
        match store.checkout(keyed.checkout_id).await?.filter(|stored| is_of_use(&stored.checkout)) {
            Some(stored) => Ok(Some(Found::new(stored.checkout, stored.secret))),
            None => store.free_idempotency_key(&keyed).await.map(|()| None),
        }
    }

    /// The result of an earlier request under this key, if any. While `is_done` is false for it, a repeat gets
    /// [`Error::InProgress`], for `wait` at most.
    async fn replay(
        &self,
        store: &Store,
        wait: Duration,
        is_done: fn(&Checkout) -> bool,
    ) -> Result<Option<Found>, Error> {
        let Some((keyed, at)) = store.idempotency_record(&self.id).await? else { return Ok(None) };
        if keyed.fingerprint != self.fingerprint {
            return Err(Error::Reused);
        }
        let stored = store.checkout(keyed.checkout_id).await?.ok_or(Error::NotFound)?;
        let age = Duration::from_millis(clock::now().0.saturating_sub(at.0).max(0).unsigned_abs());
        if !is_done(&stored.checkout) && age < wait {
            return Err(Error::InProgress);
        }
        Ok(Some(Found::new(stored.checkout, stored.secret)))
    }
}

/// Executes `act`, or finds the result of an earlier request under the same key. `wait` is the longest that the first
/// request may take.
///
/// # Errors
/// The errors of `act`, and [`Error`] when the key cannot be used.
pub async fn once<E: From<Error>>(
    store: &Store,
    wait: Duration,
    key: Option<&Key>,
    is_done: fn(&Checkout) -> bool,
    act: impl Future<Output = Result<Found, E>>,
) -> Result<(Found, Replayed), E> {
    if let Some(key) = key
        && let Some(found) = key.replay(store, wait, is_done).await?
    {
        return Ok((found, Replayed(true)));
    }
    match (act.await, key) {
        (Ok(found), _) => Ok((found, Replayed(false))),
        (Err(error), None) => Err(error),
        // A concurrent repeat may have been committed first.
        (Err(error), Some(key)) => match key.replay(store, wait, is_done).await? {
            Some(found) => Ok((found, Replayed(true))),
            None => Err(error),
        },
    }
}

/// Whether a response is to a repeat; sent as a header.
#[derive(Clone, Copy, Debug)]
pub struct Replayed(pub bool);

/// The chore that deletes old keys.
pub fn sweep_chore(store: &Store) -> Chore {
    Chore::deleting("forget idempotency keys", store, RETENTION_MS, |store, before, most| async move {
        store.prune_idempotency_keys(before, most).await
    })
}

/// A hash over several values, each with its length.
fn hash(values: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(value.len().to_be_bytes());
        hash.update(value);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// The key, or `None` where it is refused.
    fn read(header: &str, shop: bool, path: &str, body: &str) -> Option<Key> {
        let mut request = Request::post(path).header(IDEMPOTENCY_KEY, header);
        if shop {
            let by = kvitt_wire::Actor { name: "warehouse".into(), via: kvitt_wire::Via::Key, key: None };
            let (prefix, role) = ("abcdefgh".into(), kvitt_wire::Role::All);
            request = request.extension(ShopKey { prefix, by, role, sales_unit: None });
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Key::from_request(&parts, body.as_bytes()).ok().flatten()
    }

    #[test]
    fn a_key_is_bound_to_its_sender_path_and_body() {
        let long = "a-key-of-some-length";
        let page = read(long, false, "/a", "x").unwrap();
        let shop = read(long, true, "/a", "x").unwrap();
        assert_ne!(page.id, shop.id);
        assert_eq!(page.fingerprint, shop.fingerprint);
        assert_ne!(page.fingerprint, read(long, false, "/a", "y").unwrap().fingerprint);
        assert_ne!(page.fingerprint, read(long, false, "/ax", "").unwrap().fingerprint);
        assert_eq!(page.id, read(&format!("\"{long}\""), false, "/a", "x").unwrap().id);
        assert!(read("capture-1", true, "/a", "x").is_some(), "nobody else can use the shop's");
        assert!(read("capture-1", false, "/a", "x").is_none(), "whoever comes upon a page's sees its order");
    }
}
