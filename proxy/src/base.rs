//! What every other room may use: the clock, the encryption of personal data, and the rule for texts. No module here makes a call or knows
//! the database.

pub mod clock;
pub mod text;
pub mod vault;
