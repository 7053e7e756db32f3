//! Scenarios: what a shop, its customers and Vipps MobilePay do, and the outcome.
//!
//! They speak HTTP to the proxy and to the emulator and know nothing else of either. [`shop`] is the language that they are written in.
//! Each ends by closing the shop, which checks that no work is left.

#![expect(clippy::unwrap_used, reason = "an error here fails the scenario")]

mod shop;

mod audit;
mod bad_input;
mod below;
mod captures;
mod carts;
mod commands;
mod config;
mod confirmation;
mod connections;
mod costs;
mod crash;
mod crashes;
mod customers;
mod deploy;
mod description;
mod desk;
mod details;
mod docs;
mod documents;
mod endings;
mod endpoints;
mod events;
mod faults;
mod files;
mod form;
mod fronts;
mod idempotency;
mod keys;
mod limits;
mod listen;
mod migrations;
mod money;
mod operators;
mod orders;
mod otlp;
mod outages;
mod pace;
mod page;
mod paid;
mod parked;
mod privacy;
mod proxies;
mod purchase;
mod receipts;
mod reconcile;
mod registrations;
mod relay;
mod requests;
mod roles;
mod seeds;
mod store;
mod stories;
mod streams;
mod tabs;
mod tidy;
mod traces;
mod warnings;
mod webhooks;
