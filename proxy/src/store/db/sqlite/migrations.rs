//! Migrations of the file. Their history is the table of sqlx, as in the files of every release.

use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior, params};
use sqlx::migrate::{MigrateError, Migrator};

use crate::store::Error;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations ( \
     version BIGINT PRIMARY KEY, \
     description TEXT NOT NULL, \
     installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
     success BOOLEAN NOT NULL, \
     checksum BLOB NOT NULL, \
     execution_time BIGINT NOT NULL)";

/// The number of the last migration of this release.
pub(super) fn newest() -> i64 {
    crate::store::newest(&MIGRATIONS)
}

/// Applies the migrations that the file does not have, each in a transaction of its own.
pub(super) fn run(connection: &mut Connection) -> Result<(), Error> {
    connection.execute(HISTORY, [])?;
    let applied: Vec<(i64, Vec<u8>)> = connection
        .prepare("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")?
        .query_map([], |row| Ok((row.get("version")?, row.get_ref("checksum")?.as_bytes()?.to_vec())))?
        .collect::<Result<_, _>>()?;
    if let Some((found, _)) = applied.iter().find(|(version, _)| !MIGRATIONS.version_exists(*version)) {
        return Err(Error::Newer { found: *found, known: newest() });
    }
    for migration in MIGRATIONS.iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            Some((_, checksum)) if **checksum == *migration.checksum => {}
            Some(_) => return Err(Error::Migrate(MigrateError::VersionMismatch(migration.version))),
            None => {
                let failed = |reason| Error::Migration { version: migration.version, reason };
                apply(connection, migration).map_err(failed)?;
            }
        }
    }
    Ok(())
}

fn apply(connection: &mut Connection, migration: &sqlx::migrate::Migration) -> rusqlite::Result<()> {
    let begun = Instant::now();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(migration.sql.as_str())?;
    let nanoseconds = i64::try_from(begun.elapsed().as_nanos()).unwrap_or(i64::MAX);
    transaction.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (?1, ?2, TRUE, ?3, ?4)",
        params![migration.version, migration.description, migration.checksum, nanoseconds],
    )?;
    transaction.commit()
}
