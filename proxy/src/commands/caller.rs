//! The HTTP client of the commands that call a running proxy as the shop's backend does: the proxy's address, and the shop key.

use std::time::Duration;

use anyhow::Context;
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::{ExposeSecret, SecretString};

use crate::config::trim;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long no data may arrive: longer than the interval of a stream's heartbeats.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;

/// The running proxy.
#[derive(clap::Args)]
pub(crate) struct Proxy {
    /// URL of the proxy
    #[arg(long, value_name = "URL", env = "KVITT_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Shop key, as `kvitt keys add` prints it
    #[arg(long, value_name = "KEY", env = "KVITT_KEY", hide_env_values = true)]
    key: Option<SecretString>,
}

impl Proxy {
    /// The URL of a path at the proxy.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    /// Adds the shop key to a request.
    pub(crate) fn authorize(&self, request: RequestBuilder) -> anyhow::Result<RequestBuilder> {
        let key =
            self.key.as_ref().context("a shop key is required: --key or KVITT_KEY, from `kvitt keys add NAME`")?;
        Ok(request.bearer_auth(trim(key.expose_secret())))
    }
}

/// The HTTP client. It follows no redirects, since the proxy's own response is wanted. It ignores HTTP proxies of the environment: what it calls is
/// mostly on this machine, and nobody in between should see the key or the events.
pub(crate) fn client() -> anyhow::Result<Client> {
    with(redirect::Policy::none)
}

/// The same for pages of the shop, which may be at another address now.
pub(crate) fn following_redirects() -> anyhow::Result<Client> {
    with(|| redirect::Policy::limited(MAX_REDIRECTS))
}

fn with(policy: impl Fn() -> redirect::Policy) -> anyhow::Result<Client> {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .redirect(policy())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .user_agent(concat!("kvitt/", env!("CARGO_PKG_VERSION")))
    };
    // A machine without root certificates can still call http.
    Ok(builder().build().or_else(|_| builder().tls_certs_only(std::iter::empty()).build())?)
}
