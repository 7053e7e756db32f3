//! Who may send a request, as whom, and how often: tokens of checkouts, shop keys, sessions of the order desk,
//! idempotency keys, rate limits; and what each caller may do.
//!
//! Credentials come from the headers of a request; what is stored of them is a hash, or (a token's secret half) is
//! compared in constant time. No credential may be logged.

pub mod idempotency;
pub mod rates;
pub mod rights;
pub mod session;
pub mod shop_key;
pub mod streams;
pub mod token;
