//! Pictures of QR codes that lead to our own pages.
//!
//! Never of a payment's own address: that lives for ten minutes, and only codes of the vendor's are read by the app.

use fast_qr::QRBuilder;
use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRCode;

/// The light frame that scanners need, in modules.
const MARGIN: usize = 4;
/// The side of one module, in pixels.
const MODULE: usize = 8;

/// As a drawing, which grows with its place.
pub fn svg(text: &str) -> String {
    SvgBuilder::default().margin(MARGIN).to_str(&code(text))
}

/// As a picture, some hundred pixels wide.
///
/// # Errors
/// When it cannot be written, which takes no memory being left.
pub fn png(text: &str) -> Result<Vec<u8>, png::EncodingError> {
    let code = code(text);
    let side = (code.size + 2 * MARGIN) * MODULE;
    let pixels = (0..side * side).map(|pixel| {
        let inside = |place: usize| (place / MODULE).checked_sub(MARGIN).filter(|module| *module < code.size);
        let dark =
            inside(pixel / side).zip(inside(pixel % side)).is_some_and(|(row, column)| code[row][column].value());
        if dark { 0 } else { u8::MAX }
    });
    let mut picture = Vec::new();
    let width = u32::try_from(side).expect("a code has 177 modules at most");
    let mut encoder = png::Encoder::new(&mut picture, width, width);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&pixels.collect::<Vec<_>>())?;
    Ok(picture)
}

/// As letters of a terminal, half a module each.
pub fn text(text: &str) -> String {
    code(text).to_str()
}

fn code(text: &str) -> QRCode {
    QRBuilder::new(text).build().expect("an address of ours is far below the 2953 bytes that a code holds")
}
