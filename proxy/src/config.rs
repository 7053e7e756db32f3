//! The configuration: documented defaults, a file over them, the environment over that; then validated as a whole, so that an operator
//! learns of every mistake at once.
//!
//! Everything after this module works with values that are known to be good.

mod catalogue;
mod desk;
mod layers;
mod operations;
mod rates;
mod reader;
mod relay;
mod requests;
mod signed_carts;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use kvitt_wire::{Brand, Currency};
use secrecy::SecretString;
use url::Url;

use crate::base::vault::Vault;
use crate::checkout::{Moment, Polling, ReceiptBy};
use reader::Reader;

pub use catalogue::{Article, Catalogue, Price};
pub use desk::Desk;
pub use layers::PREFIX;
pub use operations::{Capture, Ready, Reconcile};
pub use rates::Rates;
pub use relay::Relay;
pub use requests::Requests;
pub use signed_carts::{CartKey, SignedCarts};

/// The defaults, which are also the documentation of every option.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What the proxy runs on.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: String,
    /// How customers and Vipps MobilePay reach us, without a slash at the end.
    pub public_url: String,
    /// The origins that may call us from a page, ours included.
    pub allowed_origins: Vec<String>,
    /// The articles and prices.
    pub catalogue: Catalogue,
    /// How the shop signs its carts.
    pub signed_carts: SignedCarts,
    /// The shop.
    pub shop: Shop,
    /// The database's URL, which may have a password in it.
    pub database_url: SecretString,
    /// Seals what is personal before it is written down.
    pub vault: Vault,
    /// How long what customers shared is kept, in milliseconds; none: until it is erased by hand.
    pub customers_kept_ms: Option<i64>,
    /// The vendor's API.
    pub vipps: Vipps,
    /// When to look at payments.
    pub polling: Polling,
    /// How far a webhook's date may be off.
    pub webhook_tolerance: Duration,
    /// How many webhooks may wait to be written.
    pub webhook_queue: usize,
    /// Whether the proxy registers itself for webhooks where it is not.
    pub webhook_repair: bool,
    /// How often it looks whether it is.
    pub webhook_every: Duration,
    /// When reserved money is to be captured.
    pub capture: Capture,
    /// What it takes to be ready.
    pub ready: Ready,
    /// Where operators are answered, when that is not where the public is.
    pub metrics_listen: Option<String>,
    /// How our books are compared with the vendor's.
    pub reconcile: Reconcile,
    /// How the shop's backend is told.
    pub relay: Relay,
    /// What is offered to be paid later.
    pub requests: Requests,
    /// What is taken at most.
    pub limits: Limits,
    /// How often one may ask.
    pub rates: Rates,
    /// The order desk.
    pub desk: Desk,
    /// Whether the demo shop is served.
    pub demo_site: bool,
    /// How to log.
    pub log: Log,
    /// The collector that traces are sent to, without a slash at the end; none: they are not.
    pub otlp_endpoint: Option<String>,
    /// At least one; the first is the default.
    pub sales_units: Vec<SalesUnit>,
}

/// The shop, as the customer meets it.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Its name.
    pub name: String,
    /// Its front page.
    pub url: String,
    /// Its terms of sale.
    pub terms_url: String,
    /// Whether customers are asked for their telephone number.
    pub asks_phone_number: bool,
    /// How the receipt gets to the app.
    pub receipt: ReceiptBy,
}

/// The vendor's API.
#[derive(Clone, Debug)]
pub struct Vipps {
    /// Its address, without a slash at the end.
    pub base_url: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// Customers are sent to these hosts and those below them.
    pub redirect_hosts: Vec<String>,
    /// From when on the brand is Vipps everywhere.
    pub renamed_at: Moment,
}

/// What is taken at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// How long a request waits for the vendor.
    pub wait: Duration,
    /// Open streams in all.
    pub streams: usize,
    /// Open streams on one checkout.
    pub streams_per_checkout: usize,
    /// The age at which a stream is closed.
    pub stream_age: Duration,
    /// How often a stream at rest says that it is alive.
    pub heartbeat: Duration,
    /// Open connections.
    pub connections: usize,
    /// How long a request's head may take, and then its body.
    pub header: Duration,
}

impl Limits {
    fn read(limits: &mut Reader<'_>) -> Self {
        Self {
            body_bytes: limits.count("body_bytes"),
            wait: limits.duration("wait_ms"),
            streams: limits.count("streams"),
            streams_per_checkout: limits.count("streams_per_checkout"),
            stream_age: limits.duration("stream_age_ms"),
            heartbeat: limits.duration("heartbeat_ms"),
            connections: limits.count("connections"),
            header: limits.duration("header_ms"),
        }
    }
}

/// How to log.
#[derive(Clone, Debug)]
pub struct Log {
    /// Lines of JSON instead of text.
    pub json: bool,
    /// Which messages.
    pub filter: String,
}

/// A market that the app is used in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// Norway.
    No,
    /// Denmark.
    Dk,
    /// Finland.
    Fi,
}

impl Market {
    /// The only currency of a sales unit there.
    pub const fn currency(self) -> Currency {
        match self {
            Self::No => Currency::Nok,
            Self::Dk => Currency::Dkk,
            Self::Fi => Currency::Eur,
        }
    }
}

/// One contract with Vipps MobilePay: a market, a currency, a set of keys.
#[derive(Clone, Debug)]
pub struct SalesUnit {
    /// Its name here.
    pub name: String,
    /// Where it sells.
    pub market: Market,
    /// The vendor's number for it.
    pub merchant_serial_number: String,
    /// A key.
    pub client_id: SecretString,
    /// A key.
    pub client_secret: SecretString,
    /// A key.
    pub subscription_key: SecretString,
    /// What the webhooks of registrations made by hand are signed with: the present secret first, then one that is being replaced.
    pub webhook_secrets: Vec<SecretString>,
    /// How its references begin.
    pub reference_prefix: String,
    /// Whether it may send payments to the app of a customer whose number is known.
    pub push_messages: bool,
    /// Whether such a payment may wait there for longer than ten minutes.
    pub long_living: bool,
}

impl SalesUnit {
    /// The brand that its customers know on that day.
    pub fn brand(&self, vipps: &Vipps, now: Moment) -> Brand {
        match self.market {
            Market::Dk | Market::Fi if now < vipps.renamed_at => Brand::MobilePay,
            Market::No | Market::Dk | Market::Fi => Brand::Vipps,
        }
    }
}

/// All that is wrong with a configuration, one mistake a line.
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
    /// Reads the defaults, the file and the environment's variables that begin with `KVITT_`.
    ///
    /// # Errors
    /// Every mistake that there is.
    pub fn load(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, Mistakes> {
        Self::read(file, env, true)
    }

    /// The same for what is done before there are webhooks: their secrets may still be absent, since registering is what prints them.
    ///
    /// # Errors
    /// Every other mistake that there is.
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
        let table = layers::merge(file, env, &mut mistakes);
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let mut reader = Reader::new(&table, "", &mut mistakes);
        let config = read(&mut reader, folder, webhooks);
        reader.refuse_others();
        if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
    }

    /// A sales unit by its name, or the first one.
    pub fn sales_unit(&self, name: Option<&str>) -> Option<&SalesUnit> {
        match name {
            None => self.sales_units.first(),
            Some(name) => self.sales_units.iter().find(|unit| unit.name == name),
        }
    }

    /// The address that a sales unit's webhook is registered with.
    pub fn webhook_url(&self, unit: &SalesUnit) -> String {
        format!("{}/callbacks/vipps/{}", self.public_url, unit.name)
    }
}

fn read(top: &mut Reader<'_>, folder: &Path, webhooks: bool) -> Config {
    let public_url = top.base_url("public_url");
    let mut allowed_origins = top.origins("allowed_origins");
    if let Ok(url) = Url::parse(&public_url) {
        allowed_origins.push(url.origin().ascii_serialization());
    }
    let (webhook_tolerance, webhook_queue, webhook_repair, webhook_every) = top.section("webhook", |webhook| {
        let (tolerance, queue) = (webhook.duration("tolerance_ms"), webhook.count("queue"));
        (tolerance, queue, webhook.flag("repair"), webhook.duration("check_every_ms"))
    });
    let sales_units = top.each("sales_unit", |unit| sales_unit(unit, webhooks && !webhook_repair));
    if sales_units.is_empty() {
        top.mistake("sales_unit", "at least one [[sales_unit]] is required");
    }
    for (place, unit) in sales_units.iter().enumerate() {
        if sales_units[..place].iter().any(|other| other.name == unit.name) {
            top.mistake("sales_unit", &format!("two are named {:?}", unit.name));
        }
    }
    let catalogue = top.optional("catalogue").map(|path| Catalogue::read(&folder.join(path)));
    let catalogue = catalogue.unwrap_or_else(|| Ok(Catalogue::default())).unwrap_or_else(|mistakes| {
        mistakes.iter().for_each(|mistake| top.mistake("catalogue", mistake));
        Catalogue::default()
    });
    let signed_carts = SignedCarts::read(top, &sales_units);
    let (limits, rates) = top.section("limits", |limits| (Limits::read(limits), Rates::read(limits)));
    Config {
        listen: top.listen("listen"),
        public_url,
        allowed_origins,
        catalogue,
        signed_carts,
        shop: top.section("shop", |shop| Shop {
            name: shop.string("name"),
            url: shop.url("url"),
            terms_url: shop.url("terms_url"),
            asks_phone_number: shop.flag("asks_phone_number"),
            receipt: shop.one_of(
                "receipt",
                &[
                    ("create", ReceiptBy::Create),
                    ("order-management", ReceiptBy::OrderManagement),
                    ("none", ReceiptBy::None),
                ],
            ),
        }),
        database_url: top.section("database", |database| {
            let url = database.string("url");
            let server = url.starts_with("postgres://") || url.starts_with("postgresql://");
            if !server && (!url.starts_with("sqlite:") || url.contains(":memory:")) {
                database.mistake("url", "must be sqlite: and the path of a file, or a postgres:// address");
            }
            url.into()
        }),
        vault: top.section("encryption", |encryption| {
            let key = encryption.key("key");
            Vault::new(&key, encryption.optional_key("previous_key").as_ref())
        }),
        customers_kept_ms: top.section("retention", |retention| retention.days("customer_days")),
        vipps: top.section("vipps", |vipps| Vipps {
            base_url: vipps.base_url("base_url"),
            timeout: vipps.duration("timeout_ms"),
            redirect_hosts: vipps.hosts("redirect_hosts"),
            renamed_at: vipps.moment("renamed_at"),
        }),
        polling: top.section("polling", |polling| Polling {
            first_ms: polling.positive("first_ms"),
            every_ms: polling.positive("every_ms"),
        }),
        webhook_tolerance,
        webhook_queue,
        webhook_repair,
        webhook_every,
        capture: top.section("capture", Capture::read),
        ready: top.section("ready", Ready::read),
        metrics_listen: top.section("metrics", |metrics| metrics.optional_listen("listen")),
        reconcile: top.section("reconcile", Reconcile::read),
        relay: top.section("relay", Relay::read),
        requests: top.section("requests", Requests::read),
        limits,
        rates,
        desk: top.section("desk", Desk::read),
        demo_site: top.section("site", |site| site.flag("demo")),
        log: top.section("log", |log| Log {
            json: log.one_of("format", &[("pretty", false), ("json", true)]),
            filter: log.filter("filter"),
        }),
        otlp_endpoint: top.section("telemetry", |telemetry| telemetry.collector("otlp_endpoint")),
        sales_units,
    }
}

fn sales_unit(unit: &mut Reader<'_>, webhooks: bool) -> SalesUnit {
    let name = unit.string("name");
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !name.is_empty() && (!plain(&name) || name.len() > 32 || name != name.to_ascii_lowercase()) {
        unit.mistake("name", "may have a-z, 0-9 and -, and 32 characters at most");
    }
    let reference_prefix = unit.optional("reference_prefix").unwrap_or_else(|| name.clone());
    if !plain(&reference_prefix) || reference_prefix.len() > 40 {
        unit.mistake("reference_prefix", "may have letters, digits and -, and 40 characters at most");
    }
    let merchant_serial_number = unit.string("merchant_serial_number");
    let digits = merchant_serial_number.bytes().all(|byte| byte.is_ascii_digit());
    if !merchant_serial_number.is_empty() && (!digits || !(4..=10).contains(&merchant_serial_number.len())) {
        unit.mistake("merchant_serial_number", "must be 4 to 10 digits");
    }
    let market = unit.one_of("market", &[("NO", Market::No), ("DK", Market::Dk), ("FI", Market::Fi)]);
    let present = if webhooks { Some(unit.string("webhook_secret")) } else { unit.optional("webhook_secret") };
    let previous = unit.optional("previous_webhook_secret");
    let webhook_secrets = present.into_iter().chain(previous).map(SecretString::from).collect();
    SalesUnit {
        market,
        merchant_serial_number,
        client_id: unit.secret("client_id"),
        client_secret: unit.secret("client_secret"),
        subscription_key: unit.secret("subscription_key"),
        webhook_secrets,
        reference_prefix,
        push_messages: unit.switch("push_messages"),
        long_living: unit.switch("long_living"),
        name,
    }
}

#[cfg(test)]
mod tests;
