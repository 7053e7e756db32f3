//! Whose file it is. A proxy has it to itself, and says so by a lock on a file beside it, which ends with the process in whatever way
//! that ends. Commands beside a proxy take no such lock: what they do is done with it in mind.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Error;

/// The lock of one store; clones share it. Not on the database's own file: closing that anywhere would undo SQLite's locks.
#[derive(Clone, Debug)]
pub(super) struct Owner(Arc<Lock>);

#[derive(Debug)]
struct Lock {
    path: PathBuf,
    /// While the file is ours.
    held: Mutex<Option<File>>,
}

impl Owner {
    /// Of nobody yet. `database` is the database's file.
    pub(super) fn of(database: &std::path::Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-lock");
        Self(Arc::new(Lock { path: path.into(), held: Mutex::new(None) }))
    }

    /// Takes the database.
    pub(super) fn take(&self) -> Result<(), Error> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.0.path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Gives it back.
    pub(super) fn leave(&self) {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
