//! Scenarios: what a shop, its customers and Vipps MobilePay do, and what comes of it.
//!
//! They speak HTTP to the proxy and to the emulator and know nothing else of either; [`shop`] is the language they are written in.
//! Each ends by closing the shop, which proves that nothing was left undone.

#![expect(clippy::unwrap_used, reason = "what fails here fails the scenario")]

mod shop;

mod bad_input;
mod captures;
mod carts;
mod commands;
mod config;
mod crash;
mod crashes;
mod customers;
mod deploy;
mod description;
mod desk;
mod details;
mod docs;
mod documents;
mod doors;
mod endings;
mod endpoints;
mod events;
mod faults;
mod form;
mod keys;
mod listen;
mod migrations;
mod money;
mod operators;
mod orders;
mod otlp;
mod outages;
mod pace;
mod paid;
mod parked;
mod privacy;
mod receipts;
mod reconcile;
mod registrations;
mod relay;
mod repeats;
mod requests;
mod seeds;
mod several;
mod store;
mod stories;
mod streams;
mod tidy;
mod traces;
mod warnings;
mod webhooks;
