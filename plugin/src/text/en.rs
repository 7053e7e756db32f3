//! English. What is said where is in [`Word`](super::Word); gaps are explained in the parent module.

use super::Word;

pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::YourOrder => "Your order",
        Word::Fetching => "One moment …",
        Word::Total => "Total",
        Word::Vat => "of which VAT {0}",
        Word::TermsBefore => "I accept the ",
        Word::TermsLink => "terms of sale",
        Word::TermsNeeded => "Accept the terms of sale to go on.",
        Word::ShareNumber => "Share my phone number with {0}",
        Word::ShareWhy => {
            "Optional. {0} can then send your next payment request straight to {1} on your phone. {1} asks you to confirm."
        }
        Word::Back => "Back",
        Word::Starting => "Getting the payment ready with {0} …",
        Word::WaitHeading => "Complete the payment in {0}",
        Word::WaitHow => "Open {0} on your phone and approve the payment.",
        Word::WaitHere => "This page updates by itself once you have paid.",
        Word::OpenApp => "Open {0}",
        Word::Cancel => "Cancel the payment",
        Word::NotCancelled => "We do not know whether the payment was cancelled. Check your connection and try again.",
        Word::Offline => "No connection just now. We keep trying.",
        Word::MinutesLeft => "{0} minutes left to pay",
        Word::MinuteLeft => "One minute left to pay",
        Word::SecondsLeft => "Less than half a minute left",
        Word::Thanks => "Thank you for your order",
        Word::Reserved => "{0} is reserved for {1} and is drawn when your order is sent.",
        Word::Captured => "{0} is paid to {1}.",
        Word::PartlyCaptured => "{0} is paid to {1} so far.",
        Word::Refunded => "{0} is refunded to you.",
        Word::PartlyRefunded => "{0} of the payment is refunded to you.",
        Word::Released => "The reservation is released. You pay nothing.",
        Word::Reference => "Reference",
        Word::Date => "Date",
        Word::PaidWith => "Paid with",
        Word::Number => "Phone number",
        Word::NumberEnding => "Shared, ending in {0}",
        Word::NumberComing => "Shared, on its way",
        Word::NumberKept => "Not shared",
        Word::Print => "Print",
        Word::Aborted => "The payment was stopped",
        Word::AbortedWhat => "You said no in {0} or went back. You have not paid anything.",
        Word::AbortedShared => {
            "If you would rather not share your phone number, you can pay without it. You have not paid anything to {0}."
        }
        Word::Expired => "The time ran out",
        Word::ExpiredWhat => "The payment was not approved in time. You have not paid anything, and can try again.",
        Word::Terminated => "The payment is cancelled",
        Word::TerminatedWhat => "You have not paid anything. You can pay whenever you are ready.",
        Word::Failed => "The payment could not be started",
        Word::FailedWhat => "{0} could not take the payment. You have not paid anything. Try again, or contact {1}.",
        Word::PriceChanged => "The price has changed",
        Word::PriceChangedWhat => "The total is not what the page showed. You have not paid anything.",
        Word::PriceShown => "Shown before",
        Word::PriceNow => "New total",
        Word::NotFound => "We cannot find this order",
        Word::NotFoundWhat => {
            "The link may be too old or incomplete. If you have paid, the payment is listed in the app."
        }
        Word::Unreachable => "We cannot reach the shop",
        Word::UnreachableWhat => {
            "Check your connection and try again. Nothing is paid until you approve it in the app."
        }
        Word::Refused => "This order cannot be paid here",
        Word::RefusedWhat => "Go back, reload the page and try again, or contact the shop.",
        Word::Code => "Code: {0}",
        Word::Again => "Try again",
        Word::AgainUnshared => "Pay without sharing my number",
        Word::Accept => "Continue with the new price",
    }
}
