//! The lock that gives one proxy exclusive use of the SQLite file: an advisory lock on a file beside it, which the operating system
//! releases when the process ends. Whoever migrates the schema holds it too. Other commands take no such lock: they are safe beside a
//! running proxy.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Error;

/// The lock of one store; clones share it. It is not on the database file itself: closing that anywhere would release SQLite's own locks.
#[derive(Clone, Debug)]
pub(super) struct FileLock(Arc<Lock>);

#[derive(Debug)]
struct Lock {
    path: PathBuf,
    /// The open lock file, while this process holds the lock.
    held: Mutex<Option<File>>,
}

impl FileLock {
    /// The lock beside the file `database`, not held yet.
    pub(super) fn of(database: &std::path::Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-lock");
        Self(Arc::new(Lock { path: path.into(), held: Mutex::new(None) }))
    }

    /// Acquires the lock.
    pub(super) fn acquire(&self) -> Result<(), Error> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.0.path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Releases the lock.
    pub(super) fn release(&self) {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
