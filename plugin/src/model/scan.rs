//! On a desktop the order is opened before anybody presses pay, so that a phone can scan it and pay. Both follow the same order: who
//! presses first, pays. Nothing waits for it and nothing is said when it fails: the button is there in any case.

use kvitt_wire::{Checkout, NewCheckout, State};

use super::{Cmd, Fault, Model, Screen};

impl Model {
    /// Has the order opened, if there may be a phone to scan it.
    pub(super) fn offer(&mut self, cmds: &mut Vec<Cmd>) {
        if let Some(new) = self.open_checkout().filter(|_| self.scannable) {
            cmds.push(Cmd::Create { key: self.repeat.new_key(), new });
        }
    }

    /// It is open; unless the page has gone on meanwhile, it is the order of this screen from now on.
    pub(super) fn opened(&mut self, new: &NewCheckout, answer: Result<Box<Checkout>, Fault>, cmds: &mut Vec<Cmd>) {
        let waiting = self.screen == Screen::Start && self.token.is_none() && !self.busy && !self.resting;
        if let Ok(checkout) = answer
            && waiting
            && checkout.state == State::Open
            && self.open_checkout().as_ref() == Some(new)
        {
            let token = checkout.token.clone();
            self.follow.start(self.now, token.clone(), cmds);
            (self.token, self.checkout, self.offered) = (Some(token), Some(*checkout), true);
        }
    }

    /// Somebody has pressed pay, here or on a phone; or nobody has in time, and then this screen stands as it did without it.
    pub(super) fn taken_up(&mut self, checkout: &Checkout, cmds: &mut Vec<Cmd>) {
        if checkout.state == State::Expired {
            self.take_back(cmds);
        } else {
            self.offered = false;
            self.sure = true;
            cmds.push(Cmd::Remember { key: self.order.key.clone(), token: checkout.token.clone() });
        }
    }

    /// The order of this screen is none that was opened.
    pub(super) fn take_back(&mut self, cmds: &mut Vec<Cmd>) {
        self.follow.stop(cmds);
        (self.token, self.checkout, self.offered) = (None, None, false);
    }

    fn open_checkout(&self) -> Option<NewCheckout> {
        let new = self.new_checkout()?;
        Some(NewCheckout { open: true, terms_accepted: false, consent: None, ..new })
    }
}
