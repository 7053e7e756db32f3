//! How the shop's backend is notified.

use std::time::Duration;

use ipnet::IpNet;

use super::reader::Reader;

/// How the shop's backend is notified.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Networks in which endpoints may be although they are not public; http is allowed there too.
    pub allowed_networks: Vec<IpNet>,
    /// The timeout of one delivery.
    pub timeout: Duration,
    /// The delay before each retry.
    pub retries: Vec<Duration>,
}

impl Relay {
    pub(super) fn read(relay: &mut Reader<'_>) -> Self {
        Self {
            allowed_networks: relay.networks("allowed_networks"),
            timeout: relay.duration("timeout_ms"),
            retries: relay.durations("retries_ms"),
        }
    }
}
