//! The health of the database itself, for the operator: its size, the free disk space, and the encryption keys in use.

use std::path::Path;

use super::db::{Db, Statement};
use super::{Error, Store};

impl Store {
    /// The free space on the disk of the database, in bytes; `None` on PostgreSQL, or where it cannot be determined.
    pub fn free_bytes(&self) -> Option<u64> {
        let Db::Sqlite(file) = &self.db else { return None };
        let folder = file.path().parent().filter(|folder| *folder != Path::new(""));
        let disk = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Its size in bytes: the file and its write-ahead log, or the whole PostgreSQL database.
    ///
    /// # Errors
    /// On a database or file error.
    pub async fn size_bytes(&self) -> Result<u64, Error> {
        if let Db::Sqlite(file) = &self.db {
            let mut log = file.path().as_os_str().to_owned();
            log.push("-wal");
            let size = std::fs::metadata(file.path())?.len();
            // The log does not exist when everything is in the file.
            return Ok(size + std::fs::metadata(log).map_or(0, |log| log.len()));
        }
        let query = Statement::new("SELECT pg_database_size(current_database()) AS bytes");
        let size = self.db.one(query, |row| row.get::<i64>("bytes")).await?;
        Ok(size.unwrap_or_default().unsigned_abs())
    }

    /// The prefixes of all ciphertexts, which identify the encryption key, and how many there are of each.
    ///
    /// # Errors
    /// On a database error.
    pub async fn key_marks(&self) -> Result<Vec<(String, i64)>, Error> {
        self.db.all(MARKS, |row| Ok((row.get("mark")?, row.get("count")?))).await
    }
}

/// Counts all ciphertexts by the prefix that identifies their key.
const MARKS: Statement = Statement::new(
    "SELECT substr(sealed, 1, 12) AS mark, count(*) AS count FROM (\
         SELECT sealed_customer AS sealed FROM checkouts WHERE sealed_customer IS NOT NULL \
         UNION ALL SELECT secret FROM webhook_secrets \
         UNION ALL SELECT secret FROM endpoints \
         UNION ALL SELECT previous_secret FROM endpoints WHERE previous_secret IS NOT NULL) AS texts \
     GROUP BY 1 ORDER BY 1",
);
