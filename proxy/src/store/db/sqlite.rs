//! The embedded database: one SQLite file in WAL mode, for one proxy. `synchronous=FULL`, since a 200 to a webhook promises that it is
//! stored.
//!
//! SQLite allows one writer at a time, so all writes use one connection, on a [thread](writer) of its own. A row that an index finds is
//! read by the task that asks for it: that takes less time than to ask another thread. Longer reads have threads of their own.

mod lock;
mod migrations;
mod readers;
mod writer;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, OpenFlags};

use super::statement::{Statement, Value};
use super::{Row, Tx, WorkFuture};
use crate::store::Error;
use lock::FileLock;
use readers::Readers;
use writer::Writer;

/// How long a write waits while another process, such as a backup, locks the file. Vipps MobilePay waits ten seconds for the answer to a
/// webhook, and its write may have to wait for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// The same for a command beside a running proxy. It may wait longer, since no customer waits for it.
const COMMAND_BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// How many statements a connection keeps prepared: more than there are.
const PREPARED: usize = 256;

/// The file, with one connection for writes and some for reads.
#[derive(Clone, Debug)]
pub(in crate::store) struct Sqlite {
    file: Arc<File>,
    writer: Writer,
    readers: Arc<Readers>,
    lock: FileLock,
}

/// Where the file is, and how it is opened.
#[derive(Debug)]
struct File {
    path: PathBuf,
    busy_timeout: Duration,
}

impl Sqlite {
    /// Opens the file of a URL as its owner, and migrates it. What its last owner had claimed is free again.
    pub(in crate::store) fn open(url: &str) -> Result<Self, Error> {
        let path = path(url);
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder)?;
        }
        // It will contain personal data. SQLite gives its other files the same mode.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        // Before anything else: another proxy, perhaps of an earlier release, may be running on this file.
        let lock = FileLock::of(&path);
        lock.acquire()?;
        let file = File { path, busy_timeout: BUSY_TIMEOUT };
        let mut connection = file.for_writes()?;
        migrations::run(&mut connection)?;
        // Whoever had claimed rows has ended. What is claimed was due; a lease that a wrong clock gave counts for nothing anyway.
        for released in [
            "UPDATE outbox SET lease_until = 0 \
             WHERE parked_reason IS NULL AND due_at <= unixepoch('subsec') * 1000 AND lease_until > 0",
            "UPDATE inbox SET lease_until = 0 WHERE done_at IS NULL AND lease_until > 0",
        ] {
            connection.execute(released, [])?;
        }
        Self::on(file, connection, lock)
    }

    /// Opens an existing file beside its owner.
    pub(in crate::store) fn attach(url: &str) -> Result<Self, Error> {
        let file = File { path: path(url), busy_timeout: COMMAND_BUSY_TIMEOUT };
        let (connection, lock) = (file.for_writes()?, FileLock::of(&file.path));
        Self::on(file, connection, lock)
    }

    fn on(file: File, connection: Connection, lock: FileLock) -> Result<Self, Error> {
        let file = Arc::new(file);
        let readers = Arc::new(Readers::open(file.clone())?);
        Ok(Self { writer: Writer::start(file.clone(), connection)?, readers, file, lock })
    }

    /// The number of the last migration of this release.
    pub(in crate::store) fn newest() -> i64 {
        migrations::newest()
    }

    /// The file's path.
    pub(in crate::store) fn path(&self) -> &Path {
        &self.file.path
    }

    pub(super) fn one<T>(
        &self,
        statement: &Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.readers.with(|connection| one(connection, statement, read))
    }

    pub(super) async fn all<T: Send + 'static>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        self.readers.aside(move |connection| all(connection, &statement, read)).await
    }

    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: for<'c, 't> FnOnce(&'c mut Tx<'t>) -> WorkFuture<'c, T> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Rewrites the file, so that nothing is left in it of what was deleted or overwritten.
    pub(in crate::store) async fn wipe(&self) -> Result<(), Error> {
        self.writer.wipe().await
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
        self.readers.close();
        self.lock.release();
    }
}

/// The path in a URL: `sqlite:` and the path, which may be percent-encoded.
fn path(url: &str) -> PathBuf {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    PathBuf::from(percent_decode_str(path).decode_utf8_lossy().as_ref())
}

impl File {
    fn for_writes(&self) -> Result<Connection, Error> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        // Deleted data is overwritten in the file.
        connection.pragma_update(None, "secure_delete", true)?;
        // What a savepoint may have to restore is kept in memory. In a file it would take more calls than the commit itself.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // What is written here as JSON was serialized here; the checks are for whoever else writes to the file.
        connection.pragma_update(None, "ignore_check_constraints", true)?;
        // In KiB. What a batch writes fits.
        connection.pragma_update(None, "cache_size", -4 * 1024)?;
        // A checkpoint writes each page once, however often it was committed since the last one. 16 MiB.
        connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
        Ok(connection)
    }

    fn for_reads(&self) -> Result<Connection, Error> {
        self.open(OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn open(&self, mode: OpenFlags) -> Result<Connection, Error> {
        // Each connection is used by one thread at a time.
        let connection = Connection::open_with_flags(&self.path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        // A plan does not depend on the values, so that a statement is not prepared again for other ones.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    }
}

/// Executes a statement. How many rows it has changed.
pub(super) fn execute(connection: &Connection, statement: &Statement) -> Result<u64, Error> {
    Ok(prepare(connection, statement)?.raw_execute()? as u64)
}

/// The first row, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    statement: &Statement,
    read: impl Fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut prepared = prepare(connection, statement)?;
    let mut rows = prepared.raw_query();
    rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
}

/// All rows.
pub(super) fn all<T>(
    connection: &Connection,
    statement: &Statement,
    read: impl Fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut prepared = prepare(connection, statement)?;
    let (mut rows, mut found) = (prepared.raw_query(), Vec::new());
    while let Some(row) = rows.next()? {
        found.push(read(&Row::Sqlite(row))?);
    }
    Ok(found)
}

/// A statement, prepared once for each connection, with its values.
fn prepare<'c>(connection: &'c Connection, statement: &Statement) -> Result<CachedStatement<'c>, Error> {
    let mut prepared = connection.prepare_cached(&statement.sqlite)?;
    for index in 1..=prepared.parameter_count() {
        // SQLite numbers `$3` by its first appearance.
        let number = prepared.parameter_name(index).and_then(|name| name[1..].parse().ok()).unwrap_or(index);
        match &statement.values[number - 1] {
            Value::Bool(value) => prepared.raw_bind_parameter(index, value)?,
            Value::Int(value) => prepared.raw_bind_parameter(index, value)?,
            Value::Text(value) | Value::Json(value) => prepared.raw_bind_parameter(index, value.as_deref())?,
            Value::Id(value) => prepared.raw_bind_parameter(index, value.map(|id| id.to_string()))?,
            Value::Texts(values) => prepared.raw_bind_parameter(index, serde_json::to_string(values)?)?,
            Value::Ints(values) => prepared.raw_bind_parameter(index, serde_json::to_string(values)?)?,
            Value::Ids(values) => {
                let values: Vec<_> = values.iter().map(|id| id.to_string()).collect();
                prepared.raw_bind_parameter(index, serde_json::to_string(&values)?)?;
            }
        }
    }
    Ok(prepared)
}
