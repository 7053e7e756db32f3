//! Scan to pay: a desktop opens the order before the customer pays, so that a phone can scan its QR and pay the same order.
//!
//! `update` calls this when the start screen comes, when the proxy answers, and when the open order changes. The widget follows the
//! order, so whichever device pays first, both show the payment. Scan to pay must never block the pay button or show an error: when it
//! fails, the start screen simply has no QR.

use kvitt_wire::{Checkout, State};

use super::{Cmd, Model, RequestError, Screen};
use crate::json::Json;

impl Model {
    /// Asks the proxy to open the order, if this device may show a QR.
    pub(super) fn open_for_scan(&mut self, cmds: &mut Vec<Cmd>) {
        if let Some(new) = self.new_checkout(true).filter(|_| self.scan_allowed) {
            cmds.push(Cmd::Create { key: self.retries.new_key(), open: true, new });
        }
    }

    /// Takes over the open order that the proxy answers with, if the start screen still shows the same cart and nothing else has begun.
    pub(super) fn opened_for_scan(
        &mut self,
        new: &Json,
        answer: Result<Box<Checkout>, RequestError>,
        cmds: &mut Vec<Cmd>,
    ) {
        let waiting = self.screen == Screen::Start && self.token.is_none() && !self.busy && !self.disconnected;
        if let Ok(checkout) = answer
            && waiting
            && checkout.state == State::Open
            && self.new_checkout(true).as_ref() == Some(new)
        {
            let token = checkout.token.clone();
            self.subscription.start(self.now, token.clone(), cmds);
            (self.token, self.checkout, self.scan_ready) = (Some(token), Some(*checkout), true);
        }
    }

    /// The order is no longer open. If it expired, the start screen goes on without it; otherwise somebody pays, here or on a phone.
    pub(super) fn scan_order_changed(&mut self, checkout: &Checkout, cmds: &mut Vec<Cmd>) {
        if checkout.state == State::Expired {
            self.drop_scan_order(cmds);
        } else {
            self.scan_ready = false;
            self.show_final = true;
            cmds.push(Cmd::StoreToken { key: self.order.storage_key.clone(), token: checkout.token.clone() });
        }
    }

    /// Stops following the open order; the start screen goes on without it.
    pub(super) fn drop_scan_order(&mut self, cmds: &mut Vec<Cmd>) {
        self.subscription.stop(cmds);
        (self.token, self.checkout, self.scan_ready) = (None, None, false);
    }
}
