//! Rate limits, checked before anything else is done for a request: per client address, checkout, shop key, and for
//! logins.
//!
//! The counts are in the memory of this process; an entry is dropped once its bucket is full again. The client is the
//! peer of the connection, or the address that a trusted proxy names in `X-Forwarded-For`.

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

/// The number of requests between two sweeps for full buckets.
const SWEEP_AFTER: u32 = 4096;
/// The header in which a reverse proxy names its peer.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// How long an order stays that a page has opened and nobody has paid: half an hour until it expires, and a day until it is deleted.
const OFFER_STAYS: Duration = Duration::from_secs((24 * 60 + 30) * 60);

/// The limit is reached; a request is accepted after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited(pub Duration);

/// The rate limits and their counts.
#[derive(Debug)]
pub struct Rates {
    addresses: Option<Limiter<IpAddr>>,
    checkouts: Option<Limiter<CheckoutId>>,
    keys: Option<Limiter<String>>,
    logins: Option<Limiter<IpAddr>>,
    openings: Option<Limiter<IpAddr>>,
    offers: Option<Limiter<IpAddr>>,
    trusted_proxies: Vec<IpNet>,
}

impl Rates {
    /// With empty counts.
    pub fn new(allowed: &config::Rates) -> Self {
        Self {
            addresses: allowed.address.map(Limiter::per_minute),
            checkouts: allowed.checkout.map(Limiter::per_minute),
            keys: allowed.key.map(Limiter::per_minute),
            logins: allowed.login.map(Limiter::per_minute),
            openings: allowed.opening.map(Limiter::per_minute),
            offers: allowed.offers.map(|most| Limiter::new(most, OFFER_STAYS)),
            trusted_proxies: allowed.trusted_proxies.clone(),
        }
    }

    /// Counts a request over a connection with `peer`.
    ///
    /// # Errors
    /// [`RateLimited`], for the client's address.
    pub fn address(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), RateLimited> {
        self.limit(self.addresses.as_ref(), peer, headers)
    }

    /// Whether a peer that is not a trusted proxy says for whom it forwards.
    pub fn is_untrusted_forwarder(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        headers.contains_key(FORWARDED_FOR) && !is_trusted(peer.to_canonical(), &self.trusted_proxies)
    }

    /// Counts a login, successful or not, over a connection with `peer`.
    ///
    /// # Errors
    /// [`RateLimited`], for the client's address.
    pub fn login(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), RateLimited> {
        self.limit(self.logins.as_ref(), peer, headers)
    }

    /// Counts an order that is opened over a connection with `peer`.
    ///
    /// # Errors
    /// [`RateLimited`], for the client's address.
    pub fn opening(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), RateLimited> {
        self.limit(self.openings.as_ref(), peer, headers)
    }

    /// Counts an order that waits for the customer, and that nobody may ever pay.
    ///
    /// # Errors
    /// [`RateLimited`], for the client's address.
    pub fn offer(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), RateLimited> {
        self.limit(self.offers.as_ref(), peer, headers)
    }

    /// The network of the client of a connection with `peer`, which shares one count.
    pub fn network(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        network(client(peer, headers, &self.trusted_proxies))
    }

    fn limit(&self, limiter: Option<&Limiter<IpAddr>>, peer: IpAddr, headers: &HeaderMap) -> Result<(), RateLimited> {
        limiter.map_or(Ok(()), |limiter| limiter.take(&self.network(peer, headers)))
    }

    /// Counts a request about a checkout, whether its token is valid or not. So tokens cannot be guessed any faster.
    ///
    /// # Errors
    /// [`RateLimited`].
    pub fn checkout(&self, id: CheckoutId) -> Result<(), RateLimited> {
        self.checkouts.as_ref().map_or(Ok(()), |limiter| limiter.take(&id))
    }

    /// Counts a request with a shop key.
    ///
    /// # Errors
    /// [`RateLimited`].
    pub fn key(&self, prefix: &str) -> Result<(), RateLimited> {
        self.keys.as_ref().map_or(Ok(()), |limiter| limiter.take(&prefix.to_owned()))
    }
}

/// One token bucket per key.
#[derive(Debug)]
struct Limiter<K: Clone + Hash + Eq> {
    buckets: RateLimiter<K, HashMapStateStore<K>, MonotonicClock>,
    count: AtomicU32,
}

impl<K: Clone + Hash + Eq> Limiter<K> {
    fn per_minute(most: NonZeroU32) -> Self {
        Self::new(most, Duration::from_secs(60))
    }

    /// Lets `most` through at once, and as many in each `time`.
    fn new(most: NonZeroU32, time: Duration) -> Self {
        let each = time.checked_div(most.get()).filter(|each| !each.is_zero()).unwrap_or(Duration::from_nanos(1));
        let quota = Quota::with_period(each).expect("the period is not zero").allow_burst(most);
        let buckets = RateLimiter::hashmap_with_clock(quota, MonotonicClock);
        Self { buckets, count: AtomicU32::new(0) }
    }

    fn take(&self, key: &K) -> Result<(), RateLimited> {
        if self.count.fetch_add(1, Ordering::Relaxed) % SWEEP_AFTER == SWEEP_AFTER - 1 {
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
        self.buckets.check_key(key).map_err(|until| RateLimited(until.wait_time_from(MonotonicClock.now())))
    }
}

/// The address of the client. Each proxy appends the address of its peer to `X-Forwarded-For`, so the last address that
/// is not a trusted proxy is the client's. All before it is written by the client and not trusted.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all(FORWARDED_FOR).iter().rev();
    // Split as bytes: invalid UTF-8 from the client must not hide the entry of the proxy.
    for entry in forwarded.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b',')) {
        if !is_trusted(client, trusted) {
            break;
        }
        let Some(address) = std::str::from_utf8(entry).ok().and_then(|entry| parse_address(entry.trim())) else {
            break;
        };
        client = address;
    }
    client
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Parses an address as proxies write it: some add the port.
fn parse_address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bracketed = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    bracketed.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// The network that shares one count: an IPv4 address, or the /64 of an IPv6 address.
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
    fn the_client_is_the_last_untrusted_address() {
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
    fn a_limited_client_waits_and_idle_ones_are_dropped() {
        let limiter = Limiter::per_minute(NonZeroU32::new(2).unwrap());
        assert_eq!((limiter.take(&1), limiter.take(&1)), (Ok(()), Ok(())));
        let RateLimited(wait) = limiter.take(&1).unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(limiter.take(&2), Ok(()));

        let quick = Limiter::per_minute(NonZeroU32::new(2_000_000_000).unwrap());
        for who in 0..3 * SWEEP_AFTER {
            quick.take(&who).unwrap();
        }
        assert!(quick.buckets.len() <= SWEEP_AFTER as usize);
    }
}
