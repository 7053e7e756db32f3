//! Checks the addresses that customers are sent to. The address comes in a response of Vipps MobilePay, and only the
//! configured hosts are allowed: otherwise somebody who could forge a response could send customers anywhere.

use url::{Host, Url};

/// The allowed hosts.
#[derive(Clone, Debug)]
pub(super) struct Redirects {
    hosts: Vec<String>,
    /// The host of an emulator on this machine.
    local: Option<Host>,
}

impl Redirects {
    /// Allows these hosts and their subdomains; and the host of the API where that is plain HTTP, as with a local
    /// emulator.
    pub(super) fn new(hosts: Vec<String>, base_url: &str) -> Self {
        let local = Url::parse(base_url).ok().filter(|url| url.scheme() == "http");
        Self { hosts, local: local.and_then(|url| url.host().map(|host| host.to_owned())) }
    }

    /// Checks whether a customer may be sent to an address.
    ///
    /// # Errors
    /// The scheme and host, for the log. The rest of the address is secret.
    pub(super) fn check(&self, address: &str) -> Result<(), String> {
        let url = Url::parse(address).map_err(|_| "no address".to_owned())?;
        let host = url.host().ok_or_else(|| "no host".to_owned())?;
        let local = self.local.as_ref().is_some_and(|local| *local == host.to_owned());
        let plain = url.username().is_empty() && url.password().is_none();
        let below = |named: &str| match host {
            Host::Domain(name) => name.strip_suffix(named).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            Host::Ipv4(_) | Host::Ipv6(_) => false,
        };
        let named = url.scheme() == "https" && url.port().is_none() && self.hosts.iter().any(|named| below(named));
        if plain && (named || local) { Ok(()) } else { Err(format!("{}://{host}", url.scheme())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_sent_only_to_configured_hosts_and_a_local_emulator() {
        let hosts = vec!["vipps.no".to_owned(), "mobilepay.dk".to_owned()];
        let real = Redirects::new(hosts.clone(), "https://api.vipps.no");
        let local = Redirects::new(hosts, "http://127.0.0.1:8081");
        for good in ["https://vipps.no/", "https://landing.vipps.no/?token=x", "https://pay.mobilepay.dk/a"] {
            assert_eq!((real.check(good), local.check(good)), (Ok(()), Ok(())), "{good}");
        }
        for bad in [
            "",
            "/landing",
            "vipps://?token=x",
            "javascript:alert(1)",
            "http://landing.vipps.no/",
            "https://evil.example/landing.vipps.no",
            "https://landing.vipps.no.evil.example/",
            "https://evilvipps.no/",
            "https://landing.vipps.no@evil.example/",
            "https://user@landing.vipps.no/",
            "https://landing.vipps.no:8443/",
            "https://127.0.0.1/",
        ] {
            assert!(real.check(bad).is_err(), "{bad}");
        }
        assert!(real.check("http://127.0.0.1:8081/landing").is_err());
        assert_eq!(local.check("http://127.0.0.1:8081/landing?token=x"), Ok(()));
        assert_eq!(local.check("http://127.0.0.2:8081/landing?token=x"), Err("http://127.0.0.2".to_owned()));
    }
}
