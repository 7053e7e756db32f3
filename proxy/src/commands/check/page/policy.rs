//! A page's Content-Security-Policy, read as a browser does ([CSP 3](https://www.w3.org/TR/CSP3/)), as far as the widget meets it.

use url::Url;

/// One policy of a page. Where there are several, each must allow everything.
pub(super) struct Policy {
    directives: Vec<(String, Vec<String>)>,
    page: Url,
}

impl Policy {
    /// The policies in a header or `meta` element of a page: they are separated by commas.
    pub(super) fn all(text: &str, page: &Url) -> impl Iterator<Item = Self> {
        text.split(',').filter(|policy| !policy.trim().is_empty()).map(|policy| Self::parse(policy, page))
    }

    fn parse(text: &str, page: &Url) -> Self {
        let mut directives = Vec::<(String, Vec<String>)>::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace().map(str::to_owned);
            let Some(name) = words.next().map(|name| name.to_ascii_lowercase()) else { continue };
            // Of two with one name the first counts.
            if !directives.iter().any(|(other, _)| *other == name) {
                directives.push((name, words.collect()));
            }
        }
        Self { directives, page: page.clone() }
    }

    /// The directive that refuses a script; `None` where it is allowed.
    pub(super) fn refuses_script(&self, url: &Url, nonce: Option<&str>) -> Option<&str> {
        let (name, sources) = self.directive(&["script-src-elem", "script-src", "default-src"])?;
        let nonce = nonce.map(|nonce| format!("'nonce-{nonce}'"));
        let trusted = nonce.is_some_and(|nonce| sources.contains(&nonce));
        let is_strict = has(sources, "'strict-dynamic'");
        // What the script imports has no nonce: its host must be allowed, unless trust is handed on.
        let allowed = if is_strict { trusted } else { self.allow(sources, url) };
        (!allowed).then_some(name)
    }

    /// The directive that refuses requests to an address.
    pub(super) fn refuses_connection(&self, url: &Url) -> Option<&str> {
        let (name, sources) = self.directive(&["connect-src", "default-src"])?;
        (!self.allow(sources, url)).then_some(name)
    }

    /// The directive that refuses WebAssembly.
    pub(super) fn refuses_wasm(&self) -> Option<&str> {
        let (name, sources) = self.directive(&["script-src", "default-src"])?;
        let allowed = has(sources, "'wasm-unsafe-eval'") || has(sources, "'unsafe-eval'");
        (!allowed).then_some(name)
    }

    /// The first of these directives that the policy has.
    fn directive(&self, names: &[&str]) -> Option<(&str, &[String])> {
        let find = |name| self.directives.iter().find(|(own, _)| own == name);
        names.iter().find_map(find).map(|(name, sources)| (name.as_str(), sources.as_slice()))
    }

    fn allow(&self, sources: &[String], url: &Url) -> bool {
        sources.iter().any(|source| self.matches(source, url))
    }

    /// Whether a source expression matches an address.
    fn matches(&self, source: &str, url: &Url) -> bool {
        if source.eq_ignore_ascii_case("'self'") {
            return url.origin() == self.page.origin();
        }
        if source == "*" {
            return matches!(url.scheme(), "http" | "https");
        }
        if let Some(scheme) = source.strip_suffix(':') {
            return upgrades(&scheme.to_ascii_lowercase(), url.scheme());
        }
        let (scheme, rest) = match source.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (self.page.scheme().to_owned(), source),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        upgrades(&scheme, url.scheme())
            && host_matches(&host.to_ascii_lowercase(), url.host_str().unwrap_or_default())
            && port_matches(port, &scheme, url)
            && (path.is_empty() || path == url.path() || (path.ends_with('/') && url.path().starts_with(path)))
    }
}

fn has(sources: &[String], keyword: &str) -> bool {
    sources.iter().any(|source| source.eq_ignore_ascii_case(keyword))
}

/// Whether a scheme allows another one: itself, and http its secure one.
fn upgrades(allowed: &str, scheme: &str) -> bool {
    allowed == scheme || (allowed == "http" && scheme == "https")
}

fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(end) => host.len() > end.len() && host.ends_with(end),
        None => pattern == host,
    }
}

fn port_matches(pattern: Option<&str>, scheme: &str, url: &Url) -> bool {
    let port = url.port_or_known_default();
    match pattern {
        Some("*") => true,
        Some(pattern) => {
            let pattern = pattern.parse().ok();
            pattern == port || (pattern == Some(80) && port == Some(443) && scheme == "http")
        }
        None => url.port().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        Policy::parse(text, &Url::parse("https://shop.example/cart").unwrap())
    }

    #[test]
    fn a_source_matches_as_in_a_browser() {
        let script = Url::parse("https://pay.shop.example/pkg/kvitt.js").unwrap();
        for (sources, allowed) in [
            ("https://pay.shop.example", true),
            ("pay.shop.example", true),
            ("HTTPS://Pay.Shop.Example", true),
            ("http://pay.shop.example", true),
            ("https://*.shop.example", true),
            ("https://*.pay.shop.example", false),
            ("https://pay.shop.example:443", true),
            ("https://pay.shop.example:8443", false),
            ("https://pay.shop.example:*", true),
            ("https://pay.shop.example/pkg/", true),
            ("https://pay.shop.example/pkg", false),
            ("https://pay.shop.example/pkg/kvitt.js", true),
            ("https:", true),
            ("*", true),
            ("'self'", false),
            ("'none'", false),
            ("https://shop.example", false),
            ("", false),
        ] {
            let refused = policy(&format!("script-src {sources}")).refuses_script(&script, None).is_some();
            assert_eq!(refused, !allowed, "{sources}");
        }
        let local = Url::parse("http://127.0.0.1:8080/pkg/kvitt.js").unwrap();
        let own = Policy::parse("script-src 'self'", &Url::parse("http://127.0.0.1:8080/").unwrap());
        assert_eq!(own.refuses_script(&local, None), None);
    }

    #[test]
    fn the_directive_that_counts_is_the_most_special_one() {
        let proxy = Url::parse("https://pay.shop.example/v1/cart").unwrap();
        let of = |text: &str| {
            let policy = policy(text);
            [policy.refuses_script(&proxy, None), policy.refuses_connection(&proxy), policy.refuses_wasm()]
                .map(|name| name.map(str::to_owned))
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(of("img-src 'none'"), [None, None, None]);
        assert_eq!(of("default-src 'self'"), [name("default-src"), name("default-src"), name("default-src")]);
        let good = "default-src 'none'; script-src https://pay.shop.example 'wasm-unsafe-eval'; \
                    connect-src https://pay.shop.example";
        assert_eq!(of(good), [None, None, None]);
        assert_eq!(of("script-src-elem 'self'; script-src *"), [name("script-src-elem"), None, name("script-src")]);
        assert_eq!(of("connect-src 'none'; connect-src *"), [None, name("connect-src"), None], "the first counts");
    }

    #[test]
    fn a_nonce_counts_where_trust_is_handed_on() {
        let script = Url::parse("https://pay.shop.example/pkg/kvitt.js").unwrap();
        let strict = policy("script-src 'strict-dynamic' 'nonce-abc' https://pay.shop.example");
        assert_eq!(strict.refuses_script(&script, Some("abc")), None);
        assert_eq!(strict.refuses_script(&script, None), Some("script-src"), "hosts do not count");
        let imports = policy("script-src 'nonce-abc'");
        assert_eq!(imports.refuses_script(&script, Some("abc")), Some("script-src"), "what it imports has no nonce");
    }
}
