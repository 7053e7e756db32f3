//! Files and documents as [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110) has them sent: with an entity tag, which a browser that has the
//! file names, and in an encoding that it accepts.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// A document that is made once.
#[derive(Clone, Debug)]
pub struct Document {
    bytes: Bytes,
    etag: String,
}

impl Document {
    /// With this content.
    pub fn new(content: impl Into<Bytes>) -> Self {
        let bytes = content.into();
        let etag = etag(&Sha256::digest(&bytes));
        Self { bytes, etag }
    }

    /// The response to a request with `headers`, with these headers of its own.
    pub fn response<const N: usize>(&self, headers: &HeaderMap, own: [(HeaderName, &'static str); N]) -> Response {
        let mut all = HeaderMap::from_iter(own.map(|(name, value)| (name, HeaderValue::from_static(value))));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            all.insert(header::ETAG, etag);
        }
        response(headers, all, self.bytes.clone())
    }
}

/// The entity tag of a content by its hash.
pub fn etag(hash: &[u8]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..12]))
}

/// The response with a file, or that the client's copy of it is current.
pub fn response(request: &HeaderMap, file: HeaderMap, content: impl Into<Body>) -> Response {
    let is_known = file.get(header::ETAG).and_then(|etag| etag.to_str().ok()).is_some_and(|etag| knows(request, etag));
    if is_known { (StatusCode::NOT_MODIFIED, file).into_response() } else { (file, content.into()).into_response() }
}

/// Whether `If-None-Match` names an entity tag: in its list, compared weakly, or by `*` (section 13.1.2).
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    elements(headers, header::IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

/// Whether `Accept-Encoding` accepts a coding: by its name in any case, or by `*`, unless its weight is zero (section 12.5.3).
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let weight = |wanted: &str| {
        elements(headers, header::ACCEPT_ENCODING).find_map(|element| {
            let (name, weight) = element.split_once(';').unwrap_or((element, "q=1"));
            let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=').parse::<f32>();
            name.trim().eq_ignore_ascii_case(wanted).then(|| weight.unwrap_or(0.0))
        })
    };
    weight(coding).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// Compresses what is made for one answer, in gzip: every browser takes it, and brotli would save little of a few kilobytes.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.expect("writing to memory cannot fail")
}

/// The elements of a header that is a list.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',').map(str::trim)).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_known_tag_stands_in_a_list_weak_or_as_any() {
        for (value, known) in [
            ("\"a\"", true),
            ("\"x\", \"a\"", true),
            ("W/\"a\"", true),
            ("\"x\",W/\"a\" , \"y\"", true),
            ("*", true),
            ("\"x\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(knows(&with(header::IF_NONE_MATCH, value), "\"a\""), known, "{value}");
        }
    }

    #[test]
    fn an_encoding_is_accepted_by_its_weight_in_any_case() {
        for (value, accepted) in [
            ("gzip, br", true),
            ("br;q=1.0", true),
            ("BR", true),
            ("gzip;q=1.0, br; q=0.5", true),
            ("*", true),
            ("br;q=0", false),
            ("*;q=0.1, br;q=0.000", false),
            ("gzip", false),
            ("brotli", false),
            ("br;q=x", false),
            ("", false),
        ] {
            assert_eq!(accepts(&with(header::ACCEPT_ENCODING, value), "br"), accepted, "{value}");
        }
    }
}
