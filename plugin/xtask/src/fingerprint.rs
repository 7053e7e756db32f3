//! The fingerprint of a file's content: SHA-256 in hexadecimal.
//!
//! It shows whether a file changed, and it is part of the names of files that browsers may cache for ever.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The fingerprint, 64 digits.
pub(crate) fn fingerprint(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("writing to a String cannot fail");
        digits
    })
}

/// Puts the first eight digits of the fingerprint between a name's stem and extension: `app.js` becomes `app-0123abcd.js`.
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
    fn matches_the_published_test_vector() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(fingerprint(b"abc"), expected);
    }

    #[test]
    fn a_hashed_name_depends_on_the_content() {
        assert_eq!(hashed_name("kvitt.wasm", b"abc"), "kvitt-ba7816bf.wasm");
        assert_eq!(hashed_name("LICENSE", b"abc"), "LICENSE-ba7816bf");
        assert_ne!(hashed_name("kvitt.wasm", b"abc"), hashed_name("kvitt.wasm", b"abd"));
    }
}
