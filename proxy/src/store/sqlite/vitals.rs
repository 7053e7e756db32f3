//! The file itself: its size, its keys, and the room on its disk.

use std::path::Path;

use sqlx::Row;

use super::Sqlite;
use crate::store::Error;
use crate::store::vitals::MARKS;

impl Sqlite {
    pub(in crate::store) fn free_bytes(&self) -> Option<u64> {
        let options = self.readers.connect_options();
        let folder = options.get_filename().parent().filter(|folder| *folder != Path::new(""));
        let disk = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    pub(in crate::store) async fn size_bytes(&self) -> Result<u64, Error> {
        let options = self.readers.connect_options();
        let mut log = options.get_filename().as_os_str().to_owned();
        log.push("-wal");
        let file = std::fs::metadata(options.get_filename())?.len();
        // The log does not exist when everything is in the file.
        Ok(file + std::fs::metadata(log).map_or(0, |log| log.len()))
    }

    pub(in crate::store) async fn key_marks(&self) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query(MARKS).fetch_all(&self.readers).await?;
        rows.into_iter().map(|row| Ok((row.try_get("mark")?, row.try_get("count")?))).collect()
    }
}
