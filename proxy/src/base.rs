//! What every other room may use: the clock, and the encryption of personal data.

pub mod clock;
pub mod vault;
