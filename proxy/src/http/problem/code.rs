//! Every code that a problem can have, in one table: its status, what happened, and what to do about it.
//!
//! [`ApiError`](super::ApiError) holds a [`Code`] and takes the rest from here, so no problem can be answered that is not listed. The
//! description of the API, its pages under `/docs` and the types for the shop's backend are made from the same rows. A code is stable over
//! releases: it may be added, never renamed or given another status.

use axum::http::StatusCode;

macro_rules! codes {
    ($($name:ident = $status:ident $code:literal: $title:literal, $remedy:literal;)*) => {
        /// What went wrong with a request, as a program can act on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in the problem's `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The status that it is answered with, always.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What happened, in a short sentence for the developer.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What the caller can do about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    MalformedJson = BAD_REQUEST "malformed_json": "The body could not be read",
        "Send JSON with the fields that the description names; `detail` says where it went wrong.";
    MalformedBody = BAD_REQUEST "malformed_body": "The body could not be read",
        "Send the fields that the description names; `detail` says where it went wrong.";
    MalformedQuery = BAD_REQUEST "malformed_query": "The query could not be read",
        "Correct the address; `detail` says which part of it.";
    BadIdempotencyKey = BAD_REQUEST "bad_idempotency_key": "The Idempotency-Key could not be read",
        "Send one, of visible characters, such as a UUID.";
    IdempotencyKeyRequired = BAD_REQUEST "idempotency_key_required": "What moves money must come with an Idempotency-Key",
        "Send one that is new for each intention and the same for each repeat of it, such as the number of the parcel.";
    BadCursor = BAD_REQUEST "bad_cursor": "after must be what an earlier answer has given as next",
        "Send `next` of the page before as it was, or begin again without `after`.";
    BadSignature = UNAUTHORIZED "bad_signature": "The signature does not hold",
        "This address is for Vipps MobilePay. Where its webhooks are refused, `kvitt doctor` says what is wrong: the secret, `public_url`, or the clock.";
    Unauthorized = UNAUTHORIZED "unauthorized": "A shop key is required",
        "Send `Authorization: Bearer …` with a key that `kvitt keys add` printed and nobody has revoked.";
    LoginRefused = UNAUTHORIZED "login_refused": "This does not open the order desk",
        "Show a key that nobody has revoked, or another link from `kvitt desk`: one is good once, and for some minutes.";
    OriginNotAllowed = FORBIDDEN "origin_not_allowed": "This origin may not use the checkout",
        "Add the page's origin to `allowed_origins` of the proxy.";
    NotFound = NOT_FOUND "not_found": "There is nothing at this address",
        "Check the token, reference or id. What is somebody else's, or gone, is answered the same.";
    MethodNotAllowed = METHOD_NOT_ALLOWED "method_not_allowed": "This address does not take that method",
        "Use one that the description names.";
    PriceChanged = CONFLICT "price_changed": "The price has changed since it was shown",
        "Show the customer `cart`, which has today's prices, and let them press again.";
    IdempotencyInProgress = CONFLICT "idempotency_in_progress": "The same request is being worked on; ask again shortly",
        "Repeat it with the same key after `Retry-After` seconds.";
    NotRetryable = CONFLICT "not_retryable": "The order cannot be tried again now",
        "Read the order: it is paid, or its attempt is being cancelled or would share more than the customer says yes to here.";
    OfferEnded = CONFLICT "offer_ended": "The order can no longer be paid",
        "Open a new one: the time to pay is over, or the shop has taken it back.";
    NotWithdrawable = CONFLICT "not_withdrawable": "The order cannot be withdrawn",
        "Read the order: it is paid, in which case `cancel` or `refund` it, or it was not offered to be paid later.";
    TooManyAttempts = CONFLICT "too_many_attempts": "The order was tried too often",
        "Open a new order: this one was tried as often as one may be.";
    NotPaid = CONFLICT "not_paid": "The order is not paid",
        "Wait for `checkout.authorized`: there is no money yet that could be moved.";
    ExceedsWhatIsLeft = CONFLICT "exceeds_what_is_left": "There is less left than that",
        "Read the order's `aggregate` and ask for no more than `detail` says is left.";
    ExceedsWhatWasOrdered = CONFLICT "exceeds_what_was_ordered": "There are fewer pieces left than that",
        "Read the order's operations: somebody may have captured, or given back, those pieces already. `detail` says how many are left.";
    CaptureUnderWay = CONFLICT "capture_under_way": "A capture has not been answered yet",
        "Ask again when the capture has been answered: until then Vipps MobilePay could let go of what is being captured.";
    TooManyOperations = CONFLICT "too_many_operations": "The payment was operated on too often",
        "Do the rest in the portal of Vipps MobilePay: this payment has had as many operations as are kept.";
    EndpointDisabled = CONFLICT "endpoint_disabled": "The endpoint is disabled",
        "Put right why it was disabled, enable it, and ask again.";
    OperationRefused = CONFLICT "operation_refused": "Vipps MobilePay has refused it",
        "`detail` has the code of Vipps MobilePay and what to do about it. Asking again needs a new Idempotency-Key.";
    BodyTooLarge = PAYLOAD_TOO_LARGE "body_too_large": "The body is too large",
        "Send less; `limits.body_bytes` of the proxy says how much it reads.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type": "The body is of a type that is not read here",
        "Send it as `detail` says, with the Content-Type to match.";
    TermsNotAccepted = UNPROCESSABLE_ENTITY "terms_not_accepted": "The terms must be accepted before a payment is created",
        "Have the customer accept the terms, and send `terms_accepted: true`.";
    WrongCurrency = UNPROCESSABLE_ENTITY "wrong_currency": "The sales unit takes another currency",
        "Use the currency of the sales unit's market.";
    UnknownSalesUnit = UNPROCESSABLE_ENTITY "unknown_sales_unit": "There is no such sales unit",
        "Use a name from the proxy's configuration, or leave it out for the first one.";
    BadReturnUrl = UNPROCESSABLE_ENTITY "bad_return_url": "return_url must be on an allowed origin",
        "Use an address on one of `allowed_origins`.";
    BadWording = UNPROCESSABLE_ENTITY "bad_wording": "consent.wording must name the version of the words",
        "Send the version of the words that the customer was shown, so that it can be looked up later.";
    BadExpiry = UNPROCESSABLE_ENTITY "bad_expiry": "expires_in_s must be 60 to 15552000 seconds",
        "Leave it out for the time in the proxy's configuration, or stay within a minute and 180 days.";
    BadDescription = UNPROCESSABLE_ENTITY "bad_description": "description must have 3 to 100 characters, none of them a control character",
        "Leave it out for the articles' names, or say it in fewer words.";
    UnknownCustomer = UNPROCESSABLE_ENTITY "unknown_customer": "There is no such customer at this sales unit",
        "Look the id up again: the customer may have been erased. Without a customer there is a link to send.";
    NoConsent = UNPROCESSABLE_ENTITY "no_consent": "The customer has not said yes to being sent payment requests",
        "Ask the customer first, and send the version of the words as `consent.wording`; or leave the customer out and send the link.";
    BadAddressee = UNPROCESSABLE_ENTITY "bad_addressee": "customer must have either an id, or a phone_number with a consent",
        "Name the customer in one of the two ways.";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY "idempotency_key_reused": "This Idempotency-Key was used for another request",
        "Use a new key for another intention. A repeat must be the same, byte for byte.";
    BadDetailsUrl = UNPROCESSABLE_ENTITY "bad_details_url": "details_url must be an https address",
        "Use the address of a public page, 2000 characters at most, that needs no session.";
    BadImage = UNPROCESSABLE_ENTITY "bad_image": "That picture cannot be used",
        "Correct what `detail` names: a PNG or JPEG in base64, at least 167 pixels high and at most 2 MB, and a plain name.";
    BadEndpoint = UNPROCESSABLE_ENTITY "bad_endpoint": "That address is not called",
        "Use a public https address without user name or password; others only within `relay.allowed_networks` of the proxy.";
    UnknownEvent = UNPROCESSABLE_ENTITY "unknown_event": "There is no such event",
        "Use one of those that `detail` names.";
    BadPhoneNumber = UNPROCESSABLE_ENTITY "bad_phone_number": "That is no telephone number",
        "Write it with its country code, such as +47 400 00 001.";
    BadAmount = UNPROCESSABLE_ENTITY "bad_amount": "The amount must be more than nothing",
        "Ask for an amount above zero, in minor units.";
    BadLines = UNPROCESSABLE_ENTITY "bad_lines": "lines must be 100 at most, each with a sku of 1 to 64 characters, none of them a control character, and a quantity of 1 to 9999",
        "Leave out or shorten what is too much; lines are a record and move no money.";
    EmptyCart = UNPROCESSABLE_ENTITY "empty_cart": "The cart is empty",
        "Put something into the cart.";
    TooManyLines = UNPROCESSABLE_ENTITY "too_many_lines": "The cart has too many lines",
        "Put fewer articles into one order.";
    UnknownSku = UNPROCESSABLE_ENTITY "unknown_sku": "There is no such article",
        "Use an article of the proxy's catalogue; `detail` names the one that is none.";
    BadQuantity = UNPROCESSABLE_ENTITY "bad_quantity": "There cannot be so many of an article",
        "Ask for 1 to 999 of an article.";
    BadTotal = UNPROCESSABLE_ENTITY "bad_total": "The total is not one that can be paid",
        "Stay within what Vipps MobilePay takes in one payment; `detail` says how much that is.";
    MalformedItems = UNPROCESSABLE_ENTITY "malformed_items": "The items could not be read",
        "Write `sku:quantity`, separated by commas.";
    BadVat = UNPROCESSABLE_ENTITY "bad_vat": "The VAT of a line does not add up",
        "Correct the VAT of the line that `detail` names.";
    BadLine = UNPROCESSABLE_ENTITY "bad_line": "A line says something that no line may",
        "Correct the line that `detail` names.";
    DuplicateSku = UNPROCESSABLE_ENTITY "duplicate_sku": "Two lines have the same sku",
        "Make one line of them.";
    LineTotalMismatch = UNPROCESSABLE_ENTITY "line_total_mismatch": "A line's total is not what its price, quantity and discount make",
        "Leave `total` out, or reckon in whole minor units as `detail` does.";
    CartLinesMismatch = UNPROCESSABLE_ENTITY "cart_lines_mismatch": "The lines do not make the total",
        "Correct them by the difference that `detail` names; a drift of roundings goes on a line of its own with `rounding: \"line\"`.";
    ItemsAndSignedCart = UNPROCESSABLE_ENTITY "items_and_signed_cart": "Either items or signed_cart, not both",
        "Leave one of them out: it would be ignored.";
    MalformedSignedCart = UNPROCESSABLE_ENTITY "malformed_signed_cart": "The signed cart could not be read",
        "Sign a compact JWS as the examples do; `detail` says what was expected.";
    UnknownCartKey = UNPROCESSABLE_ENTITY "unknown_cart_key": "There is no such key for carts",
        "Put the name of a `[[cart_key]]` of the proxy into `kid`, one that may sign for this sales unit.";
    CartSignatureInvalid = UNPROCESSABLE_ENTITY "cart_signature_invalid": "The signed cart's signature does not hold",
        "Sign with HS256 and the secret of that `kid`, its bytes as they are written, and pass the cart on unaltered.";
    CartExpired = UNPROCESSABLE_ENTITY "cart_expired": "The signed cart has expired",
        "Have the page loaded anew: the shop signs the cart with each page.";
    CartNotYetValid = UNPROCESSABLE_ENTITY "cart_not_yet_valid": "The signed cart is from the future",
        "Set the clocks of the shop and of the proxy: they may be a minute apart.";
    CartLivesTooLong = UNPROCESSABLE_ENTITY "cart_lives_too_long": "The signed cart would be good for too long",
        "Sign it with an earlier `exp`; `signed_cart.max_life_ms` of the proxy says how far away it may be.";
    WrongCartAudience = UNPROCESSABLE_ENTITY "wrong_cart_audience": "The signed cart is for another proxy",
        "Sign it with `aud` set to this proxy's `public_url`, which `detail` has.";
    WrongSalesUnit = UNPROCESSABLE_ENTITY "wrong_sales_unit": "The signed cart is for another sales unit",
        "Ask for the sales unit that the cart names, or for none.";
    RateLimited = TOO_MANY_REQUESTS "rate_limited": "Asked too often; try again later",
        "Wait for `Retry-After` seconds.";
    Internal = INTERNAL_SERVER_ERROR "internal": "Something went wrong on our side",
        "Repeat it with the same Idempotency-Key. If it stays, look for `trace_id` in the proxy's log.";
    Busy = SERVICE_UNAVAILABLE "busy": "There is too much to do; try again shortly",
        "Repeat it with the same Idempotency-Key after `Retry-After` seconds: nothing was done.";
    NotReady = SERVICE_UNAVAILABLE "not_ready": "The proxy is not ready",
        "Wait; `detail` names what is in the way.";
}

impl Code {
    /// Where it is explained, on the proxy itself: the problem's `type`.
    pub fn url(self) -> String {
        format!("/docs/problems#{}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_is_one_and_says_what_to_do() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len(), "two codes have the same word");
        for code in Code::ALL {
            let plain = code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(plain && code.status().as_u16() >= 400, "{code:?}");
            assert!(code.remedy().ends_with('.') && !code.title().ends_with('.'), "{code:?}");
        }
    }
}
