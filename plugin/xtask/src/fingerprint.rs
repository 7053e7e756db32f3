//! The name of a file's content: SHA-256 in hexadecimal.
//!
//! It tells whether something changed, and makes the names of files that browsers may keep for ever.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// All 64 digits.
pub(crate) fn fingerprint(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a String takes everything");
        digits
    })
}

/// A file name with the first eight digits between stem and extension: `app.js` becomes `app-0123abcd.js`.
pub(crate) fn hashed_name(name: &str, content: &[u8]) -> String {
    let digits = &fingerprint(content)[..8];
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{digits}.{extension}"),
        None => format!("{name}-{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vector() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(fingerprint(b"abc"), expected);
    }

    #[test]
    fn a_name_says_what_the_content_is() {
        assert_eq!(hashed_name("kvitt.wasm", b"abc"), "kvitt-ba7816bf.wasm");
        assert_eq!(hashed_name("LICENSE", b"abc"), "LICENSE-ba7816bf");
        assert_ne!(hashed_name("kvitt.wasm", b"abc"), hashed_name("kvitt.wasm", b"abd"));
    }
}
