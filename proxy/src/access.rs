//! Who may come in, as whom, and how often: tokens, shop keys, sessions of the order desk, idempotency keys, rate limits.

pub mod idempotency;
pub mod rates;
pub mod session;
pub mod shop_key;
pub mod token;
