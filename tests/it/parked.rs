//! An effect that fails for good is parked, listed for the operator, and retried on command.

use kvitt_vipps::CancelScope;
use kvitt_wire::State;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::shop::{Database, Order, Shop, eventually, sqlite};

async fn parked(shop: &Shop) -> Vec<serde_json::Value> {
    let listed = shop.runs(&["outbox", "list", "--parked", "--json"]).await.succeeded();
    listed.json().as_array().unwrap().clone()
}

/// An order that is paid twice, where the release of the second payment is refused. Returns the reference of that payment.
async fn a_refused_release(shop: &Shop) -> (Order<'_>, String) {
    let mut order = shop.ordered().await;
    let first = order.reference().to_owned();
    shop.fails_attempt(&order).await;
    order.retried().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let no = json!({
        "type": "https://httpstatuses.io/400", "title": "Bad request", "status": 400,
        "extraDetails": [{ "name": "ErrorCode", "reason": "6030" }],
    });
    shop.vipps.fails("POST", "/cancel", 1, json!({ "status": 400, "body": no })).await;
    shop.vipps.approves(&first).await;
    eventually("it is parked", || async { (!parked(shop).await.is_empty()).then_some(()) }).await;
    (order, first)
}

#[tokio::test]
async fn a_parked_effect_is_listed_retried_and_done() {
    let shop = Shop::open().await;
    let (order, first) = a_refused_release(&shop).await;
    let listed = parked(&shop).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["kind"], &listed[0]["reference"]), (&json!("cancel_payment"), &json!(first)));
    assert_eq!((&listed[0]["tries"], &listed[0]["sales_unit"]), (&json!(1), &json!("no")));
    assert!(listed[0]["parked_reason"].as_str().unwrap().contains("code 6030"), "{listed:?}");
    let table = shop.runs(&["outbox", "list", "--all"]).await.succeeded().out;
    assert!(table.starts_with("id ") && table.contains(&first) && table.contains("code 6030"), "{table}");
    assert!(!table.contains(&order.seen.token) && !table.contains("4791234567"), "{table}");
    assert!(!shop.runs(&["outbox", "list"]).await.succeeded().out.contains("cancel_payment"), "only waiting effects");

    let nothing = shop.runs(&["outbox", "retry", "no-such-id"]).await;
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("no effect no-such-id is parked"), "{nothing:?}");
    let id = listed[0]["id"].as_str().unwrap();
    let released = shop.runs(&["outbox", "retry", id]).await.succeeded();
    assert_eq!(released.out, format!("released {id}\n"));
    let audit = shop.runs(&["audit", "--json"]).await.succeeded().json();
    let entry = &audit["entries"][0];
    assert_eq!(
        (&entry["action"], &entry["subject"], &entry["detail"]),
        (&json!("retry_effect"), &json!(first), &json!(id))
    );
    let given_back = || async {
        let record = shop.vipps.record(&first).await;
        (record["aggregate"]["cancelledAmount"]["value"] == 58_700).then_some(())
    };
    eventually("the reservation is released", given_back).await;
    let calls = shop.vipps.calls("POST", "/cancel").await;
    assert_eq!(calls.len(), 2);
    assert_ne!(
        calls[0]["headers"]["idempotency-key"], calls[1]["headers"]["idempotency-key"],
        "a refusal is final for its key"
    );
    eventually("nothing is parked", || async { parked(&shop).await.is_empty().then_some(()) }).await;
    shop.close().await;
}

#[tokio::test]
async fn a_release_done_by_other_means_is_not_parked_again() {
    let shop = Shop::open().await;
    let (_, first) = a_refused_release(&shop).await;
    // Somebody releases it in the portal.
    shop.vipps.client.cancel(&first, "by-hand", CancelScope::Remainder).await.unwrap();
    shop.runs(&["outbox", "retry", "--all"]).await.succeeded();
    let refused = || async { (shop.vipps.calls("POST", "/cancel").await.len() == 3).then_some(()) };
    eventually("it is retried", refused).await;
    let over = || async {
        let text = shop.runs(&["outbox", "list", "--all"]).await.succeeded().out;
        (!text.contains("cancel_payment")).then_some(())
    };
    eventually("it is done", over).await;
    shop.close().await;
}

/// Changes the database behind the proxy's back.
async fn executes(shop: &Shop, sql: String) {
    if shop.files.database.starts_with("sqlite:") {
        sqlite(&shop.files.database).execute_batch(&sql).unwrap();
    } else {
        let mut connection = PgConnection::connect(&shop.files.database).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
}

/// A document's column as text, and the cast back.
fn document(column: &str) -> (String, &'static str) {
    match Database::chosen() {
        Database::Sqlite => (column.to_owned(), ""),
        Database::Postgres => (format!("{column}::text"), "::json"),
    }
}

#[tokio::test]
async fn an_outcome_that_cannot_be_stored_is_parked() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.has_delivered().await;
    shop.inbox_is_empty().await;
    let (place, cast) = document("state");
    let rewrite =
        |from: &str, to: &str| format!("UPDATE checkouts SET state = replace({place}, '\"{from}\"', '\"{to}\"'){cast}");
    executes(&shop, rewrite("attempts", "tries")).await;
    executes(&shop, "UPDATE outbox SET due_at = 0".to_owned()).await;
    eventually("it is parked", || async { (!parked(&shop).await.is_empty()).then_some(()) }).await;
    assert!(parked(&shop).await[0]["parked_reason"].as_str().unwrap().starts_with("stored document: "));

    executes(&shop, rewrite("tries", "attempts")).await;
    shop.vipps.approves(order.reference()).await;
    shop.runs(&["outbox", "retry", "--all"]).await.succeeded();
    order.becomes(State::Authorized).await;
    eventually("nothing is parked", || async { parked(&shop).await.is_empty().then_some(()) }).await;
    shop.close().await;
}

#[tokio::test]
async fn an_effect_of_another_release_is_parked() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    shop.vipps.has_delivered().await;
    shop.inbox_is_empty().await;
    let rewrite = |from: &str, to: &str| {
        let (place, cast) = document("effect");
        format!("UPDATE outbox SET due_at = 0, effect = replace({place}, '{from}', '{to}'){cast} WHERE kind = 'look'")
    };
    executes(&shop, rewrite("\"look\"", "\"glance\"")).await;
    eventually("it is parked", || async { (!parked(&shop).await.is_empty()).then_some(()) }).await;
    assert_eq!(parked(&shop).await[0]["parked_reason"], "written by another release");

    executes(&shop, rewrite("\"glance\"", "\"look\"")).await;
    let released = shop.runs(&["outbox", "retry", "--all"]).await.succeeded();
    assert_eq!(released.out.lines().count(), 1);
    let polled = || async { (!shop.vipps.calls("GET", order.reference()).await.is_empty()).then_some(()) };
    eventually("it is done", polled).await;
    shop.close().await;
}

#[tokio::test]
async fn a_command_beside_the_proxy_makes_no_database_and_migrates_none() {
    let files = crate::shop::Files::new("https://pay.shop.example", "https://api.vipps.no", "");
    let mut kvitt = std::process::Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
    let output = kvitt.args(["outbox", "list", "--config"]).arg(&files.config).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!files.folder.path().join("kvitt.sqlite").exists());
    let error = String::from_utf8_lossy(&output.stderr);
    let expected = ["unable to open database file", "`kvitt migrate` brings it up to date"];
    assert!(expected.iter().any(|words| error.contains(words)), "{error}");
}
