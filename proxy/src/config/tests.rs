use std::path::PathBuf;

use kvitt_wire::{Brand, Currency, Language};

use super::*;
use crate::checkout::{Moment, ReceiptBy};

const GOOD: &str = r#"
public_url = "https://pay.shop.example/"
allowed_origins = ["https://shop.example"]
catalogue = "catalogue.toml"
webhook.repair = false
encryption.key = "YSBrZXkgZm9yIHRlc3RzLCBvZiAzMiBieXRlcyA6LSk="
shop = { name = "Shop", url = "https://shop.example", terms_url = "https://shop.example/terms" }
[[sales_unit]]
name = "no"
market = "NO"
merchant_serial_number = 123456
client_id = "id"
client_secret = "hush"
subscription_key = "key"
webhook_secret = "whisper"
[[sales_unit]]
name = "dk-web"
market = "DK"
merchant_serial_number = "234567"
client_id = "id"
client_secret = "hush"
subscription_key = "key"
webhook_secret = "whisper"
"#;

struct Files {
    folder: tempfile::TempDir,
    file: PathBuf,
}

fn files(config: &str) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kvitt.toml");
    std::fs::write(&file, config).unwrap();
    std::fs::write(folder.path().join("catalogue.toml"), include_str!("../../demo.catalogue.toml")).unwrap();
    Files { folder, file }
}

fn load(config: &str, env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let files = files(config);
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&files.file), env).map_err(|mistakes| mistakes.0)
}

#[test]
fn the_defaults_alone_lack_only_what_is_marked_required() {
    let Mistakes(mistakes) = Config::load(None, []).unwrap_err();
    let names: Vec<_> = mistakes.iter().map(|mistake| mistake.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(names, ["public_url", "shop.name", "shop.url", "shop.terms_url", "sales_unit", "encryption.key"]);
    assert_eq!(DEFAULTS.matches("equired").count(), names.len() - 1 + 7 + 2 + 3 + 1, "each is marked in the defaults");
}

#[test]
fn a_good_file_is_read() {
    let config = load(GOOD, &[]).unwrap();
    assert_eq!(config.http.public_url, "https://pay.shop.example");
    assert_eq!(config.http.allowed_origins, ["https://shop.example", "https://pay.shop.example"]);
    assert_eq!(config.sales_units[0].merchant_serial_number, "123456");
    assert_eq!(config.sales_units[1].market.currency(), Currency::Dkk);
    assert_eq!(config.sales_units.find(None).unwrap().name, "no");
    assert_eq!(config.webhook.url(&config.sales_units[1]), "https://pay.shop.example/callbacks/vipps/dk-web");
    assert_eq!(config.shop.receipt, ReceiptBy::Create);
}

#[test]
fn every_mistake_is_named_at_once() {
    let bad = GOOD
        .replace("webhook_secret = \"whisper\"\n[[", "[[")
        .replace("https://shop.example/terms", "http://shop.example/terms")
        .replace("\"DK\"", "\"SE\"")
        .replace("public_url", "public_uri");
    let mistakes = load(&bad, &[("KVITT_POLLING__FIRST_MS", "soon"), ("KVITT_LIMITS__STREEMS", "1")]).unwrap_err();
    for expected in [
        "public_url: is required",
        "public_uri: there is no such option",
        "sales_unit[no].webhook_secret: is required",
        "sales_unit[dk-web].market: must be one of NO, DK, FI",
        "shop.terms_url: must be an https:// URL (http:// only on this machine)",
        "polling.first_ms: must be a whole number from 1 to 2000000000",
        "limits.streems: there is no such option",
    ] {
        assert!(mistakes.iter().any(|mistake| mistake == expected), "{expected} is not among {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), 7, "{mistakes:#?}");
}

#[test]
fn a_collector_is_a_url_and_needs_a_build_with_otlp() {
    let collector = |text| load(GOOD, &[("KVITT_TELEMETRY__OTLP_ENDPOINT", text)]);
    assert_eq!(collector("").unwrap().log.otlp_endpoint, None);
    let good = collector("http://collector:4318/");
    if cfg!(feature = "otlp") {
        assert_eq!(good.unwrap().log.otlp_endpoint.as_deref(), Some("http://collector:4318"));
        for bad in ["collector:4318", "grpc://collector", "https://user:hush@collector", "https://collector/?key=hush"]
        {
            let mistakes = collector(bad).unwrap_err();
            assert!(mistakes[0].starts_with("telemetry.otlp_endpoint: must be a URL"), "{mistakes:?}");
            assert!(!mistakes[0].contains("hush"));
        }
    } else {
        let mistakes = good.unwrap_err();
        assert!(mistakes[0].contains("built without the feature otlp"), "{mistakes:?}");
    }
}

#[test]
fn the_environment_overrides_the_file_and_reaches_entries_by_name() {
    let files = files("");
    let secret = files.folder.path().join("secret");
    std::fs::write(&secret, "from a file\n").unwrap();
    let config = load(
        GOOD,
        &[
            ("KVITT_LISTEN", "127.0.0.1:0"),
            ("KVITT_SITE__DEMO", "true"),
            ("KVITT_LIMITS__BODY_BYTES", "1000"),
            ("KVITT_ALLOWED_ORIGINS", "[\"https://other.example\"]"),
            ("KVITT_SALES_UNIT__DK_WEB__CLIENT_SECRET_FILE", secret.to_str().unwrap()),
            ("HOME", "ignored"),
        ],
    )
    .unwrap();
    assert_eq!(config.http.listen, "127.0.0.1:0");
    assert!(config.http.demo_site);
    assert_eq!(config.http.limits.body_bytes, 1000);
    assert_eq!(config.http.allowed_origins[0], "https://other.example");
    let secret = secrecy::ExposeSecret::expose_secret(&config.sales_units[1].client_secret);
    assert_eq!(secret, "from a file");
    let mistakes = load(GOOD, &[("KVITT_SALES_UNIT__SE__CLIENT_ID", "x")]).unwrap_err();
    assert_eq!(mistakes, ["KVITT_SALES_UNIT__SE__CLIENT_ID: there is no sales_unit named se"]);
}

#[test]
fn what_would_only_fail_later_is_refused_at_once() {
    for (name, value, mistake) in [
        ("KVITT_LISTEN", "nonsense", "listen: must be an address and a port"),
        ("KVITT_LOG__FILTER", "[[", "log.filter: is not a filter"),
        (
            "KVITT_DATABASE__URL",
            "sqlite::memory:",
            "database.url: must be sqlite: and the path of a file, or a postgres:// URL",
        ),
        (
            "KVITT_DATABASE__URL",
            "mysql://host/kvitt",
            "database.url: must be sqlite: and the path of a file, or a postgres:// URL",
        ),
        ("KVITT_PUBLIC_URL", "https://pay.example/?x", "public_url: must have no query"),
        ("KVITT_VIPPS__TIMEOUT_MS", "9999999999", "vipps.timeout_ms: must be a whole number from 1 to 2000000000"),
        (
            "KVITT_ENCRYPTION__KEY",
            "YSBrZXk=",
            "encryption.key: must be 32 bytes in base64, as `openssl rand -base64 32` prints them",
        ),
        (
            "KVITT_ENCRYPTION__PREVIOUS_KEY",
            "not base64",
            "encryption.previous_key: must be 32 bytes in base64, as `openssl rand -base64 32` prints them",
        ),
        ("KVITT_RETENTION__CUSTOMER_DAYS", "-1", "retention.customer_days: must be a whole number from 0 to 36500"),
        (
            "KVITT_PUBLIC_URL",
            "https://shop.example/pay/kvitt",
            "public_url: must not begin with a path of the proxy's own, such as /pay: choose another, such as /kvitt",
        ),
        ("KVITT_LIMITS__STREAMS", "many", "limits.streams: must be a whole number from 1 to 2000000000"),
    ] {
        let mistakes = load(GOOD, &[(name, value)]).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(mistake), "{mistakes:?}");
    }
}

#[test]
fn secrets_from_the_environment_are_used_verbatim() {
    for secret in ["0x1F", "1_000", "true", "[1]", "a # b"] {
        let config = load(GOOD, &[("KVITT_SALES_UNIT__NO__CLIENT_SECRET", secret)]).unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&config.sales_units[0].client_secret), secret);
    }
}

#[test]
fn cart_keys_have_unique_names_and_long_enough_secrets() {
    let keys = |text: &str| load(&format!("{GOOD}{text}"), &[]);
    let good = "[[cart_key]]\nname = \"a\"\nsecret = \"mumble-mumble-mumble-mumble-mumble\"\nsales_unit = \"no\"\n";
    let config = keys(good).unwrap();
    assert_eq!(config.shop.signed_carts.keys[0].sales_unit.as_deref(), Some("no"));
    assert!(!format!("{config:?}").contains("mumble"));
    let bad = good.replace("mumble-mumble-mumble-mumble-mumble", "mumble").replace("\"no\"", "\"se\"");
    let mistakes = keys(&format!("{bad}{good}[[cart_key]]\nname = \"A\"\n")).unwrap_err();
    assert_eq!(
        mistakes,
        [
            "cart_key[a].secret: must have 32 bytes at least, such as what `openssl rand -base64 32` prints",
            "cart_key[a].sales_unit: there is no such sales unit",
            "cart_key[A].secret: is required",
            "cart_key[A].name: may have a-z, 0-9 and -, and 32 characters at most",
            "cart_key: two are named \"a\"",
        ]
    );
    let secret =
        load(&format!("{GOOD}{good}"), &[("KVITT_CART_KEY__A__SECRET", "another-secret-of-32-bytes-at-least")]);
    let secret = secret.unwrap().shop.signed_carts.keys[0].secret.clone();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&secret), "another-secret-of-32-bytes-at-least");
}

#[test]
fn webhook_secrets_are_not_needed_to_register_webhooks() {
    let files = files(&GOOD.replace("webhook_secret", "# webhook_secret"));
    assert_eq!(Config::load(Some(&files.file), []).unwrap_err().0.len(), 2);
    let config = Config::load_without_webhooks(Some(&files.file), []).unwrap();
    assert!(config.sales_units[0].webhook_secrets.is_empty());
    let repairs = [("KVITT_WEBHOOK__REPAIR".to_owned(), "true".to_owned())];
    assert!(
        Config::load(Some(&files.file), repairs).unwrap().webhook.repair,
        "nor where the proxy registers by itself"
    );
}

#[test]
fn secrets_do_not_print() {
    let config = load(GOOD, &[("KVITT_DATABASE__URL", "postgres://kvitt:mumble@host/kvitt")]).unwrap();
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("YSBrZXk")
            && !printed.contains("hush")
            && !printed.contains("mumble")
            && !printed.contains("whisper"),
        "{printed}"
    );
}

#[test]
fn a_syntax_error_beside_a_secret_does_not_print_it() {
    for slip in ["client_secret = \"hush", "client_secret = hush\"", "client_secret = \"hush\" oh"] {
        let mistakes = load(&GOOD.replacen("client_secret = \"hush\"", slip, 1), &[]).unwrap_err();
        let named = mistakes.iter().find(|mistake| mistake.contains("kvitt.toml: line 13: ")).unwrap();
        assert!(!named.contains("hush"), "{named}");
    }
}

#[test]
fn mobilepay_becomes_vipps_on_the_day() {
    let config = load(GOOD, &[]).unwrap();
    let at = |time: &str| Moment(time.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let brands =
        |time| config.sales_units.iter().map(|unit| unit.brand(config.shop.renamed_at, at(time))).collect::<Vec<_>>();
    assert_eq!(brands("2027-01-11T22:59:59Z"), [Brand::Vipps, Brand::MobilePay]);
    assert_eq!(brands("2027-01-11T23:00:00Z"), [Brand::Vipps, Brand::Vipps]);
}

#[test]
fn the_texts_of_consents_are_known_by_version_and_language() {
    let with = |wordings: &str| load(&format!("{GOOD}{wordings}"), &[]);
    let one = "[[wording]]\nversion = \"shop-1\"\nlanguage = \"nb\"\ntext = \"Ja til {0} i {1}\"\n";
    let known = with(one).unwrap().shop.wordings;
    let text = |version, language| known.text(version, language, "Butikken", "Vipps");
    let own = (Language::Nb, "Ja til Butikken i Vipps".to_owned());
    assert_eq!(text("shop-1", Language::Nb), Some(own.clone()));
    assert_eq!(text("shop-1", Language::Fi), Some(own), "the only language is everybody's");
    let (language, ours) = text("2026-11", Language::Sv).unwrap();
    assert!(language == Language::Sv && ours.starts_with("Dela mitt telefonnummer med Butikken\nValfritt."), "{ours}");
    assert_eq!(text("2025-01", Language::Nb), None);
    let two = with(&format!("{one}{}", one.replace("nb", "da"))).unwrap().shop.wordings;
    assert_eq!(two.text("shop-1", Language::Fi, "Butikken", "Vipps"), None, "which of them was it?");

    let ours = one.replace("shop-1", "2026-11");
    let bad = one.replace("shop-1", "a b").replace("Ja", "\\u0007");
    let mistakes = with(&format!("{one}{one}{ours}{bad}")).unwrap_err();
    assert_eq!(mistakes.len(), 4, "{mistakes:?}");
}

#[test]
fn a_catalogue_s_mistakes_are_all_named() {
    let mistakes = Catalogue::parse(
        "[[article]]\nsku = \"a b\"\nname = \"\"\nprice = []\n\
         [[article]]\nsku = \"c\"\nname = \"C\"\nprice = [{ currency = \"NOK\", value = 0, vat_rate = 2500 }]\n",
    )
    .unwrap_err();
    assert_eq!(mistakes.len(), 4, "{mistakes:?}");
    let twice =
        "price = [{ currency = \"NOK\", value = 1, vat_rate = 0 }, { currency = \"NOK\", value = 2, vat_rate = 0 }]";
    let mistakes = Catalogue::parse(&format!("[[article]]\nsku = \"c\"\nname = \"C\"\n{twice}\n")).unwrap_err();
    assert_eq!(mistakes, ["c: must have exactly one price for each currency in which it is sold"]);
    let article = |name: &str, rate: u32| {
        let price = format!("price = [{{ currency = \"NOK\", value = 1, vat_rate = {rate} }}]");
        Catalogue::parse(&format!("[[article]]\nsku = \"c\"\nname = \"{name}\"\n{price}\n"))
    };
    assert!(article(&"å".repeat(200), 2500).is_ok(), "characters count, not bytes");
    for (name, rate, says) in [("a\\nb", 2500, "control"), (&"å".repeat(201), 2500, "200"), ("C", 25, "25 % is 2500")]
    {
        let mistakes = article(name, rate).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].contains(says), "{mistakes:?}");
    }
}

#[test]
fn a_rate_may_be_none_and_a_trusted_proxy_an_address_or_a_network() {
    let with = |limits: &str| load(&GOOD.replacen("[[", &format!("[limits]\n{limits}\n[["), 1), &[]);
    let rates = with("requests_per_address = 0\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]").unwrap().rates;
    assert_eq!((rates.address, rates.checkout.map(|rate| rate.get())), (None, Some(600)));
    assert_eq!(rates.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128"]);
    let mistakes = with("requests_per_key = -1\ntrusted_proxies = [\"everybody\"]").unwrap_err();
    assert_eq!(
        mistakes,
        [
            "limits.requests_per_key: must be a whole number from 0 to 2000000000",
            "limits.trusted_proxies: \"everybody\" is not a network such as \"10.0.0.0/8\"",
        ]
    );
}

#[test]
fn secrets_are_trimmed_wherever_they_come_from() {
    let expose = |secret: &secrecy::SecretString| secrecy::ExposeSecret::expose_secret(secret).to_owned();
    let cart_key = "[[cart_key]]\nname = \"a\"\nsecret = \"mumble-mumble-mumble-mumble-mumble\"\n";
    for around in ["\n", "\r\n", " ", "\t", "\u{feff}", "\u{200b}\n"] {
        let wrapped = |text: &str| format!("{around}{text}{around}");
        let files = files("");
        let file = files.folder.path().join("secret");
        std::fs::write(&file, wrapped("from a file")).unwrap();
        let (secret, file) = (wrapped("whisper"), file.display().to_string());
        let cart_secret = wrapped("mumble-mumble-mumble-mumble-mumble");
        let in_the_file = GOOD.replace("\"key\"", &format!("\"\"\"{}\"\"\"", wrapped("key")));
        let config = load(
            &format!("{in_the_file}{cart_key}"),
            &[
                ("KVITT_SALES_UNIT__NO__WEBHOOK_SECRET", &secret),
                ("KVITT_SALES_UNIT__NO__CLIENT_SECRET_FILE", &file),
                ("KVITT_CART_KEY__A__SECRET", &cart_secret),
                ("KVITT_ENCRYPTION__KEY", &wrapped("YSBrZXkgZm9yIHRlc3RzLCBvZiAzMiBieXRlcyA6LSk=")),
            ],
        )
        .unwrap();
        let unit = &config.sales_units[0];
        assert_eq!(expose(&unit.webhook_secrets[0]), "whisper", "{around:?}");
        assert_eq!(expose(&unit.client_secret), "from a file", "{around:?}");
        assert_eq!(expose(&unit.subscription_key), "key", "{around:?}");
        assert_eq!(
            expose(&config.shop.signed_carts.keys[0].secret),
            "mumble-mumble-mumble-mumble-mumble",
            "{around:?}"
        );
    }
}

#[test]
fn a_secret_that_cannot_be_sent_is_named_and_not_quoted() {
    for secret in ["hu\nsh", "hu\u{feff}sh", "hush\u{e5}"] {
        let mistakes = load(GOOD, &[("KVITT_SALES_UNIT__NO__CLIENT_SECRET", secret)]).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with("sales_unit[no].client_secret: cannot be sent: character "), "{mistakes:?}");
        assert!(!mistakes[0].contains("hu"), "{mistakes:?}");
    }
}

#[test]
fn a_file_that_does_not_parse_is_the_only_mistake() {
    for broken in [GOOD.replace("market = \"NO\"", "market = \"NO"), GOOD.replace("[[sales_unit]]", "[[sales_unit]")] {
        let mistakes = load(&broken, &[("KVITT_LIMITS__STREAMS", "many")]).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].contains("kvitt.toml: line "), "{mistakes:?}");
    }
    let mistakes = Config::load(Some(std::path::Path::new("/nowhere/kvitt.toml")), []).unwrap_err().0;
    assert!(mistakes.len() == 1 && mistakes[0].starts_with("/nowhere/kvitt.toml: "), "{mistakes:?}");
}
