//! Cursors of lists whose rows have a time and an id, the newest first.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::checkout::Moment;

/// A place in such a list. New rows do not move it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) at: Moment,
    pub(super) id: String,
}

impl Cursor {
    /// The cursor after a row.
    pub fn after(at: Moment, id: &str) -> Self {
        Self { at, id: id.to_owned() }
    }

    /// Its opaque text form for the API.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.at.0.to_be_bytes()[..], self.id.as_bytes()].concat())
    }

    /// Parses the form of [`Cursor::encode`]; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, id) = bytes.split_at_checked(8)?;
        let id = std::str::from_utf8(id).ok().filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()))?;
        Some(Self { at: Moment(i64::from_be_bytes(at.try_into().ok()?)), id: id.to_owned() })
    }
}
