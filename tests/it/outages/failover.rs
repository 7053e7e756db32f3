//! A silent fail-over: the PostgreSQL server behind an address is another one, which knows nothing of the connections to the first. They
//! never answer and are never closed, while new ones work.

use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use kvitt_wire::{Checkout, State};
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{orders, paid_once, sees};
use crate::shop::{Database, Stage, eventually, http};

/// Polling is quick, so that all connections are in use.
const BUSY: &str = "polling.first_ms = 50\npolling.every_ms = 50\nvipps.timeout_ms = 500";
/// How many connections one proxy uses for its queries.
const CONNECTIONS: usize = 10;
const CUSTOMERS: usize = 3 * CONNECTIONS;

/// A TCP address that leads to the database server.
struct Forwarder {
    /// The URL of the database by this address.
    url: String,
    /// Each connection subscribes to it twice, once for each direction. What it says freezes them.
    current: Arc<Mutex<watch::Sender<bool>>>,
}

impl Forwarder {
    async fn start() -> Self {
        let server = PgConnectOptions::from_str(&Database::Postgres.make(Path::new(""))).unwrap();
        let socket = server.get_socket().unwrap().join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, database) = (listener.local_addr().unwrap(), server.get_database().unwrap());
        let url = format!("postgres://kvitt@{address}/{database}?sslmode=disable");
        let current = Arc::new(Mutex::new(watch::Sender::new(false)));
        let connections = current.clone();
        tokio::spawn(async move {
            while let Ok((proxy, _)) = listener.accept().await {
                let (there, back) = {
                    let current = connections.lock().unwrap();
                    (current.subscribe(), current.subscribe())
                };
                let server = UnixStream::connect(&socket).await.unwrap();
                let ((from_proxy, to_proxy), (from_server, to_server)) = (proxy.into_split(), server.into_split());
                tokio::spawn(forward(from_proxy, to_server, there));
                tokio::spawn(forward(from_server, to_proxy, back));
            }
        });
        Self { url, current }
    }

    /// How many connections there are.
    fn connections(&self) -> usize {
        self.current.lock().unwrap().receiver_count() / 2
    }

    /// Freezes the connections of now. What is sent on them is acknowledged and lost. Returns what knows how many are left of them.
    fn fails_over(&self) -> watch::Sender<bool> {
        let frozen = std::mem::replace(&mut *self.current.lock().unwrap(), watch::Sender::new(false));
        frozen.send_replace(true);
        frozen
    }
}

/// Passes bytes on until the connection is frozen. Then it reads and passes nothing on, until the one that it reads from closes it.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut is_frozen: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            read = from.read(&mut bytes) => match read {
                Ok(read @ 1..) if !*is_frozen.borrow() => if to.write_all(&bytes[..read]).await.is_err() { return },
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            },
            // It only ends the wait for a write.
            changed = is_frozen.changed() => if changed.is_err() { return },
        }
    }
}

/// Customers who look at their order all the time, more of them than the proxy has connections. They stop with the set.
fn look_at(order: &Checkout, proxy: &str) -> JoinSet<()> {
    let url = format!("{proxy}/v1/checkouts/{}", order.token);
    let mut customers = JoinSet::new();
    for _ in 0..CUSTOMERS {
        let (http, url) = (http(), url.clone());
        customers.spawn(async move { while http.get(&url).send().await.is_ok() {} });
    }
    customers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_recovers_from_a_silent_failover_by_itself_and_stops_during_the_next_one() {
    let forwarder = Forwarder::start().await;
    let mut stage = Stage::set_at(|_| forwarder.url.clone(), BUSY).await;
    let proxy = stage.start();
    let before = orders(&proxy.url).await;
    let customers = look_at(&before, &proxy.url);
    // More than those for queries: one listens.
    let busy = || std::future::ready((forwarder.connections() > CONNECTIONS).then_some(()));
    eventually("all connections are in use", busy).await;
    let frozen = forwarder.fails_over();
    // The one that listened waits in the background for an answer to its good-bye.
    let given_up = || std::future::ready((frozen.receiver_count() <= 2).then_some(()));
    eventually("the connections are given up", given_up).await;
    eventually("there are new ones, and one listens", busy).await;
    let after = orders(&proxy.url).await;
    eventually("it is ready", || async {
        http().get(format!("{}/readyz", proxy.url)).send().await.unwrap().status().is_success().then_some(())
    })
    .await;
    let mut paid = Vec::new();
    for order in [before, after] {
        stage.vipps.approves(&order.reference).await;
        paid.push(sees(&proxy.url, &order, State::Authorized).await);
    }
    paid_once(&stage, &paid).await;

    let _frozen = forwarder.fails_over();
    proxy.ends().await;
    drop(customers);
    stage.vipps.close().await;
}
