//! Decides which addresses the relay may call, against server-side request forgery: the address of an endpoint comes
//! from outside and must not reach the internal network of the proxy.
//!
//! Allowed are https to public addresses, and the networks that the operator lists, which may use http too. A name is
//! resolved here, and the connection goes to the checked addresses, so a second resolution cannot answer differently
//! (DNS rebinding). Pure, except the resolving.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

/// Networks of IPv4 that are not public, by the
/// [registry](https://www.iana.org/assignments/iana-ipv4-special-registry), and a metadata address of a cloud provider.
const NOT_PUBLIC_V4: [&str; 18] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];
/// The only public range of IPv6 ([registry](https://www.iana.org/assignments/ipv6-address-space)). Loopback,
/// unique-local, link-local, multicast, mapped and translated addresses are outside.
const GLOBAL_UNICAST_V6: &str = "2000::/3";
/// Networks within it that are not public: protocol assignments with Teredo, documentation, and 6to4, which contains an
/// address of IPv4.
const NOT_PUBLIC_V6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/// Why an address may not be called. Does not contain the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It cannot be parsed.
    #[error("is not an address")]
    NotAnAddress,
    /// It has neither https nor, within the allowed networks, http.
    #[error("must begin with https:// (http:// only within relay.allowed_networks)")]
    NotHttps,
    /// It contains a user name or a password.
    #[error("must have no user name or password in it")]
    UserInfo,
    /// It resolves to an address that is not public.
    #[error("leads to an address that is not public")]
    NotPublic,
}

/// The addresses that may be called.
#[derive(Clone, Debug)]
pub struct Guard(Arc<Vec<IpNet>>);

impl Guard {
    /// Allows public addresses, and these networks.
    pub fn new(allowed: &[IpNet]) -> Self {
        Self(Arc::new(allowed.to_vec()))
    }

    /// Checks an address as far as possible without resolving its name; the rest is checked when it is called.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, url: &str) -> Result<Url, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::NotAnAddress)?;
        let encrypted = url.scheme() == "https";
        if !encrypted && (url.scheme() != "http" || self.0.is_empty()) {
            return Err(Refused::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(Refused::NotAnAddress),
        };
        // A literal address is never resolved, so it is checked here.
        literal.map_or(Ok(()), |address| self.admit(address, encrypted))?;
        Ok(url)
    }

    fn admit(&self, address: IpAddr, encrypted: bool) -> Result<(), Refused> {
        let address = address.to_canonical();
        let allowed = self.0.iter().any(|network| network.contains(&address));
        match is_public(address) {
            _ if allowed => Ok(()),
            true if encrypted => Ok(()),
            true => Err(Refused::NotHttps),
            false => Err(Refused::NotPublic),
        }
    }

    /// A resolver that returns only allowed addresses, for https (`encrypted`) or http.
    pub(super) fn resolver(&self, encrypted: bool) -> Arc<Resolver> {
        Arc::new(Resolver { guard: self.clone(), encrypted })
    }
}

/// Resolves a name with the system's resolver. Fails when any of its addresses may not be called.
pub(super) struct Resolver {
    guard: Guard,
    encrypted: bool,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, encrypted) = (self.guard.clone(), self.encrypted);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &found {
                guard.admit(address.ip(), encrypted)?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is public. Expects it in its canonical form.
fn is_public(address: IpAddr) -> bool {
    let within = |networks: &[&str]| {
        networks.iter().any(|network| network.parse::<IpNet>().is_ok_and(|network| network.contains(&address)))
    };
    if address.is_ipv4() { !within(&NOT_PUBLIC_V4) } else { within(&[GLOBAL_UNICAST_V6]) && !within(&NOT_PUBLIC_V6) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.63.255.255", "2606:4700::1111", "2a00:1450:400f::200e"]
        {
            assert!(is_public(public.parse::<IpAddr>().unwrap().to_canonical()), "{public}");
        }
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse::<IpAddr>().unwrap().to_canonical()), "{inside}");
        }
        for network in NOT_PUBLIC_V4.iter().chain(&NOT_PUBLIC_V6).chain(&[GLOBAL_UNICAST_V6]) {
            assert!(network.parse::<IpNet>().is_ok(), "{network}");
        }
    }

    #[test]
    fn addresses_are_refused_before_a_call_where_possible() {
        let strict = Guard::new(&[]);
        let with_loopback = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
        for (url, without, with) in [
            ("https://shop.example/hooks?key=1", Ok(()), Ok(())),
            ("https://shop.example:8443/", Ok(()), Ok(())),
            ("https://1.1.1.1/", Ok(()), Ok(())),
            ("https://127.0.0.1/", Err(Refused::NotPublic), Ok(())),
            ("https://2130706433/", Err(Refused::NotPublic), Ok(())),
            ("https://0x7f.1/", Err(Refused::NotPublic), Ok(())),
            ("https://[::ffff:127.0.0.1]/", Err(Refused::NotPublic), Ok(())),
            ("https://[::1]/", Err(Refused::NotPublic), Err(Refused::NotPublic)),
            ("https://169.254.169.254/latest", Err(Refused::NotPublic), Err(Refused::NotPublic)),
            ("http://127.0.0.1:8080/", Err(Refused::NotHttps), Ok(())),
            ("http://shop.example/", Err(Refused::NotHttps), Ok(())),
            ("http://1.1.1.1/", Err(Refused::NotHttps), Err(Refused::NotHttps)),
            ("http://10.0.0.1/", Err(Refused::NotHttps), Err(Refused::NotPublic)),
            ("https://user@shop.example/", Err(Refused::UserInfo), Err(Refused::UserInfo)),
            ("https://:word@shop.example/", Err(Refused::UserInfo), Err(Refused::UserInfo)),
            ("ftp://shop.example/", Err(Refused::NotHttps), Err(Refused::NotHttps)),
            ("file:///etc/passwd", Err(Refused::NotHttps), Err(Refused::NotHttps)),
            ("shop.example", Err(Refused::NotAnAddress), Err(Refused::NotAnAddress)),
        ] {
            assert_eq!(strict.check(url).map(drop), without, "{url}");
            assert_eq!(with_loopback.check(url).map(drop), with, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_by_what_it_resolves_to() {
        for (allowed, encrypted, fine) in [
            (vec![], true, false),
            (vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], true, true),
            (vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], false, true),
            (vec!["10.0.0.0/8".parse().unwrap()], false, false),
        ] {
            let resolver = Guard::new(&allowed).resolver(encrypted);
            let found = resolver.resolve("localhost".parse().unwrap()).await;
            assert_eq!(found.is_ok(), fine, "{allowed:?}");
        }
    }
}
