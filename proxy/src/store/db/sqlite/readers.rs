//! Connections for reads. A reader never waits for the writer: in WAL mode it sees the last commit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::File;
use crate::store::Error;

/// How many long reads there are at once; further ones wait.
const ASIDE: usize = 4;
/// How many connections are kept: one for each thread that reads in place, and those of the long reads.
const KEPT: usize = 16;

#[derive(Debug)]
pub(super) struct Readers {
    file: Arc<File>,
    /// Connections that nobody uses; `None` once the file is closed.
    idle: Mutex<Option<Vec<Connection>>>,
    aside: Semaphore,
}

impl Readers {
    pub(super) fn open(file: Arc<File>) -> Result<Self, Error> {
        let first = file.for_reads()?;
        Ok(Self { file, idle: Mutex::new(Some(vec![first])), aside: Semaphore::new(ASIDE) })
    }

    /// Reads in place, on this thread.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle().as_mut().ok_or(Error::Closed)?.pop();
        let connection = idle.map_or_else(|| self.file.for_reads(), Ok)?;
        let read = read(&connection)?;
        // One that has failed is not used again.
        if let Some(idle) = self.idle().as_mut().filter(|idle| idle.len() < KEPT) {
            idle.push(connection);
        }
        Ok(read)
    }

    /// Reads on a thread of its own.
    pub(super) async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _slot = self.aside.acquire().await.expect("the semaphore is never closed");
        let readers = self.clone();
        tokio::task::spawn_blocking(move || readers.with(read)).await.unwrap_or_else(|error| {
            match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Closed),
            }
        })
    }

    /// Closes the connections. One in use is closed by its reader.
    pub(super) fn close(&self) {
        self.idle().take();
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
