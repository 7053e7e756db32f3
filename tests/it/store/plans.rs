//! No statement about one order reads a whole table.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, SqliteConnection};

use super::Place;
use crate::shop::Database;

/// How orders are found that are deleted some time after they came to nothing.
const UNPAID: &str = "SELECT id FROM checkouts WHERE unpaid_since < 1 \
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE checkout_id = checkouts.id) ORDER BY unpaid_since LIMIT 200";

/// Columns that name an order without a foreign key.
const OTHERS: [(&str, &str); 2] = [("events", "checkout_id"), ("audit", "checkout_id")];

/// Whoever deletes a row also looks for its dependents, once by a statement and once more for the foreign key.
#[tokio::test]
async fn the_dependents_of_a_row_are_found_by_an_index_in_sqlite() {
    let place = Place::new(Database::Sqlite);
    place.open().await.close().await;
    let mut connection = SqliteConnectOptions::from_str(&place.url).unwrap().connect().await.unwrap();
    let keys = "SELECT t.name AS tab, k.\"from\" AS col FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k \
                WHERE t.type = 'table'";
    for (table, column) in pairs(sqlx::query(keys).fetch_all(&mut connection).await.unwrap()) {
        for place in ["= 1", "IN (SELECT id FROM checkouts WHERE idle_until < 1 ORDER BY idle_until, id LIMIT 500)"] {
            let plan = sqlite_plan(&mut connection, &format!("DELETE FROM {table} WHERE {column} {place}")).await;
            assert!(!plan.contains("SCAN"), "{table}.{column} {place}: {plan}");
        }
    }
    let plan = sqlite_plan(&mut connection, UNPAID).await;
    assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    connection.close().await.unwrap();
}

#[tokio::test]
async fn the_dependents_of_a_row_are_found_by_an_index_in_postgres() {
    let place = Place::new(Database::Postgres);
    place.open().await.close().await;
    let mut connection = PgConnectOptions::from_str(&place.url).unwrap().connect().await.unwrap();
    // An empty table is always read whole, unless that is forbidden where there is an index.
    sqlx::query("SET enable_seqscan = off").execute(&mut connection).await.unwrap();
    let keys = "SELECT c.conrelid::regclass::text AS tab, a.attname::text AS col FROM pg_constraint AS c \
                JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'";
    for (table, column) in pairs(sqlx::query(keys).fetch_all(&mut connection).await.unwrap()) {
        for place in ["= $id", "= ANY (ARRAY[$id])"] {
            let place = place.replace("$id", "'00000000-0000-0000-0000-000000000000'::uuid");
            let plan = postgres_plan(&mut connection, &format!("DELETE FROM {table} WHERE {column} {place}")).await;
            assert!(!plan.contains("Seq Scan"), "{table}.{column} {place}: {plan}");
        }
    }
    sqlx::query("SET enable_bitmapscan = off").execute(&mut connection).await.unwrap();
    sqlx::query("SET enable_sort = off").execute(&mut connection).await.unwrap();
    let plan = postgres_plan(&mut connection, &format!("{UNPAID} FOR UPDATE SKIP LOCKED")).await;
    assert!(plan.contains("Index Scan using checkouts_unpaid"), "{plan}");
    connection.close().await.unwrap();
}

/// The tables and columns in rows of the catalogue, and the others.
fn pairs<R: Row>(rows: Vec<R>) -> Vec<(String, String)>
where
    for<'r> String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> &'r str: sqlx::ColumnIndex<R>,
{
    let keys: Vec<_> = rows.iter().map(|row| (row.get("tab"), row.get("col"))).collect();
    assert!(keys.contains(&("attempts".to_owned(), "checkout_id".to_owned())), "{keys:?}");
    keys.into_iter().chain(OTHERS.map(|(table, column)| (table.to_owned(), column.to_owned()))).collect()
}

async fn sqlite_plan(connection: &mut SqliteConnection, statement: &str) -> String {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<&str, _>("detail")).collect::<Vec<_>>().join("; ")
}

async fn postgres_plan(connection: &mut PgConnection, statement: &str) -> String {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN {statement}"))).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<&str, _>(0)).collect::<Vec<_>>().join("\n")
}
