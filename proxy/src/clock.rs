//! The one place that reads the clock. The core is handed what it says.

use crate::checkout::Moment;

/// Now.
pub fn now() -> Moment {
    Moment(jiff::Timestamp::now().as_millisecond())
}
