//! How the shop's backend is told.

use std::time::Duration;

use ipnet::IpNet;

use super::reader::Reader;

/// How the shop's backend is told.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Networks that may be called though they are not public, by http too.
    pub allowed_networks: Vec<IpNet>,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
    /// How long after each failure it is told again.
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
