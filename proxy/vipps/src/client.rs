//! The client: a cheap handle that holds one sales unit's keys, its connections and its access token. Every call goes through [`Client::call`],
//! which adds the token and replaces it once after a 401. The client stores nothing outside the process and repeats no other call by itself.
//!
//! | module, top to bottom | what it is for |
//! |---|---|
//! | `payments`, `order_management`, `userinfo`, `webhooks`, `qr` | one API each: methods of the client |
//! | `token` | the access token, fetched once for all callers |
//! | `transport` | sends one request once, and logs it |
//! | `request` | a request and its answer, as data |
//! | `observer` | what an observer of the calls receives |

use std::{
    fmt, iter,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use reqwest::{Url, redirect};

use self::{
    request::{Answer, Request},
    token::Token,
    transport::{Transport, is_unauthorized},
};
use crate::{Config, ConfigError, Error, config::Headers};

mod observer;
mod order_management;
mod payments;
mod qr;
mod request;
mod token;
mod transport;
mod userinfo;
mod webhooks;

pub use observer::{Exchange, Observer};
pub use qr::{MerchantRedirectQr, QrImage};
pub use webhooks::{EventName, Registered, Registration};

/// The longest time for opening a connection: an unreachable host is noticed before the timeout of the request.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Talks to Vipps MobilePay for one sales unit. Clones share the connections and the token.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    transport: Transport,
    tokens: token::Cache,
    /// Whether Userinfo last accepted the subscription key; the documentation both demands and forbids it.
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
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout((config.timeout / 2).min(CONNECT_TIMEOUT))
            .timeout(config.timeout)
            .redirect(redirect::Policy::none());
        if base_url.scheme() == "http" {
            // A local emulator: it needs no certificates, and no proxy leads to it.
            http = http.tls_certs_only(iter::empty()).no_proxy();
        }
        let http = http.build().map_err(ConfigError::Http)?;
        let inner = Inner {
            transport: Transport { http, base_url, headers, observer: OnceLock::new() },
            tokens: token::Cache::default(),
            userinfo_wants_key: AtomicBool::new(false),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Fetches a token unless the client has a valid one. The next call saves one round trip, and wrong credentials fail here, with
    /// [`Error::Refused`].
    pub async fn warm_up(&self) -> Result<(), Error> {
        match self.0.tokens.get(&self.0.transport).await {
            Err(refused @ Error::Refused(_)) => Err(refused),
            fetched => fetched.map(drop).map_err(Error::before_sending),
        }
    }

    /// Calls this observer after every exchange from now on. Only the first observer is kept.
    pub fn observe(&self, observer: Observer) {
        // A second one would count everything twice.
        let _ = self.0.transport.observer.set(observer);
    }

    /// Sends with the current token; on a 401 once more with a new one.
    async fn call(&self, request: Request) -> Result<Answer, Error> {
        let token = self.token().await?;
        match self.exchange(&request, &token).await {
            Err(error) if is_unauthorized(&error) => {
                self.discard(&token).await;
                let token = self.token().await?;
                self.exchange(&request, &token).await
            }
            outcome => outcome,
        }
    }

    async fn exchange(&self, request: &Request, token: &Token) -> Result<Answer, Error> {
        self.0.transport.exchange(request, Some(&token.authorization)).await
    }

    /// The token of a call. Whatever the token endpoint answers, also that the credentials are refused, the call can be retried.
    async fn token(&self) -> Result<Arc<Token>, Error> {
        self.0.tokens.get(&self.0.transport).await.map_err(Error::before_sending)
    }

    async fn discard(&self, token: &Arc<Token>) {
        self.0.tokens.discard(token).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base_url = self.0.transport.base_url.as_str();
        f.debug_struct("Client").field("base_url", &base_url).finish_non_exhaustive()
    }
}
