//! The order desk.

use super::reader::Reader;

/// Whether there is one, and for how long a person is let in.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// Whether it is served at all.
    pub enabled: bool,
    /// How long a session lasts at most, in milliseconds.
    pub session_ms: i64,
    /// How long one lasts in which nobody does anything, in milliseconds.
    pub idle_ms: i64,
    /// How long a link is good that opens one, in milliseconds.
    pub link_ms: i64,
}

impl Desk {
    pub(super) fn read(desk: &mut Reader<'_>) -> Self {
        Self {
            enabled: desk.flag("enabled"),
            session_ms: desk.positive("session_ms"),
            idle_ms: desk.positive("idle_ms"),
            link_ms: desk.positive("link_ms"),
        }
    }
}
