//! The signature of a webhook: HMAC-SHA256 over the method, the path with its query, the date, the host and the hash of the raw body. It is checked
//! against the registered URL, not against the request line, which a reverse proxy may have rewritten. The key is the secret's text: it looks
//! like base64 and must not be decoded.

use std::{str::FromStr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{
    Timestamp,
    fmt::rfc2822::{self, DateTimePrinter},
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The text before the signature in `Authorization`.
const SCHEME: &str = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";

/// The registered URL, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    host: String,
    path_and_query: String,
}

/// Not an absolute `https` or `http` URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http(s) URL")]
pub struct BadPublicUrl;

impl PublicUrl {
    /// The signed host: with the port, unless it is the scheme's default.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The signed path: with the query, if there is one.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }
}

impl FromStr for PublicUrl {
    type Err = BadPublicUrl;

    fn from_str(text: &str) -> Result<Self, BadPublicUrl> {
        let url = Url::parse(text).map_err(|_| BadPublicUrl)?;
        let host = url.host_str().filter(|_| matches!(url.scheme(), "https" | "http")).ok_or(BadPublicUrl)?;
        Ok(Self {
            host: url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            path_and_query: url
                .query()
                .map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())),
        })
    }
}

/// The headers of a signature. `Host` is not among them: the registered URL has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignatureHeaders<'a> {
    /// `x-ms-date`
    pub date: Option<&'a str>,
    /// `x-ms-content-sha256`
    pub content_sha256: Option<&'a str>,
    /// `Authorization`
    pub authorization: Option<&'a str>,
}

/// The headers that the sender adds to `x-ms-date`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `x-ms-content-sha256`
    pub content_sha256: String,
    /// `Authorization`
    pub authorization: String,
}

/// Why a webhook is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// A header is missing.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header is malformed.
    #[error("header {0} is malformed")]
    Malformed(&'static str),
    /// The body does not match its hash.
    #[error("the body does not match its hash")]
    ContentHash,
    /// The signature matches none of the secrets.
    #[error("the signature does not match")]
    Signature,
    /// Genuine, but its date is too far in the past or the future.
    #[error("the date is too far from now")]
    Stale,
}

/// Signs a webhook to `url`, as Vipps MobilePay does. `date` is the value of `x-ms-date`.
pub fn sign(secret: &SecretString, url: &PublicUrl, date: &str, body: &[u8]) -> Signed {
    let content_sha256 = STANDARD.encode(Sha256::digest(body));
    let signature = mac(secret, url, date, &content_sha256).finalize().into_bytes();
    let authorization = format!("{SCHEME}{}", STANDARD.encode(signature));
    Signed { content_sha256, authorization }
}

/// Checks that a webhook was signed for `url` with one of `secrets` within `tolerance` of `now`, in constant time for each secret. The body is the raw
/// bytes. The date is checked last, so that [`Rejected::Stale`] always means a genuine webhook: a wrong clock or a slow queue.
pub fn verify(
    headers: SignatureHeaders<'_>,
    url: &PublicUrl,
    secrets: &[SecretString],
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), Rejected> {
    let date = headers.date.ok_or(Rejected::Missing("x-ms-date"))?;
    let content_sha256 = headers.content_sha256.ok_or(Rejected::Missing("x-ms-content-sha256"))?;
    let authorization = headers.authorization.ok_or(Rejected::Missing("authorization"))?;

    let sent = rfc2822::parse(date).map_err(|_| Rejected::Malformed("x-ms-date"))?.timestamp();
    let signature = authorization.strip_prefix(SCHEME).and_then(|signature| STANDARD.decode(signature).ok());
    let signature = signature.ok_or(Rejected::Malformed("authorization"))?;

    let hash = STANDARD.encode(Sha256::digest(body));
    if !bool::from(hash.as_bytes().ct_eq(content_sha256.as_bytes())) {
        return Err(Rejected::ContentHash);
    }
    // Every secret is tried, so that the time does not reveal which one matched.
    let matches = |secret| mac(secret, url, date, content_sha256).verify_slice(&signature).is_ok();
    if !secrets.iter().fold(false, |found, secret| matches(secret) | found) {
        return Err(Rejected::Signature);
    }
    if now.duration_since(sent).unsigned_abs() > tolerance {
        return Err(Rejected::Stale);
    }
    Ok(())
}

/// A timestamp in the format of `x-ms-date`.
pub fn http_date(moment: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).expect("the year has four digits")
}

fn mac(secret: &SecretString, url: &PublicUrl, date: &str, content_sha256: &str) -> Hmac<Sha256> {
    let PublicUrl { host, path_and_query } = url;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("POST\n{path_and_query}\n{date};{host};{content_sha256}").as_bytes());
    mac
}
