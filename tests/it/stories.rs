//! Stories are played on the emulator: each has its outcome, and the records agree.

use std::process::{Command, Output};

use kvitt::commands::stories::Story;
use serde_json::{Value, json};

use crate::shop::Shop;

async fn trigger(shop: &Shop, key: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
    command.arg("trigger").args(arguments).env("KVITT_URL", &shop.url).env("KVITT_KEY", key);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_story_plays_as_written() {
    let shop = Shop::open_with("polling.first_ms = 200").await;
    let key = shop.key("stories").await;
    let names = Story::names();
    // One after the other, because a fault hits the next call.
    for name in &names {
        let output = trigger(&shop, &key, &[name, "--json"]).await;
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{name}: {out}{}", String::from_utf8_lossy(&output.stderr));
        let steps: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(steps.len(), Story::named(name).unwrap().steps.len(), "{name}");
    }
    let mut open: Vec<_> = shop.vipps.records().await.iter().map(|record| record["state"].clone()).collect();
    open.retain(|state| state == "CREATED");
    assert_eq!(open, Vec::<Value>::new(), "each story has ended at Vipps MobilePay too");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_story_fails_at_the_first_unmet_step() {
    let shop = Shop::open().await;
    let key = shop.key("stories").await;
    let file = shop.files.folder.path().join("mine.toml");
    let mine = r#"
        about = "Mine."
        steps = [{ order = { items = "mug:1" } }, { state = "authorized" }, { customer = "approve" }]
    "#;
    std::fs::write(&file, mine).unwrap();
    let path = file.to_str().unwrap();
    let output = trigger(&shop, &key, &[path, "--wait", "1", "--json"]).await;
    let out = String::from_utf8(output.stdout).unwrap();
    let steps: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert_eq!(steps.iter().map(|step| step["ok"].clone()).collect::<Vec<_>>(), [json!(true), json!(false)]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("step 2 failed"));

    std::fs::write(&file, mine.replace("steps", "stepz")).unwrap();
    let output = trigger(&shop, &key, &[path]).await;
    assert!(String::from_utf8(output.stderr).unwrap().contains("stepz"));
    let output = trigger(&shop, &key, &["nobody-wrote-it"]).await;
    assert_eq!(output.status.code(), Some(1));
    let listed = trigger(&shop, &key, &["--list", "--json"]).await;
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), Story::names().len());
    shop.close().await;
}
