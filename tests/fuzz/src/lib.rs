//! Fuzz targets for every parser of external input. It may refuse, it must never panic, and an accepted value survives a round trip.
//!
//! One function for each target. Every `cargo test` runs the same functions on `seeds/`, which also has the fuzzer's findings.

use std::fmt::Debug;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use kvitt::access::token as tokens;
use kvitt::base::clock;
use kvitt::config::{Catalogue, Config};
use kvitt::shop::cart as carts;
use kvitt_vipps::SecretString;
use kvitt_vipps::webhook::{Event, PublicUrl, SignatureHeaders, sign, verify};
use serde::Serialize;
use serde::de::DeserializeOwned;

const TOLERANCE: Duration = Duration::from_secs(300);
const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const DATE: &str = "Thu, 01 Jan 1970 00:00:10 GMT";

/// The headers of a webhook, line by line, then its body.
pub fn signature(data: &[u8]) {
    let mut parts = data.splitn(5, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (url, date, hash, authorization, body) = (part(), part(), part(), part(), part());
    let text = |part| std::str::from_utf8(part).ok();
    let url = text(url).and_then(|url| url.parse().ok());
    let url: PublicUrl = url.unwrap_or_else(|| "https://pay.shop.example/callbacks/vipps/no".parse().expect("a URL"));
    let secrets = [SecretString::from("secret"), SecretString::from("")];
    let headers = SignatureHeaders { date: text(date), content_sha256: text(hash), authorization: text(authorization) };
    // The fuzzer cannot sign with either secret: it has no HMAC.
    let accepted = verify(headers, &url, &secrets, body, NOW, TOLERANCE);
    assert!(accepted.is_err(), "a signature was guessed");
    let signed = sign(&secrets[0], &url, DATE, body);
    let headers = SignatureHeaders {
        date: Some(DATE),
        content_sha256: Some(&signed.content_sha256),
        authorization: Some(&signed.authorization),
    };
    assert_eq!(verify(headers, &url, &secrets, body, NOW, TOLERANCE), Ok(()));
    let other = [body, b"x"].concat();
    assert!(verify(headers, &url, &secrets, &other, NOW, TOLERANCE).is_err());
}

/// The body of a webhook.
pub fn event(data: &[u8]) {
    if let Ok(event) = Event::read(data) {
        // Every accepted event can be printed.
        assert!(!format!("{event:?}").is_empty() && event.name.as_str().len() <= data.len());
    }
}

/// The JSON between page and proxy.
pub fn wire(data: &[u8]) {
    round_trips::<kvitt_wire::NewCheckout>(data);
    round_trips::<kvitt_wire::NewAttempt>(data);
    round_trips::<kvitt_wire::Checkout>(data);
    round_trips::<kvitt_wire::Cart>(data);
    round_trips::<kvitt_wire::Problem>(data);
    round_trips::<kvitt_wire::NewShopCheckout>(data);
}

fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(data) {
        let text = serde_json::to_string(&value).expect("a parsed value can be serialized");
        assert_eq!(serde_json::from_str::<T>(&text).expect("a serialized value can be parsed"), value);
    }
}

/// The configuration, or the catalogue.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Catalogue::parse(text);
    // A configuration can name files: the system's must not be read.
    if text.contains("/dev") || text.contains("/proc") {
        return;
    }
    // One file for all runs: creating a folder takes longer than reading a file.
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    let file = FOLDER.path().join("kvitt.toml");
    fs::write(&file, text).expect("a file");
    match Config::load(Some(&file), []) {
        Ok(config) => assert!(!format!("{config:?}").contains("secret-of-the-seed"), "a secret is printed"),
        Err(mistakes) => assert!(!mistakes.to_string().is_empty()),
    }
}

static DEMO: LazyLock<Config> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("catalogue.toml", include_str!("../../../proxy/demo.catalogue.toml"));
    write("kvitt.toml", include_str!("../seeds/config/whole.toml"));
    Config::load(Some(&folder.path().join("kvitt.toml")), []).expect("the seed is a whole configuration")
});

/// The items of a cart in a query, and their prices.
pub fn cart(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(items) = carts::parse_items(text) else { return };
    if let Ok(cart) = carts::price(&DEMO.shop, &DEMO.sales_units[0], &items, clock::now()) {
        assert_eq!(cart.lines.iter().map(|line| line.total).sum::<i64>(), cart.total.value);
        assert!(cart.lines.iter().all(|line| 0 <= line.vat && line.vat <= line.total));
        let description = carts::description(&cart);
        assert!((3..=100).contains(&description.chars().count()), "{description}");
    }
}

/// A signed cart, and its content.
pub fn signed_cart(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // The fuzzer has no HMAC.
    assert!(
        carts::from_signed(&DEMO.shop, &DEMO.sales_units, text, None, clock::now()).is_err(),
        "a signature was guessed"
    );
    let Ok(asked) = serde_json::from_str::<kvitt_wire::ShopCart>(text) else { return };
    for unit in DEMO.sales_units.iter() {
        let Ok(cart) = carts::from_shop(&DEMO.shop, unit, &asked, clock::now()) else { continue };
        assert_eq!(cart.total, asked.total, "the cart's total is the amount");
        assert_eq!(cart.lines.iter().map(|line| line.total).sum::<i64>(), cart.total.value);
        assert!(cart.lines.iter().all(|line| line.vat == 0 || (0..=line.total).contains(&line.vat)));
    }
}

/// The token of a checkout.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some((id, secret)) = tokens::decode(text) {
        let (same, other) = tokens::decode(&tokens::encode(id, &secret)).expect("an encoded token can be decoded");
        assert!(same == id && tokens::matches(&other, &secret));
    }
}
