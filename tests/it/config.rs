//! The binary and its configuration: mistakes are listed, credentials are checked, webhooks are registered by command.

use std::process::{Command, Output};

use crate::shop::{Files, Shop};

fn kvitt(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kvitt-under-test")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Removes these options from the first sales unit.
fn first_only(config: &str, options: &[&str]) -> String {
    options
        .iter()
        .fold(config.to_owned(), |config, option| config.replacen(&format!("\n{option}"), &format!("\n# {option}"), 1))
}

#[test]
fn without_its_secrets_it_does_not_start_and_lists_every_mistake() {
    let files = Files::new("https://pay.shop.example", "https://api.vipps.no", "");
    let good = std::fs::read_to_string(&files.config).unwrap();
    let bad = first_only(&good, &["client_secret", "webhook_secret"]);
    std::fs::write(&files.config, bad.replace("market = \"NO\"", "market = \"SE\"")).unwrap();
    let config = files.config.to_str().unwrap();
    let output = kvitt(&["serve", "--config", config]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    for mistake in [
        "3 mistakes",
        "sales_unit[no].client_secret: is required",
        "sales_unit[no].webhook_secret: is required",
        "sales_unit[no].market: must be one of NO, DK, FI",
    ] {
        assert!(error.contains(mistake), "{mistake} is not in {error}");
    }
    let output = kvitt(&["check", "--config", config]);
    assert!(text(&output.stderr).contains("2 mistakes"), "webhooks are registered after the check");
    assert!(!files.folder.path().join("kvitt.sqlite").exists(), "no database was created");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_asks_vipps_mobilepay_whether_the_credentials_are_valid() {
    let shop = Shop::open().await;
    let config = shop.files.config.to_str().unwrap();
    let output = kvitt(&["check", "--config", config]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("sales unit no: the credentials are valid"));

    let good = std::fs::read_to_string(config).unwrap();
    std::fs::write(config, good.replacen("client_secret = \"", "client_secret = \"x", 1)).unwrap();
    let output = kvitt(&["check", "--config", config]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("1 of 2 sales units"), "{}", text(&output.stderr));
    assert!(kvitt(&["check", "--offline", "--config", config]).status.success());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_registered_listed_and_removed() {
    let shop = Shop::open().await;
    let config = shop.files.config.to_str().unwrap();
    let before = std::fs::read_to_string(config).unwrap();
    std::fs::write(config, before.replace("\nwebhook_secret", "\n# webhook_secret")).unwrap();
    let registered = kvitt(&["webhooks", "register", "--config", config]);
    let id = text(&registered.stdout).lines().find_map(|line| line.strip_prefix("id      ")).unwrap().to_owned();
    assert!(text(&registered.stdout).contains(&format!("{}/callbacks/vipps/no", shop.url)));
    assert!(text(&registered.stdout).contains("\nsecret  "));
    let list = || text(&kvitt(&["webhooks", "list", "--config", config]).stdout).to_owned();
    assert_eq!(list().lines().count(), 3, "the heading, the shop's own and this one: {}", list());
    assert!(kvitt(&["webhooks", "remove", &id, "--config", config]).status.success());
    assert!(!list().contains(&id));
    shop.close().await;
}

#[test]
fn the_emulator_prints_its_credentials_on_one_line() {
    let output = kvitt(&["emulator", "--print-credentials"]);
    let fields: Vec<_> = text(&output.stdout).trim_end().split(' ').collect();
    assert_eq!((fields.len(), fields[3], text(&output.stdout).lines().count()), (4, "123456", 1));
}
