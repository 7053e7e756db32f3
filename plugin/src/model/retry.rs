//! Asking again: under the same key when an answer was lost, and after a pause when the proxy asks for one.
//!
//! A request that begins a payment may have been carried out although nobody heard of it. It keeps its key until it is answered,
//! so that asking for the same thing once more cannot begin a second one; something else is asked for under another key. The key is
//! made of the element's salt, which comes from outside and cannot be guessed: who has a key could have the answer replayed.

use super::Cmd;

/// How long a lost answer is asked for, in milliseconds. The payment lives ten minutes, and the customer needs some of them.
const KEPT: i64 = 300_000;
/// How long the customer waits for a proxy that asks for patience, in milliseconds.
const PATIENCE: i64 = 15_000;

/// What was asked, and may have to be asked again.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeat {
    salt: String,
    /// How many keys have been made.
    keys: u32,
    /// The last request with a key, and when it was asked first; until it is answered.
    lost: Option<(i64, Cmd)>,
    /// What is to be asked again, and when.
    later: Option<(i64, Cmd)>,
    /// Until when a pause is waited for.
    until: i64,
}

impl Repeat {
    pub(super) fn new(salt: String) -> Self {
        Self { salt, ..Self::default() }
    }

    /// The errand with its key: as it was, if it was not answered, else with a new one.
    pub(super) fn keyed(&mut self, now: i64, mut errand: Cmd) -> Cmd {
        if let Some((since, lost)) = &self.lost
            && now - since < KEPT
            && same(lost, &errand)
        {
            return lost.clone();
        }
        let fresh = self.new_key();
        if let Cmd::Create { key, .. } | Cmd::Retry { key, .. } = &mut errand {
            *key = fresh;
        }
        self.lost = Some((now, errand.clone()));
        errand
    }

    /// An errand was answered, in whatever way: it is not asked again under its key.
    pub(super) fn answered(&mut self, errand: &Cmd) {
        if matches!(errand, Cmd::Create { .. } | Cmd::Retry { .. }) {
            self.lost = None;
        }
    }

    /// Whether it is not known what became of a press on pay for that order.
    pub(super) fn is_lost(&self, of: &str) -> bool {
        matches!(&self.lost, Some((_, Cmd::Retry { token, .. })) if token == of)
    }

    /// What became of it is known in another way, or nobody wants to know any more.
    pub(super) fn forget(&mut self) {
        self.lost = None;
    }

    /// The customer begins to wait for something.
    pub(super) fn begin(&mut self, now: i64) {
        self.later = None;
        self.until = now + PATIENCE;
    }

    /// Plans an errand again after a pause, in milliseconds, if the customer may be kept waiting for so long.
    pub(super) fn plan(&mut self, now: i64, pause: i64, errand: &Cmd) -> bool {
        let patient = now + pause <= self.until;
        if patient {
            self.later = Some((now + pause, errand.clone()));
        }
        patient
    }

    /// Whether something is planned.
    pub(super) fn is_planned(&self) -> bool {
        self.later.is_some()
    }

    /// Gives up what is planned, if anything is.
    pub(super) fn give_up(&mut self) -> bool {
        self.later.take().is_some()
    }

    /// What is due. Nothing is ever due later than the patience lasts, unless the clock was put back.
    pub(super) fn due(&mut self, now: i64) -> Option<Cmd> {
        let later = self.later.take_if(|(due, _)| now >= *due || *due - now > PATIENCE);
        later.map(|(_, errand)| errand)
    }

    pub(super) fn new_key(&mut self) -> String {
        let mut key = self.salt.clone();
        key.push('-');
        let mut rest = self.keys;
        while rest > 0 {
            key.push(char::from(b'a' + (rest % 16) as u8));
            rest /= 16;
        }
        self.keys += 1;
        key
    }
}

/// Whether both ask for the same thing, whatever their keys.
fn same(one: &Cmd, other: &Cmd) -> bool {
    match (one, other) {
        (Cmd::Create { new: one, .. }, Cmd::Create { new: other, .. }) => one == other,
        (Cmd::Retry { token: order, new: one, .. }, Cmd::Retry { token, new: other, .. }) => {
            order == token && one == other
        }
        _ => false,
    }
}
