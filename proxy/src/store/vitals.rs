//! What an operator asks of the database itself: how large it is, how much room is left, which keys have sealed what is in it.

use super::{Error, Store};

impl Store {
    /// The room that is left where the database is, in bytes; none where that is the server's business, or cannot be said.
    pub fn free_bytes(&self) -> Option<u64> {
        match self {
            Self::Sqlite(store) => store.free_bytes(),
            Self::Postgres(_) => None,
        }
    }
}

verbs! {
    /// How large it is, in bytes: the file and its log, or the server's whole database.
    ///
    /// # Errors
    /// When the database does not say.
    fn size_bytes() -> Result<u64, Error>;

    /// What sealed texts begin with, by which the vault knows their key, and how many there are of each.
    ///
    /// # Errors
    /// When the database says no.
    fn marks() -> Result<Vec<(String, i64)>, Error>;
}

/// All that is sealed, whatever it is.
pub(super) const MARKS: &str = "SELECT substr(sealed, 1, 12) AS mark, count(*) AS count FROM (\
         SELECT sealed_customer AS sealed FROM checkouts WHERE sealed_customer IS NOT NULL \
         UNION ALL SELECT secret FROM webhook_secrets \
         UNION ALL SELECT secret FROM endpoints \
         UNION ALL SELECT previous_secret FROM endpoints WHERE previous_secret IS NOT NULL) AS texts \
     GROUP BY 1 ORDER BY 1";
