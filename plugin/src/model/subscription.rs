//! When to look for news of a checkout: pure timing, fed by `update` and carried out by `stream` and `api`.
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
pub(super) const BEAT: i32 = 1_000;

/// The state of listening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    line: Line,
    /// When the next thing is due, whatever it is for this state.
    due: i64,
    /// When the first event came.
    since: i64,
    failures: u32,
    /// From the token: customers whom one restart cut off do not all come back in one moment.
    spread: i64,
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
            let spread = token.bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 128);
            *self = Self { line: Line::Opening, due: now + PATIENCE, since: now, failures: 0, spread };
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
            if self.line != Line::Open {
                self.since = now;
            }
            self.line = Line::Open;
            self.due = now + CHECK;
        }
    }

    /// The stream broke off.
    pub(super) fn lost(&mut self, now: i64, cmds: &mut Vec<Cmd>) {
        if self.line != Line::Off {
            // A line that breaks as soon as it stands is no better than one that never did.
            if self.line == Line::Open && now - self.since > PATIENCE {
                self.failures = 0;
            }
            let pause = (PAUSE << self.failures.min(4)).min(LONGEST);
            self.line = Line::Lost;
            self.due = now + pause * (192 + self.spread) / 256;
            self.failures += 1;
            cmds.push(Cmd::Hush);
        }
    }

    /// A beat of the timer.
    pub(super) fn tick(&mut self, now: i64, token: String, cmds: &mut Vec<Cmd>) {
        if self.line == Line::Off {
            return;
        }
        // Nothing is ever due later than that, unless the clock was put back.
        if now >= self.due || self.due - now > CHECK {
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
