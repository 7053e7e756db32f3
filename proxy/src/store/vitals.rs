//! The health of the database itself, for the operator: its size, the free disk space, and the encryption keys in use.

use super::{Error, Store};

impl Store {
    /// The free space on the disk of the database, in bytes; `None` on PostgreSQL, or where it cannot be determined.
    pub fn free_bytes(&self) -> Option<u64> {
        match self {
            Self::Sqlite(store) => store.free_bytes(),
            Self::Postgres(_) => None,
        }
    }
}

verbs! {
    /// Its size in bytes: the file and its write-ahead log, or the whole PostgreSQL database.
    ///
    /// # Errors
    /// On a database or file error.
    fn size_bytes() -> Result<u64, Error>;

    /// The prefixes of all ciphertexts, which identify the encryption key, and how many there are of each.
    ///
    /// # Errors
    /// On a database error.
    fn key_marks() -> Result<Vec<(String, i64)>, Error>;
}

/// Counts all ciphertexts by the prefix that identifies their key.
pub(super) const MARKS: &str = "SELECT substr(sealed, 1, 12) AS mark, count(*) AS count FROM (\
         SELECT sealed_customer AS sealed FROM checkouts WHERE sealed_customer IS NOT NULL \
         UNION ALL SELECT secret FROM webhook_secrets \
         UNION ALL SELECT secret FROM endpoints \
         UNION ALL SELECT previous_secret FROM endpoints WHERE previous_secret IS NOT NULL) AS texts \
     GROUP BY 1 ORDER BY 1";
