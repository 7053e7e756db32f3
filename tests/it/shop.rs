//! The language of the scenarios: a shop with its proxy and its customers, and Vipps MobilePay beside it.

mod address;
mod command;
mod database;
pub(crate) mod log;
mod nginx;
mod order;
mod process;
mod receiver;
mod vipps;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kvitt::base::vault::{Key, Vault};
use kvitt::config::Config;
use kvitt::store::Store;
use kvitt_emulator::{Credentials, Emulator, Options};
use kvitt_vipps::{Client, EventName, SecretString};
use kvitt_wire::{
    Actor, Amount, Cart, Checkout, ConsentGiven, Currency, Item, Language, NewCheckout, Problem, Role, Via,
};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use address::HeldAddress;
pub(crate) use database::{Database, Server, dump, execute, sqlite};
pub(crate) use nginx::Nginx;
pub(crate) use order::{Order, Stream};
pub(crate) use process::{Process, Stage};
pub(crate) use receiver::{Answer, LOCAL_RELAY, Receiver};
pub(crate) use vipps::Vipps;

/// The timeout of every wait, for a machine that does much else. A scenario that passes never waits this long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);
/// Between two looks of [`eventually`]: soon at first, then more and more seldom, because a look takes time that others need.
const BETWEEN_LOOKS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(80));
/// The origin of the shop's pages.
pub(crate) const SHOP_ORIGIN: &str = "https://shop.example";
/// The encryption key of the scenarios' databases.
pub(crate) const ENCRYPTION_KEY: &str = "YSBrZXkgZm9yIHRlc3RzLCBvZiAzMiBieXRlcyA6LSk=";
/// The number of the emulator's Norwegian customer.
pub(crate) const PHONE_NUMBER: &str = "4791234567";

/// A marker in a shop's options: its sales units may push payments to the app, and long-living ones.
pub(crate) const SENDS_TO_THE_APP: &str = "# sends to the app";

/// A marker in a shop's options: its Danish sales unit has a name, a front page and terms of its own.
pub(crate) const DANISH_FRONT: &str = "# danish front";

/// A running shop, with its own proxy, database and emulator.
pub(crate) struct Shop {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) vipps: Vipps,
    pub(crate) files: Files,
    config: Config,
    stop: CancellationToken,
    /// Empty once it is closed.
    proxies: Vec<JoinHandle<()>>,
}

/// The folder of a shop: its configuration, its catalogue, its database.
pub(crate) struct Files {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) config: PathBuf,
    pub(crate) database: String,
}

impl Files {
    /// Writes the configuration of a shop whose proxy is at `url`; `extra` goes at the beginning of it.
    pub(crate) fn new(url: &str, emulator: &str, extra: &str) -> Self {
        Self::on(Database::chosen(), url, emulator, extra)
    }

    /// The same with this kind of database.
    pub(crate) fn on(database: Database, url: &str, emulator: &str, extra: &str) -> Self {
        Self::with(|folder| database.make(folder), url, emulator, extra)
    }

    /// The same with the database at the URL that `make` says, given the shop's folder.
    pub(crate) fn with(make: impl FnOnce(&Path) -> String, url: &str, emulator: &str, extra: &str) -> Self {
        log::here();
        let folder = tempfile::tempdir().unwrap();
        let catalogue = include_str!("../../proxy/demo.catalogue.toml");
        std::fs::write(folder.path().join("catalogue.toml"), catalogue).unwrap();
        let database = make(folder.path());
        // Unless a scenario sets them, the first poll is far away, so that payments are found by webhooks, and rate limits are off.
        let mut options = extra.to_owned();
        for (option, value) in [
            ("polling.first_ms", "600000"),
            ("polling.every_ms", "50"),
            ("vipps.timeout_ms", "2000"),
            ("limits.requests_per_address", "0"),
            ("limits.requests_per_checkout", "0"),
            ("limits.logins_per_address", "0"),
            ("limits.orders_per_address", "0"),
            ("limits.idle_offers_per_address", "0"),
            ("metrics.cache_ms", "0"),
            ("log.filter", "\"trace\""),
        ] {
            if !extra.contains(option) {
                options.push_str(&format!("\n{option} = {value}"));
            }
        }
        if !extra.contains("# no catalogue") {
            options.push_str("\ncatalogue = \"catalogue.toml\"");
        }
        // Webhooks are registered by hand unless a scenario is about registrations.
        if !extra.contains("webhook.repair") {
            options.push_str("\nwebhook.repair = false");
        }
        let text = format!(
            r#"{options}
public_url = "{url}"
allowed_origins = ["{SHOP_ORIGIN}"]
shop.name = "Nordlys Keramikk"
shop.url = "{SHOP_ORIGIN}"
shop.terms_url = "{SHOP_ORIGIN}/terms"
database.url = "{database}"
encryption.key = "{ENCRYPTION_KEY}"
vipps.base_url = "{emulator}"
{units}"#,
            units = units(extra),
        );
        let config = folder.path().join("kvitt.toml");
        std::fs::write(&config, text).unwrap();
        Self { folder, config, database }
    }

    /// Creates a shop key.
    async fn key(&self, name: &str, role: Role, sales_unit: Option<&str>) -> String {
        let store = beside(&self.database).await;
        let key = kvitt::access::shop_key::Key::new();
        key.add(&store, name, role, sales_unit, &operator()).await.unwrap();
        store.close().await;
        key.expose()
    }

    /// Reads the configuration. Registers a webhook for every sales unit unless the proxy does that by itself.
    pub(crate) async fn load(&self) -> Config {
        let mut config = Config::load(Some(&self.config), []).unwrap();
        if config.webhook.repair {
            return config;
        }
        for unit in Arc::make_mut(&mut config.sales_units.0) {
            let client = own_client(&config.vipps, unit);
            let registered = client.register_webhook(&config.webhook.url(unit), &EventName::ALL).await.unwrap();
            log::hide(registered.secret.expose_secret());
            unit.webhook_secrets = vec![registered.secret];
        }
        config
    }
}

/// Two sales units, without a webhook secret where the proxy registers by itself.
fn units(extra: &str) -> String {
    let mut units = sales_unit("no", "NO", "123456") + &sales_unit("dk", "DK", "234567");
    units.push_str(
        "[[wording]]\nversion = \"in-the-shop\"\nlanguage = \"nb\"\ntext = \"Send betalingskrav fra {0} til {1}\"\n",
    );
    if extra.contains(SENDS_TO_THE_APP) {
        units = units.replace("reference_prefix", "push_messages = true\nlong_living = true\nreference_prefix");
    }
    if extra.contains(DANISH_FRONT) {
        let front = "shop_name = \"Nordlys Danmark\"\nshop_url = \"https://shop.example/dk\"\n\
                     terms_url = \"https://shop.example/dk/vilkaar\"\nmarket = \"DK\"";
        units = units.replace("market = \"DK\"", front);
    }
    match extra.contains("webhook.repair = true") {
        true => units.replace("webhook_secret = \"not registered yet\"\n", ""),
        false => units,
    }
}

fn sales_unit(name: &str, market: &str, msn: &str) -> String {
    let keys = Credentials::of(msn).unwrap();
    let (id, secret, key) = (keys.client_id, keys.client_secret, keys.subscription_key);
    format!(
        r#"
[[sales_unit]]
name = "{name}"
market = "{market}"
merchant_serial_number = "{msn}"
client_id = "{id}"
client_secret = "{secret}"
subscription_key = "{key}"
webhook_secret = "not registered yet"
reference_prefix = "nordlys"
"#
    )
}

fn vipps_client(config: &Config) -> Client {
    own_client(&config.vipps, &config.sales_units[0])
}

/// A client of the scenario's own. It waits as long as a scenario does, since the proxy's time limit is not what it is about.
fn own_client(vipps: &kvitt::config::Vipps, unit: &kvitt::config::SalesUnit) -> Client {
    kvitt::vendor::client::new(&kvitt::config::Vipps { timeout: TIMEOUT, ..vipps.clone() }, unit).unwrap()
}

impl Shop {
    /// Opens a shop with the defaults.
    pub(crate) async fn open() -> Self {
        Self::open_with("").await
    }

    /// Opens a shop with some options of its own.
    pub(crate) async fn open_with(extra: &str) -> Self {
        Self::open_on(Database::chosen(), extra).await
    }

    /// Opens a shop with this kind of database.
    pub(crate) async fn open_on(database: Database, extra: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self::open_at(database, listener, url, extra).await
    }

    async fn open_at(database: Database, listener: TcpListener, url: String, extra: &str) -> Self {
        let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), quick()).unwrap();
        let files = Files::on(database, &url, emulator.url(), extra);
        let config = files.load().await;
        let secret = config.sales_units[0].webhook_secrets.first().cloned().unwrap_or_else(other_secret);
        let vipps = Vipps::new(emulator, vipps_client(&config), secret);
        let stop = CancellationToken::new();
        let proxy = serve(config.clone(), listener, &stop);
        let http = http();
        Self { http, url, vipps, files, config, stop, proxies: vec![proxy] }
    }

    /// Opens a shop whose proxy is behind `front`, a server that is told the proxy's address and says its own URL.
    pub(crate) async fn open_behind(front: impl AsyncFnOnce(std::net::SocketAddr) -> String, extra: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = front(listener.local_addr().unwrap()).await;
        Self::open_at(Database::chosen(), listener, url, extra).await
    }

    /// Starts another proxy on the same database. Returns its URL. Webhooks still go to the first one.
    pub(crate) async fn opens_another_proxy(&mut self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        self.proxies.push(serve(self.config.clone(), listener, &self.stop));
        url
    }

    /// Closes the shop: no work may be left in its queues, and its proxies must stop by themselves.
    pub(crate) async fn close(self) {
        self.inbox_is_empty().await;
        let metrics = self.metrics().await;
        assert!(metrics.contains("\nkvitt_outbox_parked 0\n"), "{metrics}");
        self.close_unseen().await;
    }

    /// The same without the check of the queues, for a proxy whose metrics are elsewhere.
    pub(crate) async fn close_unseen(mut self) {
        self.stop.cancel();
        for proxy in self.proxies.drain(..) {
            tokio::time::timeout(TIMEOUT, proxy).await.expect("the proxy stops by itself").unwrap();
        }
        self.vipps.close().await;
        log::is_clean_here();
    }

    /// A second handle on the database.
    pub(crate) async fn store(&self) -> Store {
        beside(&self.files.database).await
    }

    /// Waits until the proxy is ready. Nothing else may use a database that is being created.
    pub(crate) async fn is_ready(&self) {
        eventually("it is ready", || async {
            (self.get("/readyz").send().await.unwrap().status() == StatusCode::OK).then_some(())
        })
        .await;
    }

    /// Creates a shop key beside the running proxy.
    pub(crate) async fn key(&self, name: &str) -> String {
        self.key_of(name, None).await
    }

    /// The same for one sales unit only.
    pub(crate) async fn key_of(&self, name: &str, sales_unit: Option<&str>) -> String {
        self.is_ready().await;
        self.files.key(name, Role::All, sales_unit).await
    }

    /// The same for what this role may do.
    pub(crate) async fn key_with(&self, name: &str, role: Role) -> String {
        self.is_ready().await;
        self.files.key(name, role, None).await
    }

    /// The stored checkout of an order.
    pub(crate) async fn stored(&self, order: &Order<'_>) -> kvitt::checkout::Checkout {
        let store = self.store().await;
        let (id, _) = kvitt::access::token::decode(&order.seen.token).unwrap();
        let stored = store.checkout(id).await.unwrap().unwrap();
        store.close().await;
        stored.checkout
    }

    /// Stores that the order's attempt failed, as after a minute without an answer of Vipps MobilePay.
    pub(crate) async fn fails_attempt(&self, order: &Order<'_>) {
        self.alters(order, |attempt| attempt.state = kvitt_wire::State::Failed).await;
    }

    /// Changes the order's first attempt in the database, behind the proxy's back.
    pub(crate) async fn alters(&self, order: &Order<'_>, how: impl Fn(&mut kvitt::checkout::Attempt)) {
        self.alters_checkout(order, |checkout| how(&mut checkout.attempts[0])).await;
    }

    /// Changes the order in the database, behind the proxy's back.
    pub(crate) async fn alters_checkout(&self, order: &Order<'_>, how: impl Fn(&mut kvitt::checkout::Checkout)) {
        let store = self.store().await;
        loop {
            let mut checkout = self.stored(order).await;
            checkout.version += 1;
            how(&mut checkout);
            let (cause, now) = (kvitt::store::Cause::Request, kvitt::base::clock::now());
            // The proxy may have committed something meanwhile, such as what a late webhook tells of.
            if store.commit(&checkout, &[], &cause, now).await.unwrap() == kvitt::store::Committed::Yes {
                break;
            }
        }
        store.close().await;
    }

    /// The proxy's metrics.
    pub(crate) async fn metrics(&self) -> String {
        self.get("/metrics").send().await.unwrap().text().await.unwrap()
    }

    /// Waits until the proxy has processed every webhook that it accepted.
    pub(crate) async fn inbox_is_empty(&self) {
        let empty = || async { self.metrics().await.contains("\nkvitt_inbox_waiting 0\n").then_some(()) };
        eventually("the inbox is empty", empty).await;
    }

    /// Waits until every webhook and its effects are processed: nothing is due within a minute.
    pub(crate) async fn is_quiet(&self) {
        self.inbox_is_empty().await;
        let store = self.store().await;
        eventually("no work is due", || async {
            let now = kvitt::base::clock::now();
            let next = store.next_due(now).await.unwrap();
            next.is_none_or(|due| due > now.plus_ms(60_000)).then_some(())
        })
        .await;
        store.close().await;
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// The priced cart of the scenarios: two mugs and a tea.
    pub(crate) async fn cart(&self) -> Cart {
        self.get("/v1/cart?items=mug:2,tea:1").send().await.unwrap().json().await.unwrap()
    }

    /// Opens a checkout on the shop's page.
    pub(crate) async fn order(&self, request: &NewCheckout) -> Order<'_> {
        let response = self.post("/v1/checkouts").header("origin", SHOP_ORIGIN).json(request).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        Order::new(self, response.json().await.unwrap())
    }

    /// An order whose payment is created at Vipps MobilePay.
    pub(crate) async fn ordered(&self) -> Order<'_> {
        self.order(&two_mugs_and_a_tea()).await
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        assert!(self.proxies.is_empty() || std::thread::panicking(), "a scenario closes its shop");
    }
}

fn serve(config: Config, listener: TcpListener, stop: &CancellationToken) -> JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move { kvitt::serve(config, listener, stop).await.unwrap() })
}

/// Who sets the stage.
pub(crate) fn operator() -> Actor {
    Actor { name: "the stage".into(), via: Via::Command, key: None }
}

/// A second handle on the database of a proxy, which may still be migrating it.
pub(crate) async fn beside(database: &str) -> Store {
    eventually("the database", || async { Store::attach(database, &vault()).await.ok() }).await
}

/// The vault of the scenarios' databases.
pub(crate) fn vault() -> Vault {
    Vault::new(&Key::parse(ENCRYPTION_KEY).unwrap(), None)
}

/// A client that does not follow redirects, so that scenarios can check them. It loads no certificates: that takes longer than a request,
/// and hundreds of clients are made while a proxy waits for the emulator, which is in the same process.
pub(crate) fn http() -> reqwest::Client {
    // Only the first call installs it. All install the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.tls_certs_only(std::iter::empty()).no_proxy().build().unwrap()
}

/// An emulator whose payments have the profile at once. It takes nothing that the API's description has not.
pub(crate) fn quick() -> Options {
    Options { strict: true, profile_delay_ms: 0, ..Options::default() }
}

/// The scenarios' checkout: terms accepted, with consent to share the number.
pub(crate) fn two_mugs_and_a_tea() -> NewCheckout {
    NewCheckout {
        items: vec![Item { sku: "mug".into(), quantity: 2 }, Item { sku: "tea".into(), quantity: 1 }],
        signed_cart: None,
        amount: Amount { value: 58_700, currency: Currency::Nok },
        sales_unit: None,
        terms_accepted: true,
        consent: Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: None }),
        language: Language::Nb,
        return_url: Some(format!("{SHOP_ORIGIN}/thanks?from=vipps")),
        open: false,
        cart_id: None,
    }
}

/// The response is a problem with this status and code.
pub(crate) async fn problem(response: Response, status: u16, code: &str) -> Problem {
    let got = response.status();
    let kind = response.headers().get("content-type").cloned();
    let text = response.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{got}: {text}"));
    assert_eq!((got.as_u16(), problem.status, problem.code.as_str()), (status, status, code), "{text}");
    assert_eq!(kind.unwrap(), "application/problem+json");
    assert!(problem.trace_id.len() == 32 && !problem.title.is_empty());
    problem
}

/// Polls until `ask` returns a value, and fails after the timeout.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let polling = async {
        let (mut pause, longest) = BETWEEN_LOOKS;
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(longest);
        }
    };
    tokio::time::timeout(TIMEOUT, polling).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

/// The state of a checkout as text for a failed assertion.
pub(crate) fn brief(checkout: &Checkout) -> String {
    format!("{:?} v{} {} {:?}", checkout.state, checkout.version, checkout.reference, checkout.trouble)
}

/// A secret that is not the registered one.
pub(crate) fn other_secret() -> SecretString {
    SecretString::from("not the registered secret".to_owned())
}
