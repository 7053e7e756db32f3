//! Commands that call a running proxy, as a machine of the shop's would: where it is, and the key that they show.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::{ExposeSecret, SecretString};

/// The longest that a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest that nothing may come: more than the pause between two signs of life of a stream.
const SILENCE: Duration = Duration::from_secs(60);

/// Which proxy.
#[derive(Args)]
pub(crate) struct Proxy {
    /// Where the proxy is.
    #[arg(long, value_name = "URL", env = "KVITT_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key of the shop's machines, as `kvitt keys add` printed it.
    #[arg(long, value_name = "KEY", env = "KVITT_KEY", hide_env_values = true)]
    key: Option<SecretString>,
}

impl Proxy {
    /// An address at it.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    /// Shows the key.
    pub(crate) fn sign(&self, request: RequestBuilder) -> anyhow::Result<RequestBuilder> {
        let key = self.key.as_ref().context("a key is needed: --key or KVITT_KEY, from `kvitt keys add NAME`")?;
        Ok(request.bearer_auth(key.expose_secret()))
    }
}

/// What calls. It follows no redirects, so that it shows what the proxy says, and goes through no HTTP proxy of the environment: what it
/// calls is mostly on this machine, and the key and what is forwarded are for nobody in between.
pub(crate) fn client() -> anyhow::Result<Client> {
    // Losing the race against another installer is as good as winning it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("kvitt/", env!("CARGO_PKG_VERSION")))
    };
    // A machine without certificates can still call http.
    Ok(builder().build().or_else(|_| builder().tls_certs_only(std::iter::empty()).build())?)
}
