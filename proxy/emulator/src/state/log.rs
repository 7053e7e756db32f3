//! The log that the control API shows: recent API calls and webhook attempts. Its length is limited, so that a long run does not fill the memory.

use std::collections::VecDeque;

use serde_json::Value;

/// A log of limited length: a new line replaces the oldest one.
#[derive(Default, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct BoundedLog(VecDeque<Value>);

impl BoundedLog {
    const MOST: usize = 10_000;

    pub(crate) fn push(&mut self, line: Value) {
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
