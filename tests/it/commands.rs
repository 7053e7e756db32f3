//! Commands about orders, run by an operator or a script beside a running proxy. The records of Vipps MobilePay decide.

mod people;

use std::process::Command;

use kvitt_wire::State;
use serde_json::{Value, json};

use crate::shop::{Order, Shop};

async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    order
}

/// The captured, cancelled and refunded amounts, by the records of Vipps MobilePay.
async fn recorded(shop: &Shop, reference: &str) -> (i64, i64, i64) {
    let record = shop.vipps.record(reference).await;
    let field = |name: &str| record["aggregate"][name]["value"].as_i64().unwrap();
    (field("capturedAmount"), field("cancelledAmount"), field("refundedAmount"))
}

/// Runs the command without a configuration.
fn kvitt(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_kvitt-under-test")).args(arguments).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_found_captured_in_part_refunded_and_the_rest_released() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    let reference = order.reference();

    let listed = shop.runs(&["orders", "list", "--to-capture", "--json"]).await.succeeded().json();
    assert_eq!(listed["orders"][0]["reference"], json!(reference));
    assert_eq!(listed["orders"].as_array().unwrap().len(), 1);
    let table = shop.runs(&["orders", "list", "--state", "authorized", "--sales-unit", "no"]).await.succeeded().out;
    assert!(table.contains(reference) && table.contains("587.00 NOK"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours without a terminal");
    let none = shop.runs(&["orders", "list", "--until", "2020-01-01T00:00:00Z", "--json"]).await.succeeded().json();
    assert_eq!(none, json!({ "orders": [] }));

    let captured = ["orders", "capture", reference, "--amount", "249.00", "--line", "mug=1"];
    let captured = shop.runs(&captured).await.succeeded();
    assert_eq!(captured.out, "capture 249.00 NOK: done\n");
    assert!(captured.err.starts_with("idempotency key: "), "{captured:?}");
    assert_eq!(recorded(&shop, reference).await, (24_900, 0, 0));
    let refunded = ["orders", "refund", reference, "--amount", "9.00", "--idempotency-key", "r-1", "--json"];
    let refunded = shop.runs(&refunded).await.succeeded();
    assert_eq!(refunded.json()["aggregate"]["refunded"], json!(900));
    shop.runs(&["orders", "cancel", reference]).await.succeeded();
    assert_eq!(recorded(&shop, reference).await, (24_900, 33_800, 900));

    let shown = shop.runs(&["orders", "show", reference, "--json"]).await.succeeded().json();
    let operations = shown["attempts"][0]["operations"].as_array().unwrap();
    let kinds: Vec<_> = operations.iter().map(|operation| operation["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["capture", "refund", "cancel"]);
    assert_eq!(operations[0]["lines"], json!([{ "sku": "mug", "quantity": 1 }]));
    let page = shop.runs(&["orders", "show", reference]).await.succeeded().out;
    assert!(page.contains("captured    249.00") && page.contains("mug=1"), "{page}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_command_runs_once_and_an_impossible_one_is_refused() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    let reference = order.reference();
    let captures = |amount| ["orders", "capture", reference, "--idempotency-key", "parcel-1", "--amount", amount];
    for _ in 0..2 {
        shop.runs(&captures("100.00")).await.succeeded();
    }
    assert_eq!(recorded(&shop, reference).await, (10_000, 0, 0));
    let ends = async |arguments: &[&str], code: i32, says: &str| {
        let ran = shop.runs(arguments).await;
        assert!(ran.code == Some(code) && ran.err.contains(says), "{ran:?}");
    };
    ends(&captures("100.01"), 1, "This Idempotency-Key was used for another request").await;
    ends(&["orders", "capture", reference, "--amount", "487.01"], 1, "The amount exceeds what is left: there is 48700")
        .await;
    ends(&["orders", "refund", "nordlys-nobody-1"], 1, "there is no order with the reference").await;
    ends(&["orders", "capture", reference, "--amount", "48700"], 2, "with both decimals").await;
    ends(&["orders", "list", "--state", "rich"], 2, "there is no such state").await;
    // The emulator's bank refuses that amount.
    ends(&["orders", "refund", reference, "--amount", "1.24"], 1, "vipps_6220: the time for refunds is over").await;
    assert_eq!(recorded(&shop, reference).await, (10_000, 0, 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_without_an_answer_yet_is_pending() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    shop.vipps.fails("POST", "/capture", 1, json!({ "delay_ms": 1_500 })).await;
    let capture = ["orders", "capture", order.reference(), "--idempotency-key", "parcel", "--wait"];
    let pending = shop.runs(&[&capture[..], &["0"]].concat()).await;
    assert!(pending.code == Some(3) && pending.out == "capture 587.00 NOK: pending\n", "{pending:?}");
    assert!(pending.err.contains("--idempotency-key parcel"), "{pending:?}");
    let done = shop.runs(&[&capture[..], &["30"]].concat()).await.succeeded();
    assert_eq!(done.out, "capture 587.00 NOK: done\n");
    assert_eq!(recorded(&shop, order.reference()).await, (58_700, 0, 0));
    shop.close().await;
}

#[tokio::test]
async fn every_list_is_printed_as_json_on_request() {
    let shop = Shop::open().await;
    shop.key("warehouse").await;
    for command in
        [&["keys", "list"][..], &["webhooks", "list"], &["outbox", "list"], &["endpoints", "list"], &["orders", "due"]]
    {
        let listed = shop.runs(&[command, &["--json"]].concat()).await.succeeded().json();
        assert!(listed.is_array(), "{command:?}: {listed}");
    }
    let keys = shop.runs(&["keys", "list", "--json"]).await.json();
    let fields = keys[0].as_object().unwrap();
    assert!(keys[0]["name"] == "warehouse" && !fields.contains_key("secret_hash"), "{keys}");
    shop.close().await;
}

#[test]
fn colours_completions_manual_and_exit_codes_are_there() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = text(kvitt(&["completions", shell]).stdout);
        assert!(script.contains("reconcile") && script.contains("capture"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(kvitt(&["man", folder.path().to_str().unwrap()]).status.success());
    let page = std::fs::read_to_string(folder.path().join("kvitt-orders-capture.1")).unwrap();
    assert!(page.contains("idempotency"), "{page}");
    let help = text(kvitt(&["--help"]).stdout);
    let page = include_str!("../../www/docs/command-line.md");
    let (_, table) = help.split_once("Exit codes:\n").unwrap();
    for line in table.lines() {
        let (code, means) = line.trim().split_once("  ").unwrap();
        let row = format!("| `{code}` | {means} |");
        assert!(page.contains(&row), "not on the page: {row}");
    }
    let found: Value = serde_json::from_slice(include_bytes!("../../proxy/openapi.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&kvitt(&["openapi"]).stdout).unwrap(), found);
}
