//! Databases of other releases: an older one is migrated, a newer one is refused.

use std::fs::File;
use std::process::{Command, Output};

use kvitt::checkout::Moment;
use kvitt::store::{Error, Store};
use kvitt_wire::State;

use crate::shop::{Database, Files, dump, execute, vault};
use crate::store::{Place, insert};

/// A SQLite file of release 0.1.0: a paid order, one whose payment is being created, and a webhook.
const EARLIER: &str = include_str!("../fixtures/sqlite-0.1.0.sql");
/// The same in PostgreSQL.
const EARLIER_POSTGRES: &str = include_str!("../fixtures/postgres-0.1.0.sql");
/// A migration of a newer release.
const NEWER_MIGRATION: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                               VALUES (9999, 'from the future', true, '', 0)";

fn kvitt(command: &str, files: &Files) -> Output {
    let mut kvitt = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
    kvitt.args([command, "--config", files.config.to_str().unwrap()]);
    kvitt.env("KVITT_LISTEN", "127.0.0.1:0").output().unwrap()
}

async fn is_migrated_once(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let checkout = insert(&store, 1).await;
    let schema = store.schema().await.unwrap();
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.schema().await.unwrap(), schema);
    assert_eq!(store.checkout(checkout.id).await.unwrap().unwrap().checkout, checkout);
    store.close().await;
}

async fn a_newer_one_is_refused(database: Database) {
    let files = Files::on(database, "https://pay.shop.example", "https://api.vipps.no", "");
    let migrated = kvitt("migrate", &files);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    assert!(String::from_utf8_lossy(&migrated.stdout).starts_with("the database has migration "));
    execute(&files.database, NEWER_MIGRATION).await;
    assert!(matches!(Store::open(&files.database, &vault()).await, Err(Error::Newer { found: 9999, known: 1.. })));
    for command in ["migrate", "serve"] {
        let refused = kvitt(command, &files);
        assert_eq!(refused.status.code(), Some(1));
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(error.contains("the database is in use by a newer release"), "{command}: {error}");
    }
}

#[tokio::test]
async fn migrating_sqlite_once_is_enough() {
    is_migrated_once(Database::Sqlite).await;
}

#[tokio::test]
async fn migrating_postgres_once_is_enough() {
    is_migrated_once(Database::Postgres).await;
}

#[tokio::test]
async fn a_newer_sqlite_is_refused() {
    a_newer_one_is_refused(Database::Sqlite).await;
}

#[tokio::test]
async fn a_newer_postgres_is_refused() {
    a_newer_one_is_refused(Database::Postgres).await;
}

/// The proxy of an earlier release is running on the file, and could not start again if its schema were migrated.
#[tokio::test]
async fn a_file_in_use_is_not_migrated() {
    let files = Files::on(Database::Sqlite, "https://pay.shop.example", "https://api.vipps.no", "");
    execute(&files.database, EARLIER).await;
    let path = files.database.strip_prefix("sqlite:").unwrap();
    let running = File::create(format!("{path}-lock")).unwrap();
    running.lock().unwrap();
    let before = dump(&files.database).await;
    for command in ["migrate", "serve"] {
        let refused = kvitt(command, &files);
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && error.contains("in use by another proxy"), "{command}: {error}");
        assert!(dump(&files.database).await == before, "{command} changed the file");
    }
    running.unlock().unwrap();
    assert!(kvitt("migrate", &files).status.success());
    assert!(dump(&files.database).await != before);
}

#[tokio::test]
async fn the_first_release_s_file_is_migrated() {
    is_migrated(Database::Sqlite, EARLIER).await;
}

#[tokio::test]
async fn the_first_release_s_postgres_is_migrated() {
    is_migrated(Database::Postgres, EARLIER_POSTGRES).await;
}

async fn is_migrated(database: Database, earlier: &'static str) {
    let place = Place::new(database);
    execute(&place.url, earlier).await;
    let store = place.open().await;
    assert!(store.schema().await.unwrap() > 1);
    assert_eq!(store.phases().await.unwrap(), [(State::Starting, 1), (State::Authorized, 1)]);
    let now = Moment(2_000_000_000_000);
    let waiting = store.claim_webhooks(10, 1_000, now).await.unwrap().remove(0);
    let paid = store.checkout_of(&waiting.reference).await.unwrap().unwrap();
    let paid = store.checkout(paid).await.unwrap().unwrap().checkout;
    assert_eq!(paid.current().aggregate.authorized, paid.order.cart.total.value);
    let reserved: Vec<_> = store.uncaptured_orders().await.unwrap().iter().map(|checkout| checkout.id).collect();
    assert_eq!(reserved, [paid.id], "the open reservation is known");
    assert!(paid.customer.unwrap().phone_number.is_some());
    let claimed = store.claim_due(10, 1_000, now).await.unwrap();
    assert!(claimed.iter().any(|claim| claim.effect.kind() == "create_payment"), "{claimed:?}");
    store.close().await;
}
