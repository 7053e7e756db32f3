//! Which addresses the relay may call: an endpoint's address comes from outside, and must not become a way into the network that the
//! proxy stands in.
//!
//! https to public addresses is allowed, and nothing else but what the operator has allowed by name of its network; those may be
//! spoken to by http too. A name is resolved here and the connection goes to what was checked, so there is no second resolution that
//! could answer differently. Pure but for [`Guard`]'s resolving.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

/// What is no public address of IPv4, by the [registry](https://www.iana.org/assignments/iana-ipv4-special-registry), and one that clouds
/// answer questions about themselves at.
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
/// Of IPv6 only this is given out, so that loopback, unique-local, link-local, multicast, mapped and translated addresses lie outside.
const GIVEN_OUT_V6: &str = "2000::/3";
/// And of that, these are not public: protocol assignments with Teredo, documentation, 6to4, which has an address of IPv4 within it.
const NOT_PUBLIC_V6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/// Why an endpoint's address is not called. Says nothing of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It does not read.
    #[error("is not an address")]
    NotAnAddress,
    /// It is neither https nor, within the allowed networks, http.
    #[error("must begin with https:// (http:// only within relay.allowed_networks)")]
    NotHttps,
    /// A name or password stands in it.
    #[error("must have no user name or password in it")]
    UserInfo,
    /// It leads to an address that is not public.
    #[error("leads to an address that is not public")]
    NotPublic,
}

/// What may be called.
#[derive(Clone, Debug)]
pub struct Guard(Arc<Vec<IpNet>>);

impl Guard {
    /// Public addresses, and these networks.
    pub fn new(allowed: &[IpNet]) -> Self {
        Self(Arc::new(allowed.to_vec()))
    }

    /// What can be told from the address itself; where its name leads is seen when it is called.
    ///
    /// # Errors
    /// Why it is not called.
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
        // Names are resolved by us, literals are not resolved at all.
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

    /// Resolves names to what may be called, for connections that are encrypted or not.
    pub(super) fn resolver(&self, encrypted: bool) -> Arc<Resolver> {
        Arc::new(Resolver { guard: self.clone(), encrypted })
    }
}

/// Resolves a name by the system, and refuses it when any of its addresses may not be called.
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

/// Whether an address in its own family's form is anybody's on the Internet.
fn is_public(address: IpAddr) -> bool {
    let within = |networks: &[&str]| {
        networks.iter().any(|network| network.parse::<IpNet>().is_ok_and(|network| network.contains(&address)))
    };
    if address.is_ipv4() { !within(&NOT_PUBLIC_V4) } else { within(&[GIVEN_OUT_V6]) && !within(&NOT_PUBLIC_V6) }
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
        for network in NOT_PUBLIC_V4.iter().chain(&NOT_PUBLIC_V6).chain(&[GIVEN_OUT_V6]) {
            assert!(network.parse::<IpNet>().is_ok(), "{network}");
        }
    }

    #[test]
    fn an_address_says_by_itself_what_can_be_refused() {
        let strict = Guard::new(&[]);
        let homely = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
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
            assert_eq!(homely.check(url).map(drop), with, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_for_where_it_leads() {
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
