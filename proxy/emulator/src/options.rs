//! The options of an emulator: how it differs from the test environment. They are chosen when it starts. The control API can change the profile
//! delay and the approvals later.

use std::collections::BTreeMap;

/// How the emulator differs from its default, which is the test environment with what a laptop needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Take only what the API's description has. Otherwise the emulator also takes the known deviations of the official plugin
    /// for WooCommerce, as the real API does.
    pub strict: bool,
    /// Accept `http://` return and callback URLs on loopback, which the real API refuses.
    pub http_on_loopback: bool,
    /// The base of the links that customers get, when it is not the address of the listener. No trailing slash.
    pub public_url: Option<String>,
    /// The base of those links by market (`NO`, `DK`, `FI`), which goes before `public_url`: the real hosts differ by
    /// market.
    pub market_links: BTreeMap<String, String>,
    /// Every sales unit may send PUSH_MESSAGE payments. Otherwise they are refused with 5080.
    pub push_message: bool,
    /// Every sales unit may create long-living payments. Otherwise they are refused with 5050.
    pub long_living: bool,
    /// A customer who consented within seven days is not asked again.
    pub remember_consent: bool,
    /// Userinfo demands the subscription key. By default it refuses requests that have one: the sources disagree.
    pub userinfo_wants_subscription_key: bool,
    /// How long after the authorization a GET shows what was shared, in real milliseconds.
    pub profile_delay_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            strict: false,
            http_on_loopback: true,
            public_url: None,
            market_links: BTreeMap::new(),
            push_message: false,
            long_living: false,
            remember_consent: false,
            userinfo_wants_subscription_key: false,
            profile_delay_ms: 300,
        }
    }
}
