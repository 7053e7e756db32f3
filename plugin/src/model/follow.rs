//! When to look for news of a checkout: pure timing, fed by `update` and carried out by `live` and `api`.
//!
//! The stream is the fast way and may fail in silence (a proxy in between that holds it back, a phone that slept), so looking
//! is the truth: a stream that says nothing soon is given up, a broken one is tried again with growing pauses, each time with a
//! look beside it, and even an open one is checked now and then.

use super::Cmd;

/// How long a new stream may take to bring its first event, in milliseconds.
const PATIENCE: i64 = 5_000;
/// How often to look although the stream is open.
const CHECK: i64 = 30_000;
/// The first pause after a failure; it doubles with each.
const PAUSE: i64 = 1_000;
/// The longest pause.
const LONGEST: i64 = 15_000;
/// The beat of the timer, which also moves the time that is left.
const BEAT: i32 = 1_000;

/// The state of listening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    line: Line,
    /// When the next thing is due, whatever it is for this state.
    due: i64,
    failures: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Off,
    /// Opened, and nothing heard yet.
    Opening,
    /// Events come.
    Open,
    /// Broken; to be tried again.
    Lost,
}

impl Follow {
    /// Begins to listen, unless that is so already.
    pub(super) fn start(&mut self, now: i64, token: String, cmds: &mut Vec<Cmd>) {
        if self.line == Line::Off {
            *self = Self { line: Line::Opening, due: now + PATIENCE, failures: 0 };
            cmds.push(Cmd::Listen(token));
            cmds.push(Cmd::Tick(BEAT));
        }
    }

    /// Stops listening; a timer that is still running finds nothing to do.
    pub(super) fn stop(&mut self, cmds: &mut Vec<Cmd>) {
        if self.line != Line::Off {
            self.line = Line::Off;
            cmds.push(Cmd::Hush);
        }
    }

    /// An event came.
    pub(super) fn heard(&mut self, now: i64) {
        if self.line != Line::Off {
            *self = Self { line: Line::Open, due: now + CHECK, failures: 0 };
        }
    }

    /// The stream broke off.
    pub(super) fn lost(&mut self, now: i64, cmds: &mut Vec<Cmd>) {
        if self.line != Line::Off {
            let pause = (PAUSE << self.failures.min(4)).min(LONGEST);
            *self = Self { line: Line::Lost, due: now + pause, failures: self.failures + 1 };
            cmds.push(Cmd::Hush);
        }
    }

    /// A beat of the timer.
    pub(super) fn tick(&mut self, now: i64, token: String, cmds: &mut Vec<Cmd>) {
        if self.line == Line::Off {
            return;
        }
        if now >= self.due {
            cmds.push(Cmd::Read(token.clone()));
            match self.line {
                Line::Opening => self.lost(now, cmds),
                Line::Lost => {
                    self.line = Line::Opening;
                    self.due = now + PATIENCE;
                    cmds.push(Cmd::Listen(token));
                }
                Line::Open | Line::Off => self.due = now + CHECK,
            }
        }
        cmds.push(Cmd::Tick(BEAT));
    }
}
