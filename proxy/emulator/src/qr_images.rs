//! Images of QR codes: for payments of the QR flow, and for merchant-redirect codes.
//!
//! The PNG is encoded here, with one bit for each pixel in uncompressed blocks: that takes a few lines and no image library.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State as Shares};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use fast_qr::QRBuilder;
use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use serde::Deserialize;

use crate::shared::Shared;

/// The quiet zone that scanners need, in modules.
const MARGIN: usize = 4;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/qr-image.svg", get(|shared, link| payment(shared, link, Kind::Svg)))
        .route("/qr-image.png", get(|shared, link| payment(shared, link, Kind::Png)))
        .route("/qr-code.svg", get(|shared, link| merchant(shared, link, Kind::Svg)))
        .route("/qr-code.png", get(|shared, link| merchant(shared, link, Kind::Png)))
        .route("/qr", get(follow))
}

#[derive(Clone, Copy)]
enum Kind {
    Svg,
    Png,
}

#[derive(Deserialize)]
struct PaymentLink {
    #[serde(default)]
    token: String,
}

/// The code of a payment: it points to the landing page and is valid as long as the payment is pending.
async fn payment(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<PaymentLink>, kind: Kind) -> Response {
    let found = shared.read(|state| {
        let payment = state.payment(state.find_token(&link.token)?);
        let size = payment.request.pointer("/qrFormat/size").and_then(serde_json::Value::as_u64).unwrap_or(1024);
        let text = format!("{}/landing?token={}", shared.links(state, payment.unit), payment.token);
        payment.is_waiting().then_some((text, size))
    });
    match found {
        Some((text, size)) => picture(&text, kind, usize::try_from(size).unwrap_or(1024)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct CodeLink {
    msn: String,
    id: String,
}

/// A merchant's code: it leads to the emulator, which knows where the merchant wants it to lead.
async fn merchant(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<CodeLink>, kind: Kind) -> Response {
    let found = shared.read(|state| target(state, &link).map(|_| state.options.public_url.clone()));
    let Some(base) = found else { return StatusCode::NOT_FOUND.into_response() };
    let base = base.unwrap_or_else(|| shared.url.clone());
    match reqwest::Url::parse_with_params(&format!("{base}/qr"), [("msn", &link.msn), ("id", &link.id)]) {
        Ok(url) => picture(url.as_str(), kind, 1024),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn target(state: &crate::state::State, link: &CodeLink) -> Option<String> {
    let (target, ends) = state.qr_codes.get(&(link.msn.clone(), link.id.clone()))?;
    ends.is_none_or(|ends| ends > state.now()).then(|| target.clone())
}

/// Somebody scanned a merchant's code.
async fn follow(Shares(shared): Shares<Arc<Shared>>, Query(link): Query<CodeLink>) -> Response {
    let found = shared.read(|state| target(state, &link)).filter(|target| target.parse::<axum::http::Uri>().is_ok());
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |target| Redirect::to(&target).into_response())
}

fn picture(text: &str, kind: Kind, size: usize) -> Response {
    let Ok(code) = QRBuilder::new(text).build() else { return StatusCode::URI_TOO_LONG.into_response() };
    let (content_type, bytes) = match kind {
        Kind::Svg => ("image/svg+xml", SvgBuilder::default().margin(MARGIN).to_str(&code).into_bytes()),
        Kind::Png => {
            let modules = code.size + 2 * MARGIN;
            let scale = (size / modules).max(1);
            let is_dark = |x: usize, y: usize| {
                let inside = |at: usize| (at / scale).checked_sub(MARGIN).filter(|at| *at < code.size);
                matches!((inside(x), inside(y)), (Some(x), Some(y)) if code[y][x].value())
            };
            ("image/png", png(modules * scale, is_dark))
        }
    };
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}

/// A square black and white PNG.
fn png(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0);
        for byte in 0..side.div_ceil(8) {
            let bit = |bit: usize| {
                let x = byte * 8 + bit;
                u8::from(x >= side || !is_dark(x, y)) << (7 - bit)
            };
            rows.push((0..8).map(bit).sum());
        }
    }
    let mut data = vec![0x78, 0x01];
    let blocks: Vec<&[u8]> = rows.chunks(0xffff).collect();
    for (index, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).expect("a chunk is at most this long");
        data.push(u8::from(index + 1 == blocks.len()));
        data.extend(length.to_le_bytes());
        data.extend((!length).to_le_bytes());
        data.extend(*block);
    }
    data.extend(adler32(&rows).to_be_bytes());

    let side = u32::try_from(side).expect("a picture of a QR code is small");
    let mut head = Vec::new();
    head.extend(side.to_be_bytes());
    head.extend(side.to_be_bytes());
    head.extend([1, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [(b"IHDR", &head), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        file.extend(u32::try_from(content.len()).expect("a picture of a QR code is small").to_be_bytes());
        let start = file.len();
        file.extend(name);
        file.extend(content);
        let sum = crc32(&file[start..]);
        file.extend(sum.to_be_bytes());
    }
    file
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    (b << 16) | a
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_the_format() {
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
