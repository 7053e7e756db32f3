//! Keeps what is personal unreadable in the database: authenticated encryption, with a key that the operator has and the database has not.
//!
//! Each text is sealed under [XChaCha20-Poly1305](https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha) with a nonce of its own
//! and for one place, its context (table, column, row), so that it opens nowhere else. It names the key that sealed it; while a previous
//! key is there, what that one sealed opens too, and can be sealed anew. An index is a keyed hash: equal texts can be found by it, and
//! nothing can be read from it. Pure: it knows no database, and nothing of it is ever printed.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// The first part of a sealed text: which way it was sealed.
const WAY: &str = "x1";
const NONCE: usize = 24;

/// Why a sealed text does not open. Says nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unopened {
    /// It was never sealed, or by a later release.
    #[error("not a sealed text")]
    NotSealed,
    /// It was sealed under a key that is not here.
    #[error("sealed under another key than those of the configuration")]
    OtherKey,
    /// It was altered, or brought here from another place.
    #[error("altered, or sealed for another place")]
    Altered,
}

/// The operator's 32 bytes. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Reads 32 bytes in base64, as `openssl rand -base64 32` prints them.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// A new one.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::rng().fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// In base64, for a configuration.
    pub fn written(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_ref()))
    }

    /// A key for one purpose; it tells nothing of this one or of those for other purposes.
    fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hash(&self.0, &[purpose]))
    }
}

/// The keys for each purpose, from one of the operator's.
struct Keys {
    id: String,
    sealing: Zeroizing<[u8; 32]>,
    indexing: Zeroizing<[u8; 32]>,
}

impl Keys {
    fn of(key: &Key) -> Self {
        Self {
            id: URL_SAFE_NO_PAD.encode(&key.derived("kvitt key id")[..6]),
            sealing: key.derived("kvitt sealing"),
            indexing: key.derived("kvitt indexing"),
        }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.sealing).into())
    }
}

/// Seals and opens; clones share the keys.
#[derive(Clone)]
pub struct Vault {
    present: Arc<Keys>,
    previous: Option<Arc<Keys>>,
}

impl Vault {
    /// With the key that seals, and one that is being replaced.
    pub fn new(key: &Key, previous: Option<&Key>) -> Self {
        Self { present: Arc::new(Keys::of(key)), previous: previous.map(|key| Arc::new(Keys::of(key))) }
    }

    /// Seals a text for one place. ASCII without quotes or spaces comes of it, different each time.
    pub fn seal(&self, plain: &str, context: &str) -> String {
        let mut bytes = vec![0; NONCE];
        rand::rng().fill_bytes(&mut bytes);
        let nonce = XNonce::try_from(bytes.as_slice()).expect("as long as a nonce is");
        let payload = Payload { msg: plain.as_bytes(), aad: context.as_bytes() };
        bytes.extend(self.present.cipher().encrypt(&nonce, payload).expect("no text is too long for the cipher"));
        self.mark() + &URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Opens what was sealed for that place, under the present key or the previous one.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(&self, sealed: &str, context: &str) -> Result<Zeroizing<String>, Unopened> {
        let (id, bytes) = parts(sealed).ok_or(Unopened::NotSealed)?;
        let keys = self.all().find(|keys| keys.id == id).ok_or(Unopened::OtherKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).map_err(|_| Unopened::Altered)?;
        let (nonce, text) = bytes.split_at_checked(NONCE).ok_or(Unopened::Altered)?;
        let nonce = XNonce::try_from(nonce).expect("as long as a nonce is");
        let plain = keys
            .cipher()
            .decrypt(&nonce, Payload { msg: text, aad: context.as_bytes() })
            .map_err(|_| Unopened::Altered)?;
        let plain = String::from_utf8(plain).expect("only text is sealed");
        Ok(Zeroizing::new(plain))
    }

    /// What a text sealed under the present key begins with: twelve characters, to tell what is to be sealed anew.
    pub fn mark(&self) -> String {
        mark_of(&self.present)
    }

    /// Whether what begins like this was sealed under one of our keys.
    pub fn knows(&self, mark: &str) -> bool {
        self.all().any(|keys| mark_of(keys) == mark)
    }

    /// The same for the same text and context, under the present key.
    pub fn index(&self, plain: &str, context: &str) -> String {
        index(&self.present, plain, context)
    }

    /// Every index that the text may have been written down with: under the present key, and under the previous one.
    pub fn indexes(&self, plain: &str, context: &str) -> Vec<String> {
        self.all().map(|keys| index(keys, plain, context)).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.present).chain(&self.previous).map(Arc::as_ref)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

fn mark_of(keys: &Keys) -> String {
    format!("{WAY}.{}.", keys.id)
}

/// The key's id and the rest of a sealed text.
fn parts(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(WAY)?.strip_prefix('.')?.split_once('.')
}

fn index(keys: &Keys, plain: &str, context: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash(&keys.indexing, &[context, "\0", plain]))
}

fn hash(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length is a key");
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let vault = Vault::new(&Key::random(), None);
        let sealed = vault.seal("4791234567", "here");
        assert_eq!(vault.open(&sealed, "here").unwrap().as_str(), "4791234567");
        assert!(!sealed.contains("4791234567") && sealed != vault.seal("4791234567", "here"));
        assert_eq!(vault.open(&sealed, "there").unwrap_err(), Unopened::Altered);
        assert_eq!(vault.open("4791234567", "here").unwrap_err(), Unopened::NotSealed);
        assert_eq!(Vault::new(&Key::random(), None).open(&sealed, "here").unwrap_err(), Unopened::OtherKey);
        let (head, tail) = sealed.split_at(sealed.len() - 1);
        for altered in [head.to_owned(), format!("{head}{}", if tail == "A" { "Q" } else { "A" }), vault.mark()] {
            assert_eq!(vault.open(&altered, "here").unwrap_err(), Unopened::Altered);
        }
    }

    #[test]
    fn a_previous_key_opens_and_finds_and_does_not_seal() {
        let (old, new) = (Key::random(), Key::random());
        let before = Vault::new(&old, None);
        let both = Vault::new(&new, Some(&old));
        let after = Vault::new(&new, None);
        let sealed = before.seal("number", "here");
        assert_eq!(both.open(&sealed, "here").unwrap().as_str(), "number");
        assert!(!sealed.starts_with(&both.mark()) && both.knows(&before.mark()) && !after.knows(&before.mark()));
        assert_eq!(both.mark().len(), 12, "as the databases' indexes have it");
        let anew = both.seal("number", "here");
        assert!(anew.starts_with(&after.mark()));
        assert_eq!(after.open(&anew, "here").unwrap().as_str(), "number");
        assert_eq!(after.open(&sealed, "here").unwrap_err(), Unopened::OtherKey);
        assert_eq!(both.indexes("number", "here"), [after.index("number", "here"), before.index("number", "here")]);
        assert_ne!(after.index("number", "here"), after.index("number", "there"));
    }

    #[test]
    fn a_key_is_32_bytes_and_does_not_print() {
        let text = Key::random().written();
        assert!(Key::parse(&format!("{}\n", text.as_str())).is_some());
        for bad in ["", "hush", &text[..40], &STANDARD.encode([0; 31])] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
        let key = Key::parse(&text).unwrap();
        assert_eq!(format!("{key:?} {:?}", Vault::new(&key, None)), "Key(…) Vault(…)");
    }
}
