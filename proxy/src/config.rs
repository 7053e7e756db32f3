//! The configuration: documented defaults, overridden by a file, overridden by the environment.
//!
//! It is validated as a whole, so that an operator sees every mistake at once. The rest of the proxy works with validated values, and each
//! part gets its own section and nothing else. A mistake never quotes a value that may be a secret.

mod access;
mod catalogue;
mod front;
mod http;
mod layers;
mod log;
mod reader;
mod relay;
mod sales_units;
mod shop;
mod signed_carts;
mod vendor;
mod wordings;

use std::fmt;
use std::path::Path;

use secrecy::SecretString;
use url::Url;

use crate::base::vault::Vault;
use crate::checkout::Polling;
use reader::Reader;

pub use access::{Desk, Rates};
pub use catalogue::{Article, Catalogue, Price};
pub use front::Shopfront;
pub use http::{Http, Limits, Ready};
pub use layers::PREFIX;
pub use log::Log;
pub(crate) use reader::trim;
pub use relay::Relay;
pub use sales_units::{Market, SalesUnit, SalesUnits};
pub use shop::{Requests, Shop};
pub use signed_carts::{CartKey, SignedCarts};
pub use vendor::{Capture, Reconcile, Vipps, Webhook};
pub use wordings::Wordings;

/// The defaults; the file is also the documentation of every option.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The validated configuration, one section for each part of the proxy.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses and limits of the server.
    pub http: Http,
    /// The order desk and its sessions.
    pub desk: Desk,
    /// The rate limits.
    pub rates: Rates,
    /// The shop and its catalogue.
    pub shop: Shop,
    /// How the shop's backend is notified.
    pub relay: Relay,
    /// The sales units that customers pay. The first is the default.
    pub sales_units: SalesUnits,
    /// The API of Vipps MobilePay.
    pub vipps: Vipps,
    /// The webhooks of Vipps MobilePay.
    pub webhook: Webhook,
    /// The deadlines of reserved money.
    pub capture: Capture,
    /// The reconciliation with Vipps MobilePay.
    pub reconcile: Reconcile,
    /// When payments are polled.
    pub polling: Polling,
    /// The log, and the collector of traces.
    pub log: Log,
    /// The URL of the database, which may contain a password.
    pub database_url: SecretString,
    /// Encrypts personal data before it is stored.
    pub vault: Vault,
    /// How long personal data of customers is kept, in milliseconds; none: until it is erased by hand.
    pub customers_kept_ms: Option<i64>,
    /// How long orders that were never paid are kept, in milliseconds; none: for ever.
    pub unpaid_kept_ms: Option<i64>,
}

/// Every mistake in a configuration, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} mistake{}:", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

impl Config {
    /// Loads the defaults, the file, and the environment variables that begin with `KVITT_`.
    ///
    /// # Errors
    /// Every mistake that was found.
    pub fn load(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, Mistakes> {
        Self::read(file, env, true)
    }

    /// The same for commands other than `serve`: the secrets of webhooks may be absent, since registering the webhooks prints them.
    ///
    /// # Errors
    /// Every other mistake that was found.
    pub fn load_without_webhooks(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Mistakes> {
        Self::read(file, env, false)
    }

    fn read(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        webhooks: bool,
    ) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let Some(table) = layers::merge(file, env, &mut mistakes) else { return Err(Mistakes(mistakes)) };
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let mut reader = Reader::new(&table, "", &mut mistakes);
        let config = read(&mut reader, folder, webhooks);
        reader.reject_unknown();
        if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
    }
}

fn read(top: &mut Reader<'_>, folder: &Path, webhooks: bool) -> Config {
    let public_url = top.base_url("public_url");
    if http::begins_like_own(&public_url) {
        top.mistake(
            "public_url",
            "must not begin with a path of the proxy's own, such as /pay: choose another, such as /kvitt",
        );
    }
    let mut allowed_origins = top.origins("allowed_origins");
    if let Ok(url) = Url::parse(&public_url) {
        allowed_origins.push(url.origin().ascii_serialization());
    }
    let webhook = top.section("webhook", |webhook| Webhook::read(webhook, &public_url));
    let shop = top.section("shop", shop::Section::read);
    let sales_units = SalesUnits::read(top, webhooks && !webhook.repair, &shop.front);
    let (limits, rates) = top.section("limits", |limits| (Limits::read(limits), Rates::read(limits)));
    let (vipps, renamed_at) = top.section("vipps", |vipps| (Vipps::read(vipps), vipps.moment("renamed_at")));
    let (customers_kept_ms, unpaid_kept_ms) =
        top.section("retention", |retention| (retention.days("customer_days"), retention.days("unpaid_days")));
    Config {
        shop: Shop::read(top, shop, folder, &sales_units, &public_url, &allowed_origins, renamed_at),
        desk: top.section("desk", |desk| Desk::read(desk, &public_url)),
        http: Http::read(top, public_url, allowed_origins, limits),
        rates,
        relay: top.section("relay", Relay::read),
        sales_units,
        vipps,
        webhook,
        capture: top.section("capture", Capture::read),
        reconcile: top.section("reconcile", Reconcile::read),
        polling: top.section("polling", |polling| Polling {
            first_ms: polling.positive("first_ms"),
            every_ms: polling.positive("every_ms"),
            rarely: false,
        }),
        log: Log::read(top),
        database_url: top.section("database", |database| {
            let url = database.string("url");
            let server = url.starts_with("postgres://") || url.starts_with("postgresql://");
            if !server && (!url.starts_with("sqlite:") || url.contains(":memory:")) {
                database.mistake("url", "must be sqlite: and the path of a file, or a postgres:// URL");
            }
            url.into()
        }),
        vault: top.section("encryption", |encryption| {
            let key = encryption.key("key");
            Vault::new(&key, encryption.optional_key("previous_key").as_ref())
        }),
        customers_kept_ms,
        unpaid_kept_ms,
    }
}

#[cfg(test)]
mod tests;
