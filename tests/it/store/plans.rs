//! No statement of a running proxy reads a whole table that grows: each is asked for its plan, on both databases.
//!
//! The statements are read from the code of the store, so none can be left out. Those that are put together while the proxy runs, such as
//! the list of orders, are taken from the log.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use kvitt::checkout::{CheckoutId, Moment};
use kvitt::store::Store;
use kvitt::store::audit::AuditFilter;
use kvitt::store::cursor::Cursor;
use kvitt::store::orders::{OrderCursor, OrderFilter};
use kvitt::store::queues::EffectFilter;
use kvitt_wire::State;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use uuid::Uuid;

use super::{NOW, Place, insert};
use crate::shop::{Database, sqlite};

/// The tables that grow with the orders.
const GROWING: [&str; 9] =
    ["checkouts", "attempts", "inbox", "outbox", "events", "deliveries", "idempotency_keys", "customer_names", "audit"];

/// What SQLite may scan besides lists in parameters: tables that do not grow with the orders, and what a statement has made itself.
const SMALL: [&str; 15] = [
    "endpoints",
    "e",
    "shop_keys",
    "chores",
    "desk_links",
    "desk_sessions",
    "readings",
    "reconciliations",
    "webhook_secrets",
    "marks",
    "found",
    "idle",
    "one",
    "either",
    "CONSTANT",
];

/// What may read all of an index or a table, by a part of its text, and why.
const MAY_SCAN: [(&str, &str); 10] = [
    ("WHERE customer IS NOT NULL LIMIT", "the index has only what an earlier release stored in plain text"),
    ("customer_id IS NULL AND customer_index IS NOT NULL LIMIT", "the index has only orders of an earlier release"),
    ("AS mark, count(*) AS count", "a command asks for it: `kvitt doctor`"),
    ("WHERE uncaptured > 0", "the index has only orders with open money, read page by page"),
    ("count(*) FROM (SELECT 1 FROM", "it is counted up to a limit, and kept for a while"),
    ("FROM inbox WHERE done_at IS NULL", "the index has only webhooks that are not processed"),
    ("FROM events WHERE place IS NULL", "the index has only events that nobody has read yet"),
    ("parked_reason IS NOT NULL", "the index has only parked effects, which an operator has to look at"),
    ("FROM outbox ORDER BY created_at, id LIMIT", "the first of an index, up to a limit"),
    ("FROM outbox WHERE parked_reason IS NULL ORDER BY created_at, id LIMIT", "the first of an index, up to a limit"),
];

/// A statement in the words of each database.
struct Written {
    sqlite: String,
    postgres: String,
}

/// Every statement in the code of the store that is whole.
fn statements() -> Vec<Written> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proxy/src/store");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let code = std::fs::read_to_string(&file).unwrap();
        let literals = literals(&code);
        let mut named = 0;
        for (call, count) in [("Statement::new(", 1), ("Statement::each(", 2), ("Statement::insert(", 1)] {
            for (start, _) in code.match_indices(call) {
                let texts: Vec<_> = literals.iter().skip_while(|(at, _)| *at < start).take(count).collect();
                let [(_, sqlite), .., (_, postgres)] = [texts[0], texts[texts.len() - 1]];
                named += count;
                if call != "Statement::insert(" {
                    found.push(Written { sqlite: sqlite.clone(), postgres: postgres.clone() });
                }
            }
        }
        let verbs = ["SELECT ", "UPDATE ", "DELETE ", "INSERT ", "WITH "];
        let is_sql = |text: &str| verbs.iter().any(|verb| text.starts_with(verb));
        let written = literals.iter().filter(|(_, text)| is_sql(text)).count();
        // Pieces of the list of orders and the like are no statements.
        let is_pushed = |at: usize| code[..at].trim_end().ends_with("push(");
        let is_piece = |at: usize, text: &str| text.starts_with("SELECT * FROM (") || is_pushed(at);
        let pieces = literals.iter().filter(|(at, text)| is_sql(text) && is_piece(*at, text)).count();
        assert!(written - pieces <= named, "{}: a statement is not in a Statement", file.display());
    }
    assert!(found.len() > 80, "{}", found.len());
    found
}

/// The string literals of a file, each with its place.
fn literals(code: &str) -> Vec<(usize, String)> {
    let (mut found, mut letters) = (Vec::new(), code.char_indices().peekable());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '/' if code[at..].starts_with("//") => while letters.next().is_some_and(|(_, letter)| letter != '\n') {},
            '\'' if code[at..].starts_with("'\"'") => {
                letters.next();
                letters.next();
            }
            '"' => {
                let mut text = String::new();
                while let Some((_, letter)) = letters.next_if(|(_, letter)| *letter != '"') {
                    if letter != '\\' {
                        text.push(letter);
                        continue;
                    }
                    match letters.next() {
                        Some((_, '\n')) => while letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {},
                        Some((_, escaped)) => text.push(escaped),
                        None => {}
                    }
                }
                letters.next();
                found.push((at, text));
            }
            _ => {}
        }
    }
    found
}

/// The texts of the statements that read while `work` is done.
async fn texts_of(work: impl Future<Output = ()>) -> Vec<String> {
    #[derive(Clone, Default)]
    struct Texts(Arc<Mutex<Vec<String>>>);
    impl<S: tracing::Subscriber> Layer<S> for Texts {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            event.record(&mut self.clone());
        }
    }
    impl Visit for Texts {
        fn record_str(&mut self, field: &Field, value: &str) {
            if field.name() == "statement" {
                self.0.lock().unwrap().push(value.to_owned());
            }
        }
        fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
    }
    let texts = Texts::default();
    work.with_subscriber(tracing_subscriber::registry().with(texts.clone())).await;
    texts.0.lock().unwrap().clone()
}

/// The statements that are put together while the proxy runs.
async fn composed(store: &Store) -> Vec<String> {
    let cursor = OrderCursor::decode(&OrderCursor::encode(newest(store).await)).unwrap();
    let mut filters = Vec::new();
    for states in [vec![], vec![State::Authorized], vec![State::Aborted, State::Failed]] {
        for unit in [None, Some("no".to_owned())] {
            for (to_capture, reference) in
                [(None, None), (Some(true), None), (Some(false), None), (None, Some("nordlys".to_owned()))]
            {
                for (since, after) in [(None, None), (Some(NOW), Some(cursor))] {
                    filters.push(OrderFilter {
                        states: states.clone(),
                        sales_unit: unit.clone(),
                        since,
                        until: since.map(|since| since.plus_ms(1_000)),
                        to_capture,
                        reference: reference.clone(),
                        after,
                    });
                }
            }
        }
    }
    let listed = texts_of(async {
        for filter in &filters {
            store.orders(filter, 20).await.unwrap();
        }
        for sales_unit in [None, Some("no".to_owned())] {
            let after = Some(Cursor::after(NOW, "aud_1"));
            let filter = AuditFilter { sales_unit, since: Some(NOW), until: Some(NOW), after };
            store.audit(&filter, 20).await.unwrap();
        }
        for failed in [false, true] {
            store.deliveries("ep_1", failed, None, 20).await.unwrap();
        }
        for which in [EffectFilter::All, EffectFilter::Waiting, EffectFilter::Parked] {
            store.effects(which, 20).await.unwrap();
        }
    });
    let listed: BTreeSet<_> = listed.await.into_iter().collect();
    assert!(listed.len() > 40, "{}", listed.len());
    listed.into_iter().collect()
}

async fn newest(store: &Store) -> OrderCursor {
    let page = store.orders(&OrderFilter::default(), 1).await.unwrap();
    page.next.unwrap()
}

/// Some thousand rows of every kind, so that the planner of PostgreSQL has something to choose by.
const FILL_POSTGRES: &[&str] = &[
    "INSERT INTO checkouts (id, secret, version, phase, state, created_at, updated_at, sales_unit, customer_id, customer_index, \
         customer_at, sealed_customer, unpaid_since, uncaptured, idle_until) \
     SELECT md5(n::text)::uuid, 'hush', 1, (ARRAY['authorized', 'aborted', 'open'])[n % 3 + 1], '{}', n, n, 'unit-' || n % 20, \
         'cus_' || n, 'index-' || n, n, 'sealed under key ' || n % 2, CASE WHEN n % 3 = 1 THEN n END, (n % 50 = 0)::int, \
         CASE WHEN n % 3 = 2 THEN n END FROM generate_series(1, 5000) AS n",
    "INSERT INTO attempts (reference, checkout_id) SELECT 'order-' || n, md5(n::text)::uuid FROM generate_series(1, 5000) AS n",
    "INSERT INTO outbox (id, checkout_id, sales_unit, kind, effect, due_at, created_at) \
     SELECT 'effect-' || n, md5(n::text)::uuid, 'unit', 'look', '{}', n, n FROM generate_series(1, 5000) AS n",
    "INSERT INTO inbox (dedupe_key, sales_unit, reference, name, received_at, done_at) \
     SELECT 'key-' || n, 'unit', 'order-' || n, 'AUTHORIZED', n, n FROM generate_series(1, 5000) AS n",
    "INSERT INTO events (id, place, kind, payload, checkout_id, sales_unit, at) \
     SELECT 'evt_' || n, n, 'checkout.paid', '{}', md5(n::text)::uuid, 'unit-' || n % 20, n FROM generate_series(1, 5000) AS n",
    "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
     SELECT 'evt_' || n, 'ep_' || n % 100, 'checkout.paid', '{}', n, n FROM generate_series(1, 5000) AS n",
    "INSERT INTO idempotency_keys (key, fingerprint, checkout_id, created_at) \
     SELECT 'key-' || n, '', md5(n::text)::uuid, n FROM generate_series(1, 5000) AS n",
    "INSERT INTO customer_names (sales_unit, kind, name_index, customer_id) \
     SELECT 'unit', 'sub', 'index-' || n, 'cus_' || n FROM generate_series(1, 5000) AS n",
    "INSERT INTO audit (id, at, sales_unit, checkout_id, entry) \
     SELECT 'aud_' || n, n, 'unit-' || n % 20, md5(n::text)::uuid, '{}' FROM generate_series(1, 5000) AS n",
    "ANALYZE",
];

/// Whether a text is a piece that [`composed`] has whole.
fn is_piece(text: &str) -> bool {
    let begins = [
        "SELECT entry FROM audit WHERE at >= ",
        "SELECT created_at, id, state, customer_id",
        "SELECT id, kind, sales_unit",
    ];
    begins.iter().any(|begin| text.starts_with(begin)) || text.ends_with("(created_at, id) < ($2, $3)")
}

fn may_scan(text: &str) -> bool {
    MAY_SCAN.iter().any(|(part, _)| text.contains(part))
}

/// A database with some orders.
async fn filled(database: Database) -> (Place, Store) {
    let place = Place::new(database);
    let store = place.open().await;
    for nth in 1..=60 {
        insert(&store, nth).await;
    }
    assert!(store.checkout(CheckoutId(Uuid::from_u128(60))).await.unwrap().is_some());
    assert!(store.versions(&[]).await.unwrap().is_empty());
    assert!(store.customers_received_before(Moment(0), 1).await.unwrap().is_empty());
    (place, store)
}

/// Fails with all plans at once.
fn assert_none(scans: &[(String, String)]) {
    let mut text = String::new();
    for (statement, plan) in scans {
        writeln!(text, "\n{statement}\n{plan}").unwrap();
    }
    assert!(scans.is_empty(), "{} statements read a whole table:\n{text}", scans.len());
}

#[tokio::test]
async fn no_statement_reads_a_whole_table_in_sqlite() {
    let (place, store) = filled(Database::Sqlite).await;
    let whole = statements().into_iter().map(|written| written.sqlite).filter(|text| !is_piece(text));
    let texts = whole.chain(composed(&store).await);
    // Only PostgreSQL has these.
    let texts: Vec<_> = texts.filter(|text| !text.contains("pg_") && !text.contains("nextval")).collect();
    store.close().await;
    let connection = sqlite(&place.url);
    let keys = "SELECT t.name, k.\"from\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k WHERE t.type = 'table'";
    let mut keys = connection.prepare(keys).unwrap();
    let keys = keys.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let of_keys = keys.map(|key: rusqlite::Result<(String, String)>| {
        let (table, column) = key.unwrap();
        format!("DELETE FROM {table} WHERE {column} = $1")
    });
    let of_keys: Vec<_> = of_keys.collect();
    assert!(of_keys.len() >= 3, "{of_keys:?}");
    let mut scans = Vec::new();
    for text in texts.iter().chain(&of_keys) {
        let explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"));
        let mut explained = explained.unwrap_or_else(|error| panic!("{text}: {error}"));
        let lines = explained.raw_query().mapped(|row| row.get::<_, String>("detail"));
        let plan: Vec<_> = lines.map(Result::unwrap).collect();
        let scan = |line: &String| {
            // The rows of a list come in the order of an index and end with the page.
            let in_order = line.contains(" USING INDEX ") && text.ends_with(|last: char| last.is_ascii_digit());
            let table = line.strip_prefix("SCAN ").map(|rest| rest.split(' ').next().unwrap_or_default());
            table.is_some_and(|table| !SMALL.contains(&table) && !line.contains("VIRTUAL TABLE") && !in_order)
        };
        let sorts = |line: &String| line == "USE TEMP B-TREE FOR ORDER BY";
        let lists = text.starts_with("SELECT created_at, id, state, customer_id")
            && !text.contains("UNION")
            && !text.contains("reference");
        if !may_scan(text) && (plan.iter().any(scan) || (lists && plan.iter().any(sorts))) {
            scans.push((text.clone(), plan.join("\n")));
        }
    }
    assert_none(&scans);
}

#[tokio::test]
async fn no_statement_reads_a_whole_table_in_postgres() {
    let (place, store) = filled(Database::Postgres).await;
    let whole = statements().into_iter().map(|written| written.postgres).filter(|text| !is_piece(text));
    let texts: Vec<_> = whole.chain(composed(&store).await).collect();
    store.close().await;
    let mut connection = PgConnection::connect(&place.url).await.unwrap();
    for fill in FILL_POSTGRES {
        sqlx::query(*fill).execute(&mut connection).await.unwrap();
    }
    // A small table is always read whole, unless that is forbidden where there is an index. The plan must serve any values.
    for setting in ["enable_seqscan = off", "plan_cache_mode = force_generic_plan"] {
        sqlx::query(AssertSqlSafe(format!("SET {setting}"))).execute(&mut connection).await.unwrap();
    }
    let keys = "SELECT format('DELETE FROM %s WHERE %I = $1', c.conrelid::regclass, a.attname) AS deletion \
                FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
                WHERE c.contype = 'f'";
    let of_keys = sqlx::query(keys).fetch_all(&mut connection).await.unwrap();
    let of_keys: Vec<String> = of_keys.iter().map(|row| row.get("deletion")).collect();
    assert!(of_keys.len() >= 3, "{of_keys:?}");
    let mut scans = Vec::new();
    for text in texts.iter().chain(&of_keys) {
        let plan = postgres_plan(&mut connection, text).await;
        if !may_scan(text) && reads_all(&plan) {
            scans.push((text.clone(), plan.join("\n")));
        }
    }
    assert_none(&scans);
}

async fn postgres_plan(connection: &mut PgConnection, text: &str) -> Vec<String> {
    let count = (1..20).take_while(|nth| text.contains(&format!("${nth}"))).count();
    // What the text alone does not tell.
    let type_of = |nth: usize| match nth {
        1..=5 if text.contains("unnest(") => "text[]",
        _ if text.contains(&format!("${nth} IS NULL")) => "text",
        _ => "unknown",
    };
    let types = (1..=count).map(type_of).collect::<Vec<_>>().join(", ");
    let types = if count == 0 { types } else { format!("({types})") };
    let values = vec!["NULL"; count].join(", ");
    let values = if count == 0 { values } else { format!("({values})") };
    let prepare = format!("PREPARE asked {types} AS {text}");
    let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await;
    prepared.unwrap_or_else(|error| panic!("{text}: {error}"));
    let explain = format!("EXPLAIN EXECUTE asked{values}");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
    sqlx::raw_sql("DEALLOCATE asked").execute(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether a plan has a scan of a growing table that no condition narrows and no limit ends.
fn reads_all(plan: &[String]) -> bool {
    let scans = plan.iter().enumerate().filter(|(_, line)| line.contains(" Scan ") && !line.contains("Bitmap Heap"));
    scans.into_iter().any(|(at, line)| {
        let growing = line.split(' ').any(|word| GROWING.contains(&word));
        let depth = |line: &str| line.len() - line.trim_start().len();
        let details = plan[at + 1..].iter().take_while(|detail| !detail.contains("->"));
        let narrowed = details.into_iter().any(|detail| detail.contains("Index Cond") || detail.contains("TID Cond"));
        let within = plan[..at].iter().rev().scan(depth(line), |least, above| {
            let outer = depth(above) < *least && above.contains("(cost");
            if outer {
                *least = depth(above);
            }
            Some(outer.then_some(above))
        });
        // A limit right above an index: the first rows in its order.
        let limited = line.contains("Index")
            && within.flatten().take_while(|above| !above.contains("Sort")).any(|above| above.contains("Limit"));
        growing && !narrowed && !limited
    })
}
