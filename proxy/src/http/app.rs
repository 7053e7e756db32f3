//! The running proxy: builds its parts from the configuration, starts the workers, and hands the parts to the handlers.
//!
//! Handlers read through the store, and write through the ledger and the inbox, never around them.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::rates::Rates;
use crate::access::streams::Streams;
use crate::access::token::{self, Found};
use crate::access::{idempotency, session};
use crate::checkout::Checkout;
use crate::config::{self, Config, SalesUnits};
use crate::engine::chores;
use crate::engine::handover::Handover;
use crate::engine::hub::Hub;
use crate::engine::inbox::{self, Inbox};
use crate::engine::ledger::{Ledger, Workers};
use crate::engine::look::Looks;
use crate::engine::outbox::{self, Outbox};
use crate::engine::pace::Pace;
use crate::engine::sightings::Sightings;
use crate::engine::trust::Trusts;
use crate::engine::wake::{self, WakeUps};
use crate::http::cached::Cached;
use crate::http::files::Document;
use crate::http::problem::{ApiError, Result};
use crate::observe::metrics::{Gauges, Metrics};
use crate::shop::orders::{self, Orders};
use crate::shop::relay::{self, Relay};
use crate::shop::{customers, requests};
use crate::store::Store;
use crate::vendor::captures::Captures;
use crate::vendor::perform::Performer;
use crate::vendor::reconcile::Reconciler;
use crate::vendor::registrations::Registrations;

/// How long the number of idle offers is kept: few are opened in that time.
const IDLE_OFFERS_KEPT: Duration = Duration::from_secs(1);

/// A handle to the running proxy; clones share it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts. Routes write through `ledger` and `inbox`, and read through `store`.
pub struct Parts {
    /// Addresses and limits of the server.
    pub http: config::Http,
    /// The order desk.
    pub desk: config::Desk,
    /// The shop and its catalogue.
    pub shop: Arc<config::Shop>,
    /// How the shop's backend is notified.
    pub relay: config::Relay,
    /// The sales units that customers pay.
    pub units: SalesUnits,
    /// The API of Vipps MobilePay.
    pub vipps: config::Vipps,
    /// The webhooks of Vipps MobilePay.
    pub webhook: config::Webhook,
    /// The database.
    pub store: Store,
    /// Commits every change of a checkout.
    pub ledger: Ledger,
    /// Opens orders.
    pub orders: Orders,
    /// Takes in webhooks.
    pub inbox: Inbox,
    /// Has a payment polled at once.
    pub looks: Looks<Performer>,
    /// How far webhooks are trusted.
    pub trusts: Trusts,
    /// Calls Vipps MobilePay.
    pub performer: Performer,
    /// The capture deadlines.
    pub captures: Captures,
    /// The webhook registrations and their secrets.
    pub registrations: Registrations,
    /// Stores what requests show to be set up wrongly.
    pub sightings: Sightings,
    /// Publishes commits to subscribers.
    pub hub: Hub,
    /// The counters.
    pub metrics: Metrics,
    /// The rate limits.
    pub rates: Rates,
    /// The open streams.
    pub streams: Streams,
    /// What the metrics show of the database.
    pub gauges: Cached<Gauges>,
    /// How many orders of pages are open that nobody has paid yet.
    pub idle_offers: Cached<i64>,
    /// The checks of readiness that fail.
    pub unready: Cached<Vec<&'static str>>,
    /// The API's description as this proxy serves it, once it was asked for.
    pub description: OnceLock<Document>,
    /// When the proxy started.
    pub since: Instant,
    /// Cancelled when the proxy is to stop.
    pub stop: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why the proxy did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The operators' address cannot be bound.
    #[error("metrics.listen: {0}")]
    Listen(#[from] std::io::Error),
    /// The HTTP client for Vipps MobilePay, or for the shop's endpoints, cannot be built.
    #[error("HTTP client: {0}")]
    Client(String),
}

impl App {
    /// Opens the store and starts the workers in `tasks`. They stop when `stop` is cancelled.
    ///
    /// # Errors
    /// When the database cannot be opened or an HTTP client cannot be built.
    pub async fn start(
        config: Config,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> std::result::Result<Self, StartError> {
        let store = Store::open(config.database_url.expose_secret(), &config.vault).await?;
        let hub = Hub::default();
        let (due, arrived) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let wake_ups = WakeUps { hub: hub.clone(), due: due.clone(), arrived: arrived.clone() };
        wake::start(&store, &wake_ups, config.http.limits.heartbeat, &stop, tasks);
        let (stopping, closing) = (stop.clone(), hub.clone());
        tasks.spawn(async move {
            stopping.cancelled().await;
            closing.close();
        });
        let (handover, handed) = Handover::new(outbox::lease(config.vipps.timeout), due, &stop);
        let trusts = Trusts::start(store.clone(), handover.clone(), config.webhook.grace, &stop, tasks);
        let workers = Workers { handover, trusts: trusts.clone() };
        let ledger = Ledger::new(store.clone(), hub.clone(), config.polling, Some(workers));
        let units = config.sales_units;
        let performer = Performer::new(&config.vipps, &units).map_err(|error| StartError::Client(error.to_string()))?;
        let metrics = Metrics::default();
        performer.observe(&metrics.observer());
        let reference = performer.reference().clone();
        let pace = Pace::default();
        let at_pace = (performer.clone(), pace.clone());
        Outbox::start(store.clone(), ledger.clone(), at_pace, reference.clone(), handed, &stop, tasks);
        Relay::start(
            store.clone(),
            &config.relay,
            metrics.clone(),
            reference.clone(),
            ledger.deliveries_due(),
            &stop,
            tasks,
        )
        .map_err(|error| StartError::Client(error.to_string()))?;
        let looks = Looks::new(ledger.clone(), performer.clone(), pace, &stop, tasks);
        let inbox = Inbox::start(store.clone(), looks.clone(), config.webhook.queue, arrived, &stop, tasks);
        let reconciler = Reconciler::new(
            config.capture,
            config.reconcile.at_once,
            units.clone(),
            store.clone(),
            ledger.clone(),
            performer.clone(),
        );
        let captures = Captures::new(config.capture, units.clone());
        let registrations =
            Registrations::new(config.webhook.clone(), units.clone(), config.vault, store.clone(), performer.clone());
        registrations.reload().await;
        let mut chores = vec![
            inbox::sweep_chore(&store),
            idempotency::sweep_chore(&store),
            requests::sweep_chore(&store),
            relay::sweep_chore(&store, 2 * config.capture.warn_ms),
            captures.clone().chore(&store),
            reconciler.chore(config.reconcile.every),
            session::sweep_chore(&store, &config.desk),
        ];
        chores.extend(config.customers_kept_ms.map(|keep_ms| customers::sweep_chore(&store, &ledger, keep_ms)));
        chores.extend(config.unpaid_kept_ms.map(|keep_ms| orders::sweep_chore(&store, keep_ms)));
        chores.extend(registrations.chores());
        chores::start(&store, chores, &reference, &stop, tasks);
        // The first customer should not wait for an access token.
        let warmed = performer.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            for (sales_unit, client) in warmed.clients() {
                if let Err(error) = client.warm_up().await {
                    tracing::warn!(sales_unit, %error, "no access token yet");
                }
            }
        }));
        let rates = Rates::new(&config.rates);
        let shop = Arc::new(config.shop);
        let orders = Orders::new(shop.clone(), units.clone(), store.clone(), ledger.clone(), hub.clone());
        let since = Instant::now();
        let streams = Streams::new(&config.http.limits);
        let (gauges, unready) = (Cached::new(config.http.metrics_kept), Cached::new(config.http.metrics_kept));
        Ok(Self(Arc::new(Parts {
            sightings: Sightings::new(store.clone()),
            http: config.http,
            desk: config.desk,
            shop,
            relay: config.relay,
            units,
            vipps: config.vipps,
            webhook: config.webhook,
            rates,
            orders,
            captures,
            store,
            ledger,
            inbox,
            looks,
            trusts,
            performer,
            registrations,
            hub,
            metrics,
            streams,
            description: OnceLock::new(),
            gauges,
            unready,
            idle_offers: Cached::new(IDLE_OFFERS_KEPT),
            since,
            stop,
        })))
    }

    /// Finds the checkout that a token gives access to.
    ///
    /// # Errors
    /// [`ApiError::not_found`] when the token is malformed or belongs to no checkout.
    pub async fn find(&self, token: &str) -> Result<Found> {
        token::find(&self.store, token).await?.ok_or(ApiError::not_found())
    }

    /// The shop as the customers of a sales unit know it. One that is no longer configured has the defaults.
    pub fn front(&self, sales_unit: &str) -> &config::Shopfront {
        self.units.find(Some(sales_unit)).map_or(&self.shop.front, |unit| &unit.front)
    }

    /// Waits until `settled` holds for a checkout, for `limits.wait_ms` at most, and leaves it as it is then. It gets new states from the hub,
    /// without the database. The subscription must have begun before the commit; for a repeat of a request it begins here.
    pub async fn wait_until(&self, found: &mut Found, settled: impl Fn(&Checkout) -> bool) {
        let mut subscription = found.subscription.take().unwrap_or_else(|| self.hub.subscribe(found.checkout.id));
        subscription.has_read(&found.checkout);
        let waiting = async {
            while !settled(&found.checkout)
                && let Some(newer) = subscription.newer_than(found.checkout.version).await
            {
                found.checkout = newer.checkout.clone();
            }
        };
        // Late, the caller answers with the state so far.
        let _ = tokio::time::timeout(self.http.limits.wait, waiting).await;
    }
}
