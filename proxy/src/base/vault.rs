//! Encryption at rest for personal data and secrets: authenticated encryption, with a key that the operator has and the
//! database has not.
//!
//! Each text is sealed with [XChaCha20-Poly1305](https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha), under
//! a nonce of its own. Its context (table, column, row) is authenticated with it, so it opens in no other place. A
//! sealed text names its key; while a previous key is configured, texts sealed under it open too, and can be sealed
//! again under the current one. An index is a keyed hash: equal texts can be found by it, and nothing can be read from
//! it.
//!
//! This module is pure. It knows no database, and prints neither keys nor texts.

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

/// The version of the format, with which each sealed text begins.
const FORMAT: &str = "x1";
const NONCE: usize = 24;

/// Why a sealed text does not open. Contains nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is not in this format: never sealed, or sealed by a later release.
    #[error("not a sealed text")]
    NotSealed,
    /// Its key is not configured.
    #[error("sealed under another key than those of the configuration")]
    UnknownKey,
    /// It was altered, or sealed for another context.
    #[error("altered, or sealed for another place")]
    Altered,
}

/// The operator's key of 32 bytes. Zeroed when dropped, never printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Reads 32 bytes in base64, as `openssl rand -base64 32` prints them.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// A random key.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::rng().fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// The key in base64, for a configuration.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_ref()))
    }

    /// A key derived for one purpose. It reveals nothing about this key or the other derived ones.
    fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hash(&self.0, &[purpose]))
    }
}

/// The derived keys, one for each purpose.
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

/// Seals and opens texts; clones share the keys.
#[derive(Clone)]
pub struct Vault {
    current: Arc<Keys>,
    previous: Option<Arc<Keys>>,
}

impl Vault {
    /// A vault with the current key, and the previous one while it is being replaced.
    pub fn new(key: &Key, previous: Option<&Key>) -> Self {
        Self { current: Arc::new(Keys::of(key)), previous: previous.map(|key| Arc::new(Keys::of(key))) }
    }

    /// Seals a text for one context. The result is ASCII without quotes or spaces, and different each time.
    pub fn seal(&self, plain: &str, context: &str) -> String {
        let mut bytes = vec![0; NONCE];
        rand::rng().fill_bytes(&mut bytes);
        let nonce = XNonce::try_from(bytes.as_slice()).expect("as long as a nonce is");
        let payload = Payload { msg: plain.as_bytes(), aad: context.as_bytes() };
        bytes.extend(self.current.cipher().encrypt(&nonce, payload).expect("no text is too long for the cipher"));
        self.mark() + &URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Opens a text that was sealed for this context, under the current key or the previous one.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, sealed: &str, context: &str) -> Result<Zeroizing<String>, OpenError> {
        let (id, bytes) = split(sealed).ok_or(OpenError::NotSealed)?;
        let keys = self.all().find(|keys| keys.id == id).ok_or(OpenError::UnknownKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).map_err(|_| OpenError::Altered)?;
        let (nonce, text) = bytes.split_at_checked(NONCE).ok_or(OpenError::Altered)?;
        let nonce = XNonce::try_from(nonce).expect("as long as a nonce is");
        let plain = keys
            .cipher()
            .decrypt(&nonce, Payload { msg: text, aad: context.as_bytes() })
            .map_err(|_| OpenError::Altered)?;
        let plain = String::from_utf8(plain).expect("only text is sealed");
        Ok(Zeroizing::new(plain))
    }

    /// The first twelve characters of each text sealed under the current key. A text that begins otherwise has to be
    /// sealed again.
    pub fn mark(&self) -> String {
        mark_of(&self.current)
    }

    /// Whether a text that begins with this mark was sealed under a configured key.
    pub fn has_key_of(&self, mark: &str) -> bool {
        self.all().any(|keys| mark_of(keys) == mark)
    }

    /// The index of a text in a context, under the current key: equal for equal texts.
    pub fn index(&self, plain: &str, context: &str) -> String {
        index(&self.current, plain, context)
    }

    /// Every index that the text may be stored with: under the current key, and under the previous one.
    pub fn indexes(&self, plain: &str, context: &str) -> Vec<String> {
        self.all().map(|keys| index(keys, plain, context)).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.previous).map(Arc::as_ref)
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
    format!("{FORMAT}.{}.", keys.id)
}

/// Splits a sealed text into the key's id and the rest.
fn split(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(FORMAT)?.strip_prefix('.')?.split_once('.')
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
    fn a_sealed_text_opens_only_in_its_context() {
        let vault = Vault::new(&Key::random(), None);
        let sealed = vault.seal("4791234567", "here");
        assert_eq!(vault.open(&sealed, "here").unwrap().as_str(), "4791234567");
        assert!(!sealed.contains("4791234567") && sealed != vault.seal("4791234567", "here"));
        assert_eq!(vault.open(&sealed, "there").unwrap_err(), OpenError::Altered);
        assert_eq!(vault.open("4791234567", "here").unwrap_err(), OpenError::NotSealed);
        assert_eq!(Vault::new(&Key::random(), None).open(&sealed, "here").unwrap_err(), OpenError::UnknownKey);
        let (head, tail) = sealed.split_at(sealed.len() - 1);
        for altered in [head.to_owned(), format!("{head}{}", if tail == "A" { "Q" } else { "A" }), vault.mark()] {
            assert_eq!(vault.open(&altered, "here").unwrap_err(), OpenError::Altered);
        }
    }

    #[test]
    fn a_previous_key_opens_and_finds_but_does_not_seal() {
        let (old, new) = (Key::random(), Key::random());
        let before = Vault::new(&old, None);
        let both = Vault::new(&new, Some(&old));
        let after = Vault::new(&new, None);
        let sealed = before.seal("number", "here");
        assert_eq!(both.open(&sealed, "here").unwrap().as_str(), "number");
        assert!(
            !sealed.starts_with(&both.mark()) && both.has_key_of(&before.mark()) && !after.has_key_of(&before.mark())
        );
        assert_eq!(both.mark().len(), 12, "as the databases' indexes have it");
        let anew = both.seal("number", "here");
        assert!(anew.starts_with(&after.mark()));
        assert_eq!(after.open(&anew, "here").unwrap().as_str(), "number");
        assert_eq!(after.open(&sealed, "here").unwrap_err(), OpenError::UnknownKey);
        assert_eq!(both.indexes("number", "here"), [after.index("number", "here"), before.index("number", "here")]);
        assert_ne!(after.index("number", "here"), after.index("number", "there"));
    }

    #[test]
    fn a_key_is_32_bytes_and_is_never_printed() {
        let text = Key::random().to_base64();
        assert!(Key::parse(&format!("{}\n", text.as_str())).is_some());
        for bad in ["", "hush", &text[..40], &STANDARD.encode([0; 31])] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
        let key = Key::parse(&text).unwrap();
        assert_eq!(format!("{key:?} {:?}", Vault::new(&key, None)), "Key(…) Vault(…)");
    }
}
