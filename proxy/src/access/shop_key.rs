//! API keys of the shop's backend: `kvitt_<prefix>_<secret>`, shown once, when they are made.
//!
//! The prefix identifies a key, in the store and in the log. Of the secret only a SHA-256 is stored. It is 256 random
//! bits, so a slow password hash would add nothing and cost every request.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvitt_wire::{Actor, Role, Via};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base::clock;
use crate::checkout::Moment;
use crate::checkout::audit::{Action, Entry};
use crate::store::{self, Store, StoredKey};

const MARKER: &str = "kvitt_";
const PREFIX_LENGTH: usize = 8;
const SECRET_BYTES: usize = 32;
/// How precisely the last use of a key is stored, in milliseconds: a write for each request would cost too much.
const USED_AT_PRECISION_MS: i64 = 60 * 1000;

/// A key with its secret.
#[derive(Debug)]
pub struct Key {
    prefix: String,
    secret: SecretString,
}

impl Key {
    /// A random key.
    pub fn new() -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let (mut prefix, mut secret) = ([0; PREFIX_LENGTH], [0; SECRET_BYTES]);
        rand::rng().fill_bytes(&mut prefix);
        rand::rng().fill_bytes(&mut secret);
        let prefix = prefix.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        Self { prefix, secret: URL_SAFE_NO_PAD.encode(secret).into() }
    }

    /// Parses a key; `None` when it has another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(MARKER)?.split_once('_')?;
        let is_one = prefix.len() == PREFIX_LENGTH && URL_SAFE_NO_PAD.decode(secret).ok()?.len() == SECRET_BYTES;
        is_one.then(|| Self { prefix: prefix.to_owned(), secret: secret.into() })
    }

    /// Its prefix, which is no secret.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The whole key, to be shown once.
    pub fn expose(&self) -> String {
        format!("{MARKER}{}_{}", self.prefix, self.secret.expose_secret())
    }

    /// Stores a new key, with a name for people and what it may do, for one sales unit or for all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add(
        &self,
        store: &Store,
        name: &str,
        role: Role,
        sales_unit: Option<&str>,
        by: &Actor,
    ) -> Result<(), store::Error> {
        let now = clock::now();
        let key = StoredKey {
            prefix: self.prefix.clone(),
            name: name.to_owned(),
            role,
            sales_unit: sales_unit.map(str::to_owned),
            secret_hash: self.hash(),
            created_at: now,
            used_at: None,
            revoked_at: None,
        };
        let entry = Entry::new(Action::AddKey, by, now).at_unit(sales_unit).about(&self.prefix);
        let entry = entry.with_detail(format!("{name}, {}", role.as_str()));
        store.add_shop_key(&key, &entry).await
    }

    /// Authenticates the key; `None` when it is unknown or revoked.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn authenticate(&self, store: &Store) -> Result<Option<ShopKey>, store::Error> {
        let Some(stored) = store.shop_key(&self.prefix).await? else { return Ok(None) };
        let matches: bool = self.hash().as_bytes().ct_eq(stored.secret_hash.as_bytes()).into();
        if !matches || stored.revoked_at.is_some() {
            return Ok(None);
        }
        let now = clock::now();
        if stored.used_at.is_none_or(|Moment(used_at)| now.0 - used_at >= USED_AT_PRECISION_MS) {
            store.touch_shop_key(&self.prefix, now).await?;
        }
        let StoredKey { prefix, name, role, sales_unit, .. } = stored;
        let by = Actor { name, via: Via::Key, key: Some(prefix.clone()) };
        Ok(Some(ShopKey { prefix, by, role, sales_unit }))
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

/// An authenticated caller: a machine of the shop, or a user of the order desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopKey {
    /// The prefix of the key; `desk` for a session that was opened with a link.
    pub prefix: String,
    /// Who it is, by the name of the key or of the link.
    pub by: Actor,
    /// What it may do.
    pub role: Role,
    /// The one sales unit that it may access; `None` for all.
    pub sales_unit: Option<String>,
}

impl ShopKey {
    /// Whether it may access a sales unit.
    pub fn may_access(&self, sales_unit: &str) -> bool {
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
    fn a_key_parses_back_and_prints_without_its_secret() {
        let key = Key::new();
        let text = key.expose();
        let same = Key::parse(&text).unwrap();
        assert_eq!((same.prefix(), same.hash()), (key.prefix(), key.hash()));
        assert_ne!(key.hash(), Key::new().hash());
        assert!(!format!("{key:?}").contains(key.secret.expose_secret()));
        let none = ["", "kvitt_", "kvitt_abcdefgh", "kvitt_abcdefgh_short", &text[1..], &text[..text.len() - 1]];
        assert!(none.iter().all(|text| Key::parse(text).is_none()));
    }
}
