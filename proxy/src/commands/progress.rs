//! Progress on standard error, only on a terminal. Dropping a spinner or counter removes it from the screen.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK_INTERVAL: Duration = Duration::from_millis(120);

/// A spinner for work of unknown length.
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    /// Shows the spinner.
    pub(crate) fn start(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(TICK_INTERVAL);
        Self(bar)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A counter of steps.
pub(crate) struct Counter(ProgressBar);

impl Counter {
    /// Shows the counter, with a bar when the total is known.
    pub(crate) fn start(total: Option<u64>, what: &'static str) -> Self {
        let template = match total {
            Some(_) => "{bar:30} {pos} of {len} {msg}",
            None => "{spinner} {pos} {msg}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        Self(bar.with_style(style).with_message(what))
    }

    /// Adds steps that are done.
    pub(crate) fn add(&self, more: u64) {
        self.0.inc(more);
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
