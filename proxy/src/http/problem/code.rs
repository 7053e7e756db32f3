//! The table of problem codes: for each its status, its title (what is wrong), and its remedy (what the caller can do).
//!
//! [`ApiError`](super::ApiError) holds a [`Code`], so every problem is one of this table. The API's description, the pages under `/docs` and
//! the types for the shop's backend are made from it. Codes are stable: a release may add one, and never renames one or changes its status.

use axum::http::StatusCode;

macro_rules! codes {
    ($($name:ident = $status:ident $code:literal: $title:literal, $remedy:literal;)*) => {
        /// The code of a problem, for a program to act on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The value of the problem's `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The status of every response with this code.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What is wrong, in a short sentence for a developer.
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
    MalformedJson = BAD_REQUEST "malformed_json": "The JSON body cannot be parsed",
        "Send JSON with the fields that the API's description lists; `detail` says where the error is.";
    MalformedBody = BAD_REQUEST "malformed_body": "The body cannot be parsed",
        "Send the fields that the API's description lists; `detail` says where the error is.";
    MalformedQuery = BAD_REQUEST "malformed_query": "The query cannot be parsed",
        "Correct the query; `detail` says which parameter is wrong.";
    BadHost = BAD_REQUEST "bad_host": "The request does not name one host",
        "Send one `Host` header: HTTP/1.1 requires it.";
    BadIdempotencyKey = BAD_REQUEST "bad_idempotency_key": "The Idempotency-Key is malformed",
        "Send one key of visible ASCII characters, such as a UUID.";
    IdempotencyKeyRequired = BAD_REQUEST "idempotency_key_required": "This operation requires an Idempotency-Key",
        "Send a new key for each intention, and the same key for each retry of it, such as the number of the parcel.";
    BadCursor = BAD_REQUEST "bad_cursor": "after is not a cursor of this list",
        "Send `next` of the previous page unchanged, or start again without `after`.";
    BadSignature = UNAUTHORIZED "bad_signature": "The signature is invalid",
        "Only Vipps MobilePay calls this address. If its webhooks are refused, `kvitt doctor` says why: the secret, `public_url`, or the clock.";
    Unauthorized = UNAUTHORIZED "unauthorized": "A shop key is required",
        "Send `Authorization: Bearer …` with a key from `kvitt keys add` that is not revoked.";
    LoginRefused = UNAUTHORIZED "login_refused": "The credentials do not log in at the order desk",
        "Use a shop key that is not revoked, or a new link from `kvitt desk`: a link logs in once, and expires after some minutes.";
    OriginNotAllowed = FORBIDDEN "origin_not_allowed": "The page's origin is not allowed",
        "Add the page's origin to `allowed_origins` of the proxy.";
    RoleNotAllowed = FORBIDDEN "role_not_allowed": "The role of the shop key or session does not allow this",
        "Use a key or a login of the role that `detail` names: `kvitt keys add --role`, `kvitt desk --role`.";
    NotFound = NOT_FOUND "not_found": "There is nothing at this address",
        "Check the token, reference or id. The response is the same for what was deleted, and for what the credentials give no access to.";
    MethodNotAllowed = METHOD_NOT_ALLOWED "method_not_allowed": "The method is not allowed at this address",
        "Use a method that the API's description lists.";
    PriceChanged = CONFLICT "price_changed": "The price has changed since the customer saw it",
        "Show the customer `cart`, which has the current prices, and let them pay again.";
    IdempotencyInProgress = CONFLICT "idempotency_in_progress": "The same request is in progress",
        "Retry with the same key after `Retry-After` seconds.";
    NotRetryable = CONFLICT "not_retryable": "The order cannot be paid again now",
        "Read the order: it is paid, or its attempt is being cancelled, or shares more than the customer consents to here.";
    OfferEnded = CONFLICT "offer_ended": "The order can no longer be paid",
        "Open a new order: this one has expired, or the shop has withdrawn it.";
    NotWithdrawable = CONFLICT "not_withdrawable": "The order cannot be withdrawn",
        "Read the order: either it is paid, so `cancel` or `refund` it, or it was not open for later payment.";
    TooManyAttempts = CONFLICT "too_many_attempts": "The order has reached the maximum of attempts",
        "Open a new order.";
    NotPaid = CONFLICT "not_paid": "The order is not paid",
        "Wait for `checkout.authorized`: until then there is no money to move.";
    ExceedsWhatIsLeft = CONFLICT "exceeds_what_is_left": "The amount exceeds what is left",
        "Read the order's `aggregate`, and request no more than `detail` says is left.";
    ExceedsWhatWasOrdered = CONFLICT "exceeds_what_was_ordered": "The quantity exceeds what is left of the line",
        "Read the order's operations: those pieces may already be captured or refunded. `detail` says how many are left.";
    CaptureUnderWay = CONFLICT "capture_under_way": "A capture is still pending",
        "Retry when the capture has been answered: until then, a cancellation could release money that is being captured.";
    TooManyOperations = CONFLICT "too_many_operations": "The payment has reached the maximum of operations",
        "Do the rest in the portal of Vipps MobilePay.";
    EndpointDisabled = CONFLICT "endpoint_disabled": "The endpoint is disabled",
        "Fix the reason, enable the endpoint, and retry.";
    OperationRefused = CONFLICT "operation_refused": "Vipps MobilePay refused the operation",
        "`detail` has the code of Vipps MobilePay and says what to do. A new try needs a new Idempotency-Key.";
    BodyTooLarge = PAYLOAD_TOO_LARGE "body_too_large": "The body is too large",
        "Send a smaller body; the proxy's `limits.body_bytes` is the maximum.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type": "The Content-Type is not supported",
        "Send the media type that `detail` names, with the matching Content-Type.";
    TermsNotAccepted = UNPROCESSABLE_ENTITY "terms_not_accepted": "The customer must accept the terms before a payment is created",
        "Have the customer accept the terms, and send `terms_accepted: true`.";
    WrongCurrency = UNPROCESSABLE_ENTITY "wrong_currency": "The sales unit has another currency",
        "Use the currency of the sales unit's market.";
    UnknownSalesUnit = UNPROCESSABLE_ENTITY "unknown_sales_unit": "There is no such sales unit",
        "Use a name from the proxy's configuration, or omit it for the first sales unit.";
    BadReturnUrl = UNPROCESSABLE_ENTITY "bad_return_url": "return_url must be on an allowed origin",
        "Use a URL on one of the proxy's `allowed_origins`.";
    BadWording = UNPROCESSABLE_ENTITY "bad_wording": "consent.wording must name a known version of the consent text",
        "Send the version of the text that the customer was shown: one of the proxy's, or one that is registered with its language as `[[wording]]`.";
    BadExpiry = UNPROCESSABLE_ENTITY "bad_expiry": "expires_in_s must be 60 to 15552000 seconds",
        "Send one minute to 180 days, or omit it for the time in the proxy's configuration.";
    BadDescription = UNPROCESSABLE_ENTITY "bad_description": "description must have at least 3 characters, none of them a control character",
        "Correct it, or omit it for the names of the articles. More than 100 characters are cut at a word.";
    UnknownCustomer = UNPROCESSABLE_ENTITY "unknown_customer": "The sales unit has no such customer",
        "Check the id: the customer may have been erased. Without a customer, the request has a link to send.";
    NoConsent = UNPROCESSABLE_ENTITY "no_consent": "The customer has not consented to payment requests",
        "Ask for the consent first, and send the version of its text as `consent.wording`; or omit the customer, and send the link.";
    BadAddressee = UNPROCESSABLE_ENTITY "bad_addressee": "customer must have either an id, or a phone_number with a consent",
        "Send one of the two.";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY "idempotency_key_reused": "This Idempotency-Key was used for another request",
        "Use a new key for a new intention. A retry must have the same body, byte for byte.";
    BadCartId = UNPROCESSABLE_ENTITY "bad_cart_id": "cart_id must be a random text",
        "Send 16 to 64 letters, digits, `-` and `_`, such as a UUID.";
    BadClaim = UNPROCESSABLE_ENTITY "bad_claim": "claim must be a random text",
        "Send 16 to 64 letters, digits, `-` and `_`, such as a UUID.";
    BadDetailsUrl = UNPROCESSABLE_ENTITY "bad_details_url": "details_url must be an https address",
        "Use the URL of a public page that needs no session, of 2000 characters at most.";
    BadImage = UNPROCESSABLE_ENTITY "bad_image": "The image cannot be used",
        "Correct what `detail` names. An image is a PNG or JPEG in base64, at least 167 pixels high, of 2 MB at most, with a plain id.";
    BadEndpoint = UNPROCESSABLE_ENTITY "bad_endpoint": "The endpoint's address is not allowed",
        "Use a public https URL without user name or password. Other addresses must be in the proxy's `relay.allowed_networks`.";
    UnknownEvent = UNPROCESSABLE_ENTITY "unknown_event": "There is no such event type",
        "Use one of the types that `detail` lists.";
    BadPhoneNumber = UNPROCESSABLE_ENTITY "bad_phone_number": "The telephone number is malformed",
        "Write it with its country code, such as +47 400 00 001, or as it is written in the country of the sales unit.";
    BadAmount = UNPROCESSABLE_ENTITY "bad_amount": "The amount must be positive",
        "Send an amount above zero, in minor units.";
    BadLines = UNPROCESSABLE_ENTITY "bad_lines": "lines must be 100 at most, each with a sku of 1 to 64 characters, none of them a control character, and a quantity of more than 0, 9999 at most",
        "Correct the lines, or omit some: lines are a record and move no money.";
    EmptyCart = UNPROCESSABLE_ENTITY "empty_cart": "The cart is empty",
        "Send at least one line.";
    TooManyLines = UNPROCESSABLE_ENTITY "too_many_lines": "The cart has too many lines",
        "Send fewer lines in one order.";
    UnknownSku = UNPROCESSABLE_ENTITY "unknown_sku": "There is no such article",
        "Use an article of the proxy's catalogue; `detail` names the unknown one.";
    BadQuantity = UNPROCESSABLE_ENTITY "bad_quantity": "The quantity of an article is out of range",
        "Send a quantity of 1 to 999.";
    BadTotal = UNPROCESSABLE_ENTITY "bad_total": "The total is out of range",
        "Stay within the limits of Vipps MobilePay for one payment, which `detail` names.";
    MalformedItems = UNPROCESSABLE_ENTITY "malformed_items": "The items cannot be parsed",
        "Write `sku:quantity`, separated by commas.";
    BadVat = UNPROCESSABLE_ENTITY "bad_vat": "The VAT of a line is wrong",
        "Correct the VAT of the line that `detail` names.";
    BadLine = UNPROCESSABLE_ENTITY "bad_line": "A line has an invalid field",
        "Correct the line that `detail` names.";
    LineTotalMismatch = UNPROCESSABLE_ENTITY "line_total_mismatch": "A line's total does not match its price, quantity and discount",
        "Omit `total`, or calculate it in whole minor units as `detail` does.";
    BadPaymentSources = UNPROCESSABLE_ENTITY "bad_payment_sources": "An amount of payment_sources is out of range",
        "Send amounts of 0 and more, in minor units. What is paid by other means is not part of the total.";
    CartLinesMismatch = UNPROCESSABLE_ENTITY "cart_lines_mismatch": "The lines do not add up to the total",
        "Correct them by the difference that `detail` names. A rounding difference goes on a line of its own with `rounding: \"line\"`.";
    ItemsAndSignedCart = UNPROCESSABLE_ENTITY "items_and_signed_cart": "The request has both items and signed_cart",
        "Send only one of them.";
    MalformedSignedCart = UNPROCESSABLE_ENTITY "malformed_signed_cart": "The signed cart cannot be parsed",
        "Sign a compact JWS as in the examples; `detail` says what was expected.";
    UnknownCartKey = UNPROCESSABLE_ENTITY "unknown_cart_key": "The signed cart's key is unknown",
        "Set `kid` to the name of a `[[cart_key]]` of the proxy that may sign for this sales unit.";
    CartSignatureInvalid = UNPROCESSABLE_ENTITY "cart_signature_invalid": "The signed cart's signature is invalid",
        "Sign with HS256 and the secret of that `kid`, using the secret's text as the key bytes, and send the cart unchanged.";
    CartExpired = UNPROCESSABLE_ENTITY "cart_expired": "The signed cart has expired",
        "Reload the page: the shop signs a new cart with each page.";
    CartNotYetValid = UNPROCESSABLE_ENTITY "cart_not_yet_valid": "The signed cart is not valid yet",
        "Correct the clocks of the shop and of the proxy: they may differ by a minute at most.";
    CartLivesTooLong = UNPROCESSABLE_ENTITY "cart_lives_too_long": "The signed cart expires too late",
        "Sign it with an earlier `exp`; the proxy's `signed_cart.max_life_ms` is the longest validity.";
    WrongCartAudience = UNPROCESSABLE_ENTITY "wrong_cart_audience": "The signed cart is for another proxy",
        "Set `aud` to this proxy's `public_url`, which `detail` names.";
    WrongSalesUnit = UNPROCESSABLE_ENTITY "wrong_sales_unit": "The signed cart is for another sales unit",
        "Request the sales unit that the cart names, or none.";
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE "head_too_large": "The browser sent too many cookies",
        "Send a smaller head, 32 KiB at most. In a browser, delete the cookies of this address.";
    RateLimited = TOO_MANY_REQUESTS "rate_limited": "Too many requests",
        "Wait for `Retry-After` seconds.";
    Internal = INTERNAL_SERVER_ERROR "internal": "The proxy failed",
        "Retry with the same Idempotency-Key. If the error persists, search the proxy's log for `trace_id`.";
    Busy = SERVICE_UNAVAILABLE "busy": "The proxy is busy",
        "Nothing was done. Retry with the same Idempotency-Key after `Retry-After` seconds.";
    NotReady = SERVICE_UNAVAILABLE "not_ready": "The proxy is not ready",
        "Wait; `detail` names the checks that fail.";
}

impl Code {
    /// The address of the code's documentation at the proxy: the problem's `type`.
    pub fn url(self) -> String {
        format!("/docs/problems#{}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_has_a_remedy() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len(), "two codes have the same word");
        for code in Code::ALL {
            let plain = code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(plain && code.status().as_u16() >= 400, "{code:?}");
            assert!(code.remedy().ends_with('.') && !code.title().ends_with('.'), "{code:?}");
        }
    }
}
