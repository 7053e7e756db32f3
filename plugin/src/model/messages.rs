//! What goes in and out of [`update`](super::update): plain data, so that it can be written down, compared and replayed.
//!
//! Messages come from the page, the network and the clock; commands go to `app`, which carries them out. Neither holds a handle
//! to anything that lives.

use kvitt_wire::{Cart, Checkout, NewAttempt, NewCheckout, State};

use super::Order;
use crate::text::Words;

/// A remark on the current screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The terms have to be accepted first.
    TermsNeeded,
    /// There is no connection; it is being tried again.
    Offline,
    /// The cancellation did not go through.
    NotCancelled,
}

/// What the customer can do with a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Pay.
    Pay,
    /// Cancel the payment.
    Cancel,
    /// Try again, with the choice about the number as it stands.
    Again,
    /// Try again without sharing the number.
    AgainUnshared,
    /// Go on with the new price.
    Accept,
    /// Back to the button.
    Back,
    /// Print the confirmation.
    Print,
}

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer, or none that makes sense; trying again may help.
    Unreachable,
    /// The proxy cannot now, and may soon: it is overloaded, in trouble, or still busy with the same request.
    Busy {
        /// After how many milliseconds it wants to be asked again, if it says so.
        after: Option<i64>,
        /// Finds the request in the proxy's log.
        trace: String,
    },
    /// The proxy's own words.
    Problem {
        /// What happened, stable.
        code: String,
        /// Finds the request in the proxy's log.
        trace: String,
        /// With `price_changed`: the order at today's prices.
        cart: Option<Box<Cart>>,
    },
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Msg {
    /// The button was pressed.
    Opened,
    /// An order is remembered, or named by the address (`sure`: to be shown even if it is over).
    Resumed {
        /// Whose order.
        token: String,
        /// Whether it is to be shown even if it is over.
        sure: bool,
    },
    /// The attributes are others than before.
    Configured(Order),
    /// The words of another language are there.
    Spoken(Words),
    /// The customer pressed something.
    Pressed(Act),
    /// The customer ticked or unticked the terms.
    Terms(bool),
    /// The customer ticked or unticked the sharing of the number.
    Share(bool),
    /// The cart was priced, or not, for the order that was asked about.
    Priced(Box<Order>, Result<Box<Cart>, Fault>),
    /// An errand about a checkout was answered.
    Answered(Cmd, Result<Box<Checkout>, Fault>),
    /// The stream brought the checkout's newest state.
    Streamed(Box<Checkout>),
    /// The stream broke off.
    StreamLost,
    /// The timer ran out.
    Ticked,
    /// The page is seen again, has a network again, or came out of the back/forward cache.
    Woken,
    /// The element was taken out of the page.
    Rested,
}

/// What is to be done. The first five are errands: they end with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cmd {
    /// Have the order priced.
    Price,
    /// Open a checkout.
    Create {
        /// The same for the same request, however often it has to be sent.
        key: String,
        /// What is asked for.
        new: NewCheckout,
    },
    /// Look at the checkout.
    Read(String),
    /// Cancel the checkout.
    Cancel(String),
    /// Try to pay the checkout again.
    Retry {
        /// The same for the same request, however often it has to be sent.
        key: String,
        /// Which checkout.
        token: String,
        /// What is asked for.
        new: NewAttempt,
    },
    /// Listen to the checkout's stream.
    Listen(String),
    /// Stop listening.
    Hush,
    /// Wake me in so many milliseconds, instead of any time asked for before.
    Tick(i32),
    /// Go to Vipps MobilePay, unless the page prevents it.
    Leave {
        /// Where to, unchanged.
        url: String,
        /// Whose payment.
        token: String,
    },
    /// Remember the order for this tab.
    Remember {
        /// Under which name.
        key: String,
        /// Whose payment.
        token: String,
    },
    /// Forget it, if it is what is remembered.
    Forget {
        /// Under which name.
        key: String,
        /// Whose payment.
        token: String,
    },
    /// Move the keyboard to what is missing.
    Point,
    /// Tell the page.
    Tell(Event),
    /// Print the page.
    Print,
}

/// What the page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `kvitt:open`
    Open,
    /// `kvitt:state`
    State {
        /// Where the attempt stands.
        state: State,
        /// The payment's reference.
        reference: String,
        /// The checkout's token.
        token: String,
    },
    /// `kvitt:trouble`
    Trouble(String),
}
