//! How often one may ask, and whose word is taken for who asks.

use std::num::NonZeroU32;

use ipnet::IpNet;

use super::reader::Reader;

/// Requests in a minute, all at once or spread; none is no limit.
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
    /// The proxies in front of us that say truly who asks.
    pub trusted_proxies: Vec<IpNet>,
}

impl Rates {
    /// Reads them from the section of the limits.
    pub(super) fn read(limits: &mut Reader<'_>) -> Self {
        Self {
            address: limits.rate("requests_per_address"),
            checkout: limits.rate("requests_per_checkout"),
            key: limits.rate("requests_per_key"),
            login: limits.rate("logins_per_address"),
            trusted_proxies: limits.networks("trusted_proxies"),
        }
    }
}
