//! How often one may ask: who asks too often is told when to come again, before anything is done for them.
//!
//! Counted in this process's memory, for client addresses, checkouts, shop keys and logins; each is forgotten as soon as it may ask as much as
//! somebody new. Who asks is the peer of the connection, or whom a trusted proxy names.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::HeaderMap;
use ipnet::IpNet;

use crate::checkout::CheckoutId;
use crate::config;

/// After so many requests those who have been away are forgotten.
const SWEEP: u32 = 4096;

/// Asked too often; may ask again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften(pub Duration);

/// What everybody has asked lately.
#[derive(Debug)]
pub struct Rates {
    addresses: Option<Counted<IpAddr>>,
    checkouts: Option<Counted<CheckoutId>>,
    keys: Option<Counted<String>>,
    logins: Option<Counted<IpAddr>>,
    trusted_proxies: Vec<IpNet>,
}

impl Rates {
    /// With nothing asked yet.
    pub fn new(allowed: &config::Rates) -> Self {
        Self {
            addresses: allowed.address.map(Counted::new),
            checkouts: allowed.checkout.map(Counted::new),
            keys: allowed.key.map(Counted::new),
            logins: allowed.login.map(Counted::new),
            trusted_proxies: allowed.trusted_proxies.clone(),
        }
    }

    /// A request that came over a connection with `peer`.
    ///
    /// # Errors
    /// When the client has asked too often.
    pub fn address(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), TooOften> {
        self.counted(self.addresses.as_ref(), peer, headers)
    }

    /// An attempt to log in, right or wrong, over a connection with `peer`.
    ///
    /// # Errors
    /// When the client has tried too often.
    pub fn login(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), TooOften> {
        self.counted(self.logins.as_ref(), peer, headers)
    }

    fn counted(&self, by: Option<&Counted<IpAddr>>, peer: IpAddr, headers: &HeaderMap) -> Result<(), TooOften> {
        by.map_or(Ok(()), |counted| counted.take(&network(client(peer, headers, &self.trusted_proxies))))
    }

    /// A request about a checkout, whether its token is right or not: so it is guessed at no faster.
    ///
    /// # Errors
    /// When there have been too many.
    pub fn checkout(&self, id: CheckoutId) -> Result<(), TooOften> {
        self.checkouts.as_ref().map_or(Ok(()), |counted| counted.take(&id))
    }

    /// A request with a shop key.
    ///
    /// # Errors
    /// When there have been too many.
    pub fn key(&self, prefix: &str) -> Result<(), TooOften> {
        self.keys.as_ref().map_or(Ok(()), |counted| counted.take(&prefix.to_owned()))
    }
}

/// One bucket for each of many.
#[derive(Debug)]
struct Counted<K: Clone + Hash + Eq> {
    buckets: RateLimiter<K, HashMapStateStore<K>, MonotonicClock>,
    taken: AtomicU32,
}

impl<K: Clone + Hash + Eq> Counted<K> {
    fn new(per_minute: NonZeroU32) -> Self {
        let buckets = RateLimiter::hashmap_with_clock(Quota::per_minute(per_minute), MonotonicClock);
        Self { buckets, taken: AtomicU32::new(0) }
    }

    fn take(&self, key: &K) -> Result<(), TooOften> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
        self.buckets.check_key(key).map_err(|until| TooOften(until.wait_time_from(MonotonicClock.now())))
    }
}

/// Who asks. Each proxy adds at the end of `X-Forwarded-For` whom it was connected with, so the last entry that no trusted one stands for
/// is the client; what is before it is the client's own word.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    // Split before it is read as text: what the client wrote before it must not spoil the proxy's entry.
    for entry in forwarded.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b',')) {
        if !is_trusted(&client) {
            break;
        }
        let Some(address) = std::str::from_utf8(entry).ok().and_then(|entry| written(entry.trim())) else { break };
        client = address;
    }
    client
}

/// An address as proxies write it: some add the port.
fn written(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bracketed = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    bracketed.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// What counts as one: whoever has an IPv6 address has the whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted_as(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        network(client(peer.parse().unwrap(), &headers, &trusted)).to_string()
    }

    #[test]
    fn the_client_is_the_last_one_that_no_trusted_proxy_stands_for() {
        for (peer, forwarded, client) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.7,10.2.3.4"], "198.51.100.7"),
            ("10.0.0.1", &["10.9.9.9"], "10.9.9.9"),
            ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9", "é"], "10.0.0.1"),
            ("10.0.0.1", &["é, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7:443"], "198.51.100.7"),
            ("10.0.0.1", &["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::"),
            ("10.0.0.1", &["[2001:db8:1:2:3::4]"], "2001:db8:1:2::"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("fd00::1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::", &[], "2001:db8:1:2::"),
        ] {
            assert_eq!(counted_as(peer, forwarded), client, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn who_has_asked_enough_waits_and_is_forgotten_afterwards() {
        let counted = Counted::new(NonZeroU32::new(2).unwrap());
        assert_eq!((counted.take(&1), counted.take(&1)), (Ok(()), Ok(())));
        let TooOften(wait) = counted.take(&1).unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(counted.take(&2), Ok(()));

        let quick = Counted::new(NonZeroU32::new(2_000_000_000).unwrap());
        for who in 0..3 * SWEEP {
            quick.take(&who).unwrap();
        }
        assert!(quick.buckets.len() <= SWEEP as usize);
    }
}
