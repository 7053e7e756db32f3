//! The running proxy: its parts, put together, and what handlers need of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::rates::Rates;
use crate::access::token::{self, Found};
use crate::access::{idempotency, session};
use crate::checkout::Checkout;
use crate::config::{self, Config, SalesUnits};
use crate::engine::hub::Hub;
use crate::engine::inbox::{self, Inbox};
use crate::engine::ledger::Ledger;
use crate::engine::outbox::Outbox;
use crate::engine::wake::{self, WakeUps};
use crate::engine::{chores, outage};
use crate::http::problem::{ApiError, Result};
use crate::observe::metrics::Metrics;
use crate::shop::orders::Orders;
use crate::shop::relay::{self, Relay};
use crate::shop::{customers, requests};
use crate::store::Store;
use crate::vendor::captures::Captures;
use crate::vendor::perform::Performer;
use crate::vendor::reconcile::Reconciler;
use crate::vendor::registrations::Registrations;

/// The pause when the store does not answer.
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);

/// A handle to the running proxy; clones share it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts. Routes write through `ledger` and `inbox`, and read through `store`.
pub struct Parts {
    /// How requests are answered.
    pub http: config::Http,
    /// How the order desk is logged in to.
    pub desk: config::Desk,
    /// What is sold.
    pub shop: Arc<config::Shop>,
    /// How the shop's backend is notified.
    pub relay: config::Relay,
    /// Whom customers pay.
    pub units: SalesUnits,
    /// The API of Vipps MobilePay.
    pub vipps: config::Vipps,
    /// How webhooks come.
    pub webhook: config::Webhook,
    /// Where everything is written down.
    pub store: Store,
    /// The door for every change.
    pub ledger: Ledger,
    /// Opens orders.
    pub orders: Orders,
    /// The door for webhooks.
    pub inbox: Inbox,
    /// What talks to the vendor.
    pub performer: Performer,
    /// Knows by when money is to be captured.
    pub captures: Captures,
    /// What webhooks are signed with.
    pub registrations: Registrations,
    /// Who watches what.
    pub hub: Hub,
    /// What is counted.
    pub metrics: Metrics,
    /// Who asks how often.
    pub rates: Rates,
    /// When the proxy began.
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
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The address of the operators.
    #[error("metrics.listen: {0}")]
    Listen(#[from] std::io::Error),
    /// The HTTP client for the vendor's API, or for the shop's.
    #[error("HTTP client: {0}")]
    Client(String),
}

impl App {
    /// Opens the store and starts the workers in `tasks`. They stop when `stop` is cancelled.
    ///
    /// # Errors
    /// When the database or the HTTP client cannot be had.
    pub async fn start(
        config: Config,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> std::result::Result<Self, StartError> {
        let store = Store::open(config.database_url.expose_secret(), &config.vault).await?;
        store.release_claims().await?;
        let hub = Hub::default();
        let (due, arrived) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let wake_ups = WakeUps { hub: hub.clone(), due: due.clone(), arrived: arrived.clone() };
        wake::start(&store, &wake_ups, &stop, tasks);
        let ledger = Ledger::new(store.clone(), hub.clone(), config.polling, due.clone());
        let units = config.sales_units;
        let performer = Performer::new(&config.vipps, &units).map_err(|error| StartError::Client(error.to_string()))?;
        let metrics = Metrics::default();
        performer.clients().for_each(|(_, client)| client.observe(metrics.observer()));
        let call_timeout = config.vipps.timeout;
        Outbox::start(store.clone(), ledger.clone(), performer.clone(), call_timeout, due, &stop, tasks);
        Relay::start(store.clone(), &config.relay, metrics.clone(), ledger.deliveries_due(), &stop, tasks)
            .map_err(|error| StartError::Client(error.to_string()))?;
        let inbox = Inbox::start(store.clone(), ledger.clone(), config.webhook.queue, arrived, &stop, tasks);
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
            registrations.chore(),
            session::sweep_chore(&store, &config.desk),
        ];
        chores.extend(config.customers_kept_ms.map(|keep_ms| customers::sweep_chore(&store, &ledger, keep_ms)));
        chores::start(&store, chores, &stop, tasks);
        // So that the first customer does not wait for a token.
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
        let orders = Orders::new(shop.clone(), units.clone(), store.clone(), ledger.clone());
        let since = Instant::now();
        Ok(Self(Arc::new(Parts {
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
            performer,
            registrations,
            hub,
            metrics,
            since,
            stop,
        })))
    }

    /// The checkout of a token.
    ///
    /// # Errors
    /// [`ApiError::not_found`] for a token that is none or not this checkout's.
    pub async fn find(&self, token: &str) -> Result<Found> {
        token::find(&self.store, token).await?.ok_or(ApiError::not_found())
    }

    /// Waits until a checkout is as `settled` wants it, or as long as a customer is kept waiting, and answers with what it is then. While
    /// the database is away, that is what was known of it.
    pub async fn wait_until(&self, mut checkout: Checkout, settled: impl Fn(&Checkout) -> bool) -> Checkout {
        let mut watcher = self.hub.subscribe(checkout.id);
        let patience = tokio::time::sleep(self.http.limits.wait);
        tokio::pin!(patience);
        loop {
            let mut away = false;
            match self.store.checkout(checkout.id).await {
                Ok(Some(stored)) => checkout = stored.checkout,
                Ok(None) => return checkout,
                Err(error) => {
                    outage::report(&error, "checkout not read");
                    away = true;
                }
            }
            if settled(&checkout) {
                return checkout;
            }
            tokio::select! {
                () = watcher.changed() => {}
                () = tokio::time::sleep(AFTER_AN_ERROR), if away => {}
                () = &mut patience => return checkout,
                () = self.stop.cancelled() => return checkout,
            }
        }
    }
}
