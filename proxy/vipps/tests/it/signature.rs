//! The signature against `tests/vectors/`.

use std::{collections::BTreeMap, time::Duration};

use kvitt_vipps::{
    SecretString,
    webhook::{PublicUrl, SignatureHeaders, http_date, sign, verify},
};
use serde::Deserialize;

use crate::files;

#[derive(Deserialize)]
struct Vector {
    about: String,
    secrets: Vec<String>,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
    now: String,
    verdict: String,
    /// Whether signing produces these same headers.
    #[serde(default)]
    signs: bool,
}

const TOLERANCE: Duration = Duration::from_secs(300);

#[test]
fn every_vector_is_accepted_or_rejected_as_expected() {
    for (name, vector) in files::all::<Vector>("vectors") {
        let header = |name: &str| vector.headers.get(name).map(String::as_str);
        let headers = SignatureHeaders {
            date: header("x-ms-date"),
            content_sha256: header("x-ms-content-sha256"),
            authorization: header("authorization"),
        };
        let url: PublicUrl = vector.url.parse().unwrap();
        let secrets: Vec<SecretString> = vector.secrets.iter().map(|secret| secret.as_str().into()).collect();
        let body = vector.body.as_bytes();
        let verdict = verify(headers, &url, &secrets, body, vector.now.parse().unwrap(), TOLERANCE);
        assert_eq!(in_words(verdict), vector.verdict, "{name}: {}", vector.about);

        if vector.signs {
            let signed = sign(&secrets[0], &url, headers.date.unwrap(), body);
            assert_eq!(Some(&*signed.content_sha256), headers.content_sha256, "{name}");
            assert_eq!(Some(&*signed.authorization), headers.authorization, "{name}");
        }
    }
}

fn in_words(verdict: Result<(), kvitt_vipps::webhook::Rejected>) -> String {
    use kvitt_vipps::webhook::Rejected;
    match verdict {
        Ok(()) => "accepted".to_owned(),
        Err(Rejected::Missing(header)) => format!("missing {header}"),
        Err(Rejected::Malformed(header)) => format!("malformed {header}"),
        Err(Rejected::ContentHash) => "content-hash".to_owned(),
        Err(Rejected::Signature) => "signature".to_owned(),
        Err(Rejected::Stale) => "stale".to_owned(),
    }
}

#[test]
fn dates_are_formatted_as_http_dates() {
    let moment = "2023-03-30T08:38:32.9Z".parse().unwrap();
    assert_eq!(http_date(moment), "Thu, 30 Mar 2023 08:38:32 GMT");
}

#[test]
fn only_absolute_http_urls_are_accepted() {
    for text in ["", "/hooks", "shop.example.com/hooks", "ftp://shop.example.com/", "mailto:shop@example.com"] {
        assert!(text.parse::<PublicUrl>().is_err(), "{text}");
    }
    let url: PublicUrl = "https://shop.example.com:8443/hooks/vipps?unit=no#part".parse().unwrap();
    assert_eq!((url.host(), url.path_and_query()), ("shop.example.com:8443", "/hooks/vipps?unit=no"));
}
