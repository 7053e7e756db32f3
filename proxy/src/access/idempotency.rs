//! Asking twice is asking once: the header `Idempotency-Key`, as the
//! [draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) has it.
//!
//! A key is a row that is written in the very transaction that does what was asked for ([`Cause::Idempotent`]). So there is no key without its
//! outcome whenever the process dies, nothing to be taken over, and of twins, at whichever proxies, one is done. The row has hashes and the
//! checkout's id; the answer to a repeat is made from the checkout anew, as it stands then, so that no token is kept a second time. What
//! was refused is not remembered: it may be put right and asked for again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::shop_key::ShopKey;
use crate::access::token::Found;
use crate::base::clock;
use crate::checkout::operation::OperationId;
use crate::checkout::{Checkout, CheckoutId};
use crate::engine::chores::Chore;
use crate::store::{self, Cause, Store};

/// The request's header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The answer's header.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// So long a key is remembered, and an hour at most beyond it.
const MEMORY_MS: i64 = 24 * 60 * 60 * 1000;
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// Whoever repeats a page's request is shown its order, so a page's key must not be one that somebody else comes upon.
const SHORTEST: usize = 16;
const LONGEST: usize = 255;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is none; this is what it must be.
    #[error("{0}")]
    Malformed(String),
    /// It came with another request before.
    #[error("this Idempotency-Key was used for another request")]
    Reused,
    /// The same request is being worked on.
    #[error("the same request is being worked on; ask again shortly")]
    InProgress,
    /// What was done under it is gone.
    #[error("there is nothing any more that was done under this Idempotency-Key")]
    NotFound,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The key of a request, bound to what the request asks for.
#[derive(Clone, Debug)]
pub struct Key {
    id: String,
    /// The hash of the key alone.
    own: String,
    fingerprint: String,
}

impl Key {
    /// The key that a request came with, if any.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn read(parts: &Parts, body: &[u8]) -> Result<Option<Self>, Error> {
        let mut given = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = given.next() else { return Ok(None) };
        if given.next().is_some() {
            return Err(Error::Malformed("there must be one".to_owned()));
        }
        let shop = parts.extensions.get::<ShopKey>();
        // The shop is one, whichever of its keys it shows, but for those of one sales unit; a page is its origin's.
        let origin = parts.headers.get(header::ORIGIN).map_or(&b""[..], HeaderValue::as_bytes);
        let whose: &[&[u8]] = match shop {
            Some(ShopKey { sales_unit: None, .. }) => &[b"shop"],
            Some(ShopKey { sales_unit: Some(unit), .. }) => &[b"sales unit", unit.as_bytes()],
            None => &[b"page", origin],
        };
        let shortest = if shop.is_some() { 1 } else { SHORTEST };
        let asked = [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), body];
        Self::new(value.to_str().unwrap_or_default(), shortest, whose, asked).map(Some)
    }

    /// The key under which the shop asks for something beside its machines, as they would at that path.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_shop(text: &str, path: &str, body: &[u8]) -> Result<Self, Error> {
        Self::new(text, 1, &[b"shop"], [b"POST", path.as_bytes(), body])
    }

    fn new(text: &str, shortest: usize, whose: &[&[u8]], asked: [&[u8]; 3]) -> Result<Self, Error> {
        let text = text.trim();
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if !plain || !(shortest..=LONGEST).contains(&key.len()) {
            let wanted = format!("it must have {shortest} to {LONGEST} visible characters");
            return Err(Error::Malformed(wanted));
        }
        let own = hash(&[key.as_bytes()]);
        Ok(Self { id: hash(&[whose, &[key.as_bytes()]].concat()), own, fingerprint: hash(&asked) })
    }

    /// The cause of what a request does to a checkout: with the key, if it has one.
    pub fn cause(key: Option<&Self>, checkout_id: CheckoutId) -> Cause {
        key.map_or(Cause::Request, |key| {
            Cause::Idempotent(store::IdempotencyRecord {
                key: key.id.clone(),
                fingerprint: key.fingerprint.clone(),
                checkout_id,
            })
        })
    }

    /// The name of the operation that is asked for under this key: the same for a repeat, also when the key itself has been forgotten.
    /// It is the order's and the key's, whoever shows it: a press that somebody else of the shop's finishes is the same press.
    pub fn operation(&self, order: CheckoutId) -> OperationId {
        OperationId(Uuid::new_v5(&order.0, self.own.as_bytes()))
    }

    /// What was done under this key before, if anything. While `is_done` says that it is not done yet, a repeat has to come again; but not
    /// for longer than the first one may take.
    async fn before(
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

/// Does what a request asks for, or finds what was done for it before. `wait` is how long the first one may take.
///
/// # Errors
/// Those of `act`, and those of a key that cannot be used.
pub async fn once<E: From<Error>>(
    store: &Store,
    wait: Duration,
    key: Option<&Key>,
    is_done: fn(&Checkout) -> bool,
    act: impl Future<Output = Result<Found, E>>,
) -> Result<(Found, Replayed), E> {
    let Some(key) = key else { return Ok((act.await?, Replayed(false))) };
    if let Some(found) = key.before(store, wait, is_done).await? {
        return Ok((found, Replayed(true)));
    }
    match act.await {
        Ok(found) => Ok((found, Replayed(false))),
        // A twin may have been first since.
        Err(error) => match key.before(store, wait, is_done).await? {
            Some(found) => Ok((found, Replayed(true))),
            None => Err(error),
        },
    }
}

/// Whether an answer is one to a repeat, as its header says.
#[derive(Clone, Copy, Debug)]
pub struct Replayed(pub bool);

/// The chore that forgets old keys.
pub fn forgetting(store: &Store) -> Chore {
    let store = store.clone();
    Chore::new("forget idempotency keys", SWEEP, SWEEP, move || {
        let store = store.clone();
        async move { Ok(store.prune_idempotency_keys(clock::now().plus_ms(-MEMORY_MS)).await?) }
    })
}

/// A hash of several values; where one ends and the next begins counts too.
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

    /// The key as it is written down, or none where it is refused.
    fn read(header: &str, shop: bool, path: &str, body: &str) -> Option<Key> {
        let mut request = Request::post(path).header(IDEMPOTENCY_KEY, header);
        if shop {
            request = request.extension(ShopKey { prefix: "abcdefgh".into(), sales_unit: None });
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Key::read(&parts, body.as_bytes()).ok().flatten()
    }

    #[test]
    fn a_key_is_the_shop_s_or_a_page_s_and_for_one_path_and_body() {
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
