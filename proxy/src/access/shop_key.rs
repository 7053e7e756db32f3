//! The keys of the shop's own machines: `kvitt_<prefix>_<secret>`, shown once, when they are made.
//!
//! By its prefix a key is found and spoken of. Of the secret only a SHA-256 is written down: it is 256 random bits, which nobody tries
//! out, so that the slow hashes that passwords need would buy nothing here and cost every request.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base::clock;
use crate::checkout::Moment;
use crate::store::{self, Store};

const BEGINNING: &str = "kvitt_";
const PREFIX_LENGTH: usize = 8;
const SECRET_BYTES: usize = 32;
/// So exact is the time of a key's last use: a write for each request would be too much for what it tells.
const USE_IS_NOTED_MS: i64 = 60 * 1000;

/// A key, whole.
#[derive(Debug)]
pub struct Key {
    prefix: String,
    secret: SecretString,
}

impl Key {
    /// A new one.
    pub fn new() -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let (mut prefix, mut secret) = ([0; PREFIX_LENGTH], [0; SECRET_BYTES]);
        rand::rng().fill_bytes(&mut prefix);
        rand::rng().fill_bytes(&mut secret);
        let prefix = prefix.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        Self { prefix, secret: URL_SAFE_NO_PAD.encode(secret).into() }
    }

    /// What somebody says is one; `None` when it does not look like it.
    pub fn read(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(BEGINNING)?.split_once('_')?;
        let is_one = prefix.len() == PREFIX_LENGTH && URL_SAFE_NO_PAD.decode(secret).ok()?.len() == SECRET_BYTES;
        is_one.then(|| Self { prefix: prefix.to_owned(), secret: secret.into() })
    }

    /// What it begins with, and is called by. No secret.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// All of it, to be shown once.
    pub fn expose(&self) -> String {
        format!("{BEGINNING}{}_{}", self.prefix, self.secret.expose_secret())
    }

    /// Writes a new key down, under a name for people, for one sales unit or for all.
    ///
    /// # Errors
    /// When the store says no.
    pub async fn add(&self, store: &Store, name: &str, sales_unit: Option<&str>) -> Result<(), store::Error> {
        store.add_shop_key(&self.prefix, name, sales_unit, &self.hash(), clock::now()).await
    }

    /// Whose it is, if it is one of ours and has not been revoked.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn recognize(&self, store: &Store) -> Result<Option<ShopKey>, store::Error> {
        let Some(stored) = store.shop_key(&self.prefix).await? else { return Ok(None) };
        let matches: bool = self.hash().as_bytes().ct_eq(stored.secret_hash.as_bytes()).into();
        if !matches || stored.revoked_at.is_some() {
            return Ok(None);
        }
        let now = clock::now();
        if stored.used_at.is_none_or(|Moment(used_at)| now.0 - used_at >= USE_IS_NOTED_MS) {
            store.touch_shop_key(&self.prefix, now).await?;
        }
        Ok(Some(ShopKey { prefix: stored.prefix, sales_unit: stored.sales_unit }))
    }

    fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.secret.expose_secret()))
    }
}

impl Default for Key {
    fn default() -> Self {
        Self::new()
    }
}

/// A machine of the shop's that has shown its key, or somebody at its order desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopKey {
    /// What the key begins with; `desk` for a session that was opened without one.
    pub prefix: String,
    /// The one sales unit that it may know of; none where it may know of all.
    pub sales_unit: Option<String>,
}

impl ShopKey {
    /// Whether it may know what belongs to that sales unit.
    pub fn knows(&self, sales_unit: &str) -> bool {
        self.sales_unit.as_deref().is_none_or(|own| own == sales_unit)
    }
}

impl fmt::Display for ShopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_what_it_was_written_from_and_prints_without_its_secret() {
        let key = Key::new();
        let text = key.expose();
        let same = Key::read(&text).unwrap();
        assert_eq!((same.prefix(), same.hash()), (key.prefix(), key.hash()));
        assert_ne!(key.hash(), Key::new().hash());
        assert!(!format!("{key:?}").contains(key.secret.expose_secret()));
        let none = ["", "kvitt_", "kvitt_abcdefgh", "kvitt_abcdefgh_short", &text[1..], &text[..text.len() - 1]];
        assert!(none.iter().all(|text| Key::read(text).is_none()));
    }
}
