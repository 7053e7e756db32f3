//! Retries: the same idempotency key after a lost answer, and an automatic retry after the pause that the proxy asks for.
//!
//! The proxy may have carried out a request that begins a payment although its answer was lost. So such a request keeps its key until
//! it is answered: sending it again cannot begin a second payment. A different request gets a different key. Keys start with the
//! element's random salt, because whoever knows a key could have the answer replayed. This module must never make a key that can be
//! guessed, and must not read a clock.

use super::messages::Cmd;

/// How long an unanswered request keeps its key, in milliseconds. A payment expires after ten minutes, and the customer needs some of them.
const KEY_LIFETIME_MS: i64 = 300_000;
/// How long the customer waits for automatic retries, in milliseconds.
const MAX_WAIT_MS: i64 = 15_000;

/// What the keys of an element differ by.
const LETTERS: &str = "abcdefghijklmnop";

/// The requests that may be sent again.
#[derive(Clone, Debug, Default)]
pub(super) struct Retries {
    salt: String,
    /// How many keys have been made.
    key_count: u32,
    /// The last request with a key and when it was first sent, until it is answered.
    unanswered: Option<(i64, Cmd)>,
    /// The request that is retried automatically, and when.
    scheduled: Option<(i64, Cmd)>,
    /// Automatic retries end at this time.
    deadline: i64,
}

impl Retries {
    pub(super) fn new(salt: String) -> Self {
        Self { salt, ..Self::default() }
    }

    /// The request with its key: the old key if the same request is unanswered, else a new one.
    pub(super) fn with_key(&mut self, now: i64, mut request: Cmd) -> Cmd {
        if let Some((since, unanswered)) = &self.unanswered
            && now - since < KEY_LIFETIME_MS
            && same_request(unanswered, &request)
        {
            return unanswered.clone();
        }
        let new_key = self.new_key();
        if let Cmd::Create { key, .. } | Cmd::Attempt { key, .. } = &mut request {
            *key = new_key;
        }
        self.unanswered = Some((now, request.clone()));
        request
    }

    /// The proxy answered a request, with a success or a problem; its key is not used again.
    pub(super) fn answered(&mut self, request: &Cmd) {
        if matches!(request, Cmd::Create { .. } | Cmd::Attempt { .. }) {
            self.unanswered = None;
        }
    }

    /// Whether an attempt to pay this order is unanswered, so that it may have begun.
    pub(super) fn is_unanswered(&self, order: &str) -> bool {
        matches!(&self.unanswered, Some((_, Cmd::Attempt { token, .. })) if token == order)
    }

    /// Drops the unanswered request: its outcome is known in another way, or no longer matters.
    pub(super) fn discard_unanswered(&mut self) {
        self.unanswered = None;
    }

    /// The customer begins to wait for a request.
    pub(super) fn start_wait(&mut self, now: i64) {
        self.scheduled = None;
        self.deadline = now + MAX_WAIT_MS;
    }

    /// Schedules a retry after a pause in milliseconds, if it ends before the deadline. Returns whether it does.
    pub(super) fn schedule(&mut self, now: i64, pause: i64, request: &Cmd) -> bool {
        let in_time = now + pause <= self.deadline;
        if in_time {
            self.scheduled = Some((now + pause, request.clone()));
        }
        in_time
    }

    /// Whether a retry is scheduled.
    pub(super) fn is_scheduled(&self) -> bool {
        self.scheduled.is_some()
    }

    /// Cancels the scheduled retry. Returns whether there was one.
    pub(super) fn cancel(&mut self) -> bool {
        self.scheduled.take().is_some()
    }

    /// The request whose retry is due. A retry is never due later than the longest wait, unless the clock was set back.
    pub(super) fn take_due(&mut self, now: i64) -> Option<Cmd> {
        let scheduled = self.scheduled.take_if(|(due, _)| now >= *due || *due - now > MAX_WAIT_MS);
        scheduled.map(|(_, request)| request)
    }

    pub(super) fn new_key(&mut self) -> String {
        let mut key = self.salt.clone();
        key.push('-');
        let mut rest = self.key_count;
        while rest > 0 {
            let letter = (rest % 16) as usize;
            key.push_str(LETTERS.get(letter..=letter).unwrap_or_default());
            rest /= 16;
        }
        self.key_count += 1;
        key
    }
}

/// Whether both requests ask for the same, whatever their keys.
fn same_request(one: &Cmd, other: &Cmd) -> bool {
    match (one, other) {
        (Cmd::Create { new: one, .. }, Cmd::Create { new: other, .. }) => one == other,
        (Cmd::Attempt { token: order, new: one, .. }, Cmd::Attempt { token, new: other, .. }) => {
            order == token && one == other
        }
        _ => false,
    }
}
