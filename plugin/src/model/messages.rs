//! The messages that go into [`update`](super::update) and the commands that come out.
//!
//! Messages come from the page, the network and the timer. Commands go to `app`, which carries them out. Both are plain data, so tests
//! can write them down, compare them and replay them. They must never hold a handle to the page, the network or a timer.

use kvitt_wire::{Cart, Checkout, State};

use super::order::Order;
use crate::json::Json;
use crate::text::Words;

/// A short message on the current screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The customer has to accept the terms first.
    TermsNeeded,
    /// There is no connection; the widget keeps trying.
    Offline,
    /// The request to cancel got no answer.
    NotCancelled,
}

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Pay.
    Pay,
    /// Cancel the payment.
    Cancel,
    /// Try again; the choice about the telephone number stays.
    Retry,
    /// Try again without sharing the telephone number.
    RetryUnshared,
    /// Accept the new price.
    AcceptPrice,
    /// Go back to the pay button.
    Back,
    /// Print the confirmation.
    Print,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No answer, or one that cannot be read. A retry may help.
    Unreachable,
    /// The proxy cannot answer now: it is overloaded, has an internal error, or still works on the same request. A retry may help.
    Busy {
        /// The pause that the proxy asks for (`Retry-After`), in milliseconds.
        retry_after: Option<i64>,
        /// The request's trace id in the proxy's log.
        trace_id: String,
    },
    /// The proxy refused the request.
    Problem {
        /// The problem's stable code.
        code: String,
        /// The request's trace id in the proxy's log.
        trace_id: String,
        /// With `price_changed`: the order at today's prices.
        cart: Option<Box<Cart>>,
    },
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Msg {
    /// The customer pressed the element's pay button.
    Opened,
    /// The element is to show an order that exists: the page or the address names it, or the tab has stored it.
    Resumed {
        /// The order's token.
        token: String,
        /// Show the order even if its state is final.
        show_final: bool,
    },
    /// The attributes changed.
    Configured(Order),
    /// The texts of another language have been loaded.
    LanguageLoaded(Words),
    /// The customer pressed a button.
    Pressed(Action),
    /// The customer ticked or unticked the terms.
    Terms(bool),
    /// The customer ticked or unticked the sharing of the telephone number.
    Share(bool),
    /// The answer to [`Cmd::Price`], and the order that it was sent for.
    Priced(Box<Order>, Result<Box<Cart>, RequestError>),
    /// The answer to a request about a checkout, and that request.
    Responded(Cmd, Result<Box<Checkout>, RequestError>),
    /// The stream brought the checkout's newest state.
    Streamed(Box<Checkout>),
    /// The stream broke.
    StreamLost,
    /// The stream has ended for good: nothing more will happen to the order.
    StreamEnded,
    /// The page is not visible any more.
    Hidden,
    /// Another tab or element pays the same cart; this is the order's token.
    Shared(String),
    /// The answer to [`Cmd::Claim`] for the order with this token: whether this page reports its purchase. Unknown without an answer.
    Claimed(String, Option<bool>),
    /// The timer fired.
    Ticked,
    /// The element is in the page again; or the page is visible again, online again, or back from the back/forward cache.
    Reactivated,
    /// The element was removed from the page.
    Disconnected,
}

/// What `app` is to do. The first six are requests to the proxy: each ends with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cmd {
    /// Get the cart at the proxy's prices.
    Price,
    /// Create a checkout.
    Create {
        /// The idempotency key. A retry of the same request has the same key.
        key: String,
        /// Whether the order is only opened, for scan to pay.
        open: bool,
        /// The request's body: a `kvitt_wire::NewCheckout`.
        new: Json,
    },
    /// Read the checkout with this token.
    Read(String),
    /// Cancel the checkout with this token.
    Cancel(String),
    /// Start another attempt to pay a checkout; the first one when the checkout is open.
    Attempt {
        /// The idempotency key. A retry of the same request has the same key.
        key: String,
        /// The checkout's token.
        token: String,
        /// The request's body: a `kvitt_wire::NewAttempt`.
        new: Json,
    },
    /// Ask whether this page is the one that reports the purchase of the checkout with this token.
    Claim {
        /// The random text that tells this element from others.
        claim: String,
        /// The checkout's token.
        token: String,
    },
    /// Open the stream of the checkout with this token.
    Listen(String),
    /// Close the stream.
    StopListening,
    /// Send [`Msg::Ticked`] in so many milliseconds. This replaces the timer that is running.
    Tick(i32),
    /// Go to Vipps MobilePay, unless the page prevents it.
    Leave {
        /// The payment's address, unchanged.
        url: String,
        /// The order's token.
        token: String,
    },
    /// Store the order's token in the tab.
    StoreToken {
        /// The key in the tab's storage.
        key: String,
        /// The order's token.
        token: String,
    },
    /// Remove the order's token from the tab, unless another token has replaced it.
    RemoveToken {
        /// The key in the tab's storage.
        key: String,
        /// The order's token.
        token: String,
    },
    /// Move the focus to the field that has to be filled in.
    FocusMissing,
    /// Dispatch an event on the element.
    Emit(Event),
    /// Forget the random text of the customer's cart, which is bought.
    Forget,
    /// Print the page.
    Print,
}

/// An event for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `kvitt:open`
    Open,
    /// `kvitt:state`
    State {
        /// The state of the checkout's current attempt.
        state: State,
        /// The payment's reference.
        reference: String,
        /// The checkout's token.
        token: String,
        /// Whether it was so before, as when a page shows an order again.
        replayed: bool,
    },
    /// `kvitt-purchase`: once for an order, over all its pages
    Purchase(Json),
    /// `kvitt:trouble`, with its code
    Trouble(String),
}
