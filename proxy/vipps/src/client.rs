//! The client: a cheap handle that knows one sales unit's keys. Each API has its methods in a module of its own; all of them go through
//! `exchange`, which is the only place that talks to the network, and take their token from `token`.

use std::{
    fmt, iter,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use reqwest::{Url, redirect};

use crate::{Config, ConfigError, Error, config::Headers};

mod exchange;
mod observed;
mod orders;
mod payments;
mod profile;
mod qr;
mod token;
mod webhooks;

pub use observed::{Exchange, Observer};
pub use qr::{MerchantRedirectQr, QrImage};
pub use webhooks::{EventName, Registered, Registration};

/// The longest a connection may take to open, so that a host that is away is told from one that is slow.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Talks to Vipps MobilePay for one sales unit. Clones share the connections and the token.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base_url: Url,
    headers: Headers,
    tokens: token::Cache,
    /// Who is told of every exchange.
    observer: OnceLock<Observer>,
    /// Whether Userinfo was last seen to want the subscription key; the documentation says both.
    userinfo_wants_key: AtomicBool,
}

impl Client {
    /// Makes a client; sends nothing yet.
    ///
    /// TLS is rustls with the ring provider, which becomes the default of the process unless there is one already.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let base_url = Url::parse(config.base_url.trim_end_matches('/')).map_err(|_| ConfigError::BaseUrl)?;
        if !matches!(base_url.scheme(), "https" | "http") || !base_url.has_host() {
            return Err(ConfigError::BaseUrl);
        }
        let headers = Headers::new(&config)?;
        // Losing the race against another installer is as good as winning it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout((config.timeout / 2).min(CONNECT_TIMEOUT))
            .timeout(config.timeout)
            .redirect(redirect::Policy::none());
        if base_url.scheme() == "http" {
            // An emulator near by: no certificates have to be installed for it, and no proxy leads there.
            http = http.tls_certs_only(iter::empty()).no_proxy();
        }
        let http = http.build().map_err(ConfigError::Http)?;
        let inner = Inner {
            http,
            base_url,
            headers,
            tokens: token::Cache::default(),
            observer: OnceLock::new(),
            userinfo_wants_key: AtomicBool::new(false),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Fetches a token, unless there is a good one: the next call is one round trip faster, and wrong credentials come to light
    /// as [`Error::Refused`].
    pub async fn warm_up(&self) -> Result<(), Error> {
        self.token().await.map(drop)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.0.base_url.as_str()).finish_non_exhaustive()
    }
}
