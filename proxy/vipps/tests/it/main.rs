//! The client against a stub server, and the deserializers and the signature against files. A new vector, problem or body is a new file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod files;
mod log;
mod problems;
mod reading;
mod signature;
mod stub;
mod token;
mod writing;
