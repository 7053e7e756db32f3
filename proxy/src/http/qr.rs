//! QR codes that lead to the proxy's pay pages, as SVG, PNG and terminal text.
//!
//! They never hold a payment's own address: it expires after ten minutes, and the app scans only codes of Vipps MobilePay.

use std::fmt::Write;

use fast_qr::QRBuilder;
use fast_qr::qr::QRCode;

/// The width of the quiet zone that scanners need, in modules.
const MARGIN: usize = 4;
/// The side of one module, in pixels.
const MODULE: usize = 8;

/// The code as an SVG image: one stroke, a dash for each run of dark modules. A square for each module would take three times the bytes.
pub fn svg(text: &str) -> String {
    let code = code(text);
    let side = code.size + 2 * MARGIN;
    let mut dashes = String::new();
    for row in 0..code.size {
        let is_dark = |column: &usize| code[row][*column].value();
        // Where the dash before ended, in this row.
        let (mut end, mut column) = (None, 0);
        while let Some(start) = (column..code.size).find(is_dark) {
            column = (start..code.size).find(|column| !is_dark(column)).unwrap_or(code.size);
            let moved = match end {
                None => write!(dashes, "M{} {}.5h{}", start + MARGIN, row + MARGIN, column - start),
                Some(end) => write!(dashes, "m{} 0h{}", start - end, column - start),
            };
            moved.expect("a String takes all");
            end = Some(column);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path stroke=\"#000\" d=\"{dashes}\"/></svg>"
    )
}

/// The code as a PNG image, some hundred pixels wide.
///
/// # Errors
/// When the image cannot be encoded.
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

/// The code as text for a terminal.
pub fn text(text: &str) -> String {
    code(text).to_str()
}

fn code(text: &str) -> QRCode {
    QRBuilder::new(text).build().expect("the proxy's addresses are far below the 2953 bytes that a code holds")
}
