//! The room on the disk that the file is on.

use std::path::Path;

use super::Sqlite;

impl Sqlite {
    pub(in crate::store) fn free_bytes(&self) -> Option<u64> {
        let options = self.readers.connect_options();
        let folder = options.get_filename().parent().filter(|folder| *folder != Path::new(""));
        let disk = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}
