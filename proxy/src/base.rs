//! What every other room may use: the clock and whether it is right, the encryption of personal data, and the rule for texts. No
//! module here makes a call or knows the database.

pub mod clock;
pub mod reference;
pub mod text;
pub mod vault;
