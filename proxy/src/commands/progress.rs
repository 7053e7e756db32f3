//! That something takes its time, shown on a terminal's standard error and nowhere else. What is shown goes away when it is dropped.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(120);

/// Something that ends when it ends.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Until that has come about.
    pub(crate) fn for_what(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(TICK);
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Something that is done one after the other.
pub(crate) struct Counting(ProgressBar);

impl Counting {
    /// So many of them; none when nobody knows.
    pub(crate) fn of(total: Option<u64>, what: &'static str) -> Self {
        let template = match total {
            Some(_) => "{bar:30} {pos} of {len} {msg}",
            None => "{spinner} {pos} {msg}",
        };
        let style = ProgressStyle::with_template(template).expect("a template that reads");
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        Self(bar.with_style(style).with_message(what))
    }

    /// So many more are done.
    pub(crate) fn done(&self, more: u64) {
        self.0.inc(more);
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
