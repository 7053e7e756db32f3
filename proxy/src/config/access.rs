//! Access: the order desk's sessions, and the rate limits.

use std::num::NonZeroU32;

use ipnet::IpNet;

use super::reader::Reader;

/// The order desk, and how long a session lasts.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Whether the order desk is served.
    pub enabled: bool,
    /// How long a session lasts at most, in milliseconds.
    pub session_ms: i64,
    /// How long a session lasts without any action of a person, in milliseconds.
    pub idle_ms: i64,
    /// How long a login link is valid, in milliseconds.
    pub link_ms: i64,
    /// How browsers reach the proxy, without a slash at the end.
    pub public_url: String,
    /// The path of that URL, without a slash at the end; empty at the root.
    pub path: String,
}

impl Desk {
    pub(super) fn read(desk: &mut Reader<'_>, public_url: &str) -> Self {
        Self {
            enabled: desk.flag("enabled"),
            session_ms: desk.positive("session_ms"),
            idle_ms: desk.positive("idle_ms"),
            link_ms: desk.positive("link_ms"),
            public_url: public_url.to_owned(),
            path: super::http::path_of(public_url),
        }
    }
}

/// The rate limits, in requests per minute, also all at once; none is no limit.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Of one client address.
    pub address: Option<NonZeroU32>,
    /// About one checkout.
    pub checkout: Option<NonZeroU32>,
    /// With one shop key.
    pub key: Option<NonZeroU32>,
    /// To log in at the order desk, from one client address.
    pub login: Option<NonZeroU32>,
    /// To open orders, from one client address.
    pub opening: Option<NonZeroU32>,
    /// To open orders that wait for the customer, from one client address: for as long as such an order stays when nobody pays it.
    pub offers: Option<NonZeroU32>,
    /// The reverse proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
}

impl Rates {
    /// Reads the rates from the section `limits`.
    pub(super) fn read(limits: &mut Reader<'_>) -> Self {
        Self {
            address: limits.rate("requests_per_address"),
            checkout: limits.rate("requests_per_checkout"),
            key: limits.rate("requests_per_key"),
            login: limits.rate("logins_per_address"),
            opening: limits.rate("orders_per_address"),
            offers: limits.rate("idle_offers_per_address"),
            trusted_proxies: limits.networks("trusted_proxies"),
        }
    }
}
