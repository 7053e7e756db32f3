//! `proxy/deploy` is correct: its options and commands exist, and its containers are as its README promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_norway::Value;

use crate::shop::Shop;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../proxy/deploy").join(name)).unwrap()
}

/// Every option of the documented defaults, required and commented-out ones too.
fn options() -> BTreeSet<String> {
    let mut section = String::new();
    let mut options = BTreeSet::new();
    for line in kvitt::config::DEFAULTS.lines() {
        let line = line.trim_start_matches("# ");
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_matches(['[', ']']));
        } else if let Some((name, _)) = line.split_once(" = ").filter(|(name, _)| !name.contains(' ')) {
            options.insert(format!("{section}{name}"));
        }
    }
    options
}

#[test]
fn every_variable_in_the_files_is_an_option() {
    let options = options();
    assert!(options.contains("sales_unit.client_secret") && options.contains("listen"), "{options:?}");
    for name in ["kvitt.service", "compose.yaml", "Dockerfile"] {
        let text = file(name);
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        let variables: BTreeSet<_> = words.filter(|word| word.starts_with("KVITT_") && *word != "KVITT_HOST").collect();
        assert!(!variables.is_empty(), "{name}");
        for variable in variables {
            let path = variable.trim_start_matches("KVITT_").trim_end_matches("_FILE").to_ascii_lowercase();
            let path = path.replace("sales_unit__no__", "sales_unit.").replace("__", ".");
            assert!(options.contains(&path), "{name}: {variable} is no option");
        }
    }
}

#[test]
fn containers_are_read_only_and_drop_privileges() {
    let compose: Value = serde_norway::from_str(&file("compose.yaml")).unwrap();
    let services = compose["services"].as_mapping().unwrap();
    assert!(services.len() >= 4);
    for (name, service) in services {
        assert_eq!(service["read_only"], Value::Bool(true), "{name:?}");
        assert_eq!(service["cap_drop"][0], "ALL", "{name:?}");
        assert_eq!(service["security_opt"][0], "no-new-privileges:true", "{name:?}");
        for secret in service["secrets"].as_sequence().into_iter().flatten() {
            assert!(compose["secrets"].get(secret).is_some(), "{name:?}: {secret:?}");
        }
    }
    assert!(file("Dockerfile").contains("\nUSER 65532:65532\n"));
}

#[test]
fn secrets_are_kept_out_of_images_the_repository_and_core_dumps() {
    for name in ["../../.dockerignore", "../../.gitignore"] {
        let text = file(name);
        for hidden in ["proxy/deploy/secrets", "proxy/deploy/etc", "*.sqlite"] {
            assert!(text.lines().any(|line| line.ends_with(hidden)), "{name}: {hidden}");
        }
    }
    assert!(file("kvitt.service").contains("\nLimitCORE=0\n"));
    let compose: Value = serde_norway::from_str(&file("compose.yaml")).unwrap();
    assert_eq!(compose["x-proxy"]["ulimits"]["core"], Value::from(0));
}

#[tokio::test]
async fn the_health_check_asks_whether_the_proxy_is_ready() {
    let check = |address: &str| {
        let mut kvitt = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
        kvitt.args(["healthcheck", "--address", address]);
        // On a thread that the shop's proxy does not need.
        tokio::task::spawn_blocking(move || kvitt.output().unwrap().status.code())
    };
    let shop = Shop::open().await;
    let address = shop.url.trim_start_matches("http://").to_owned();
    assert_eq!(check(&address).await.unwrap(), Some(0));
    shop.close().await;
    assert_eq!(check(&address).await.unwrap(), Some(1), "the proxy has stopped");
}
