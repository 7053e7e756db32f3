//! What every other room may use: the clock, and the encryption of personal data. No module here makes a call or knows
//! the database.

pub mod clock;
pub mod vault;
