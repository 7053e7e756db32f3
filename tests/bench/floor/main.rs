//! The floor: the least that a server in Rust can do for the same work. One thread writes, a whole batch of jobs in one transaction; whoever
//! waits for a job is answered after its commit. No retries, no limits, no log.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{Stream, stream};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

const SCHEMA: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS orders (token TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, cart TEXT NOT NULL, state TEXT NOT NULL, redirect_url TEXT);
    CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, reference TEXT NOT NULL, body TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)";
const BATCH: usize = 256;
/// How many new connections may wait to be accepted.
const BACKLOG: u32 = 1024;

type Failed = StatusCode;
type Job = (Box<dyn FnOnce(&Connection) -> rusqlite::Result<()> + Send>, oneshot::Sender<()>);

struct Shop {
    jobs: mpsc::Sender<Job>,
    reader: Mutex<Connection>,
    pages: Mutex<HashMap<String, watch::Sender<String>>>,
    token: tokio::sync::Mutex<Option<(String, SystemTime)>>,
    http: reqwest::Client,
    environment: HashMap<String, String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let environment: HashMap<String, String> = std::env::vars().collect();
    let writer = Connection::open(&environment["DATABASE"])?;
    writer.execute_batch(SCHEMA)?;
    let (jobs, queue) = mpsc::channel();
    std::thread::spawn(move || write(&writer, &queue));
    let shop = Arc::new(Shop {
        jobs,
        reader: Mutex::new(Connection::open(&environment["DATABASE"])?),
        pages: Mutex::default(),
        token: tokio::sync::Mutex::default(),
        http: reqwest::Client::builder().no_proxy().build()?,
        environment,
    });
    let router = Router::new()
        .route("/readyz", get(|| async {}))
        .route("/v1/checkouts", post(open))
        .route("/v1/checkouts/{token}", get(show))
        .route("/v1/checkouts/{token}/events", get(follow))
        .route("/callbacks/vipps/no", post(webhook))
        .with_state(shop.clone());
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(shop.environment["LISTEN"].parse()?)?;
    let listener = socket.listen(BACKLOG)?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// Commits whatever is waiting in one transaction.
fn write(connection: &Connection, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let batch: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(BATCH - 1)).collect();
        let Ok(transaction) = connection.unchecked_transaction() else { continue };
        let done: Vec<_> =
            batch.into_iter().filter_map(|(job, done)| job(&transaction).is_ok().then_some(done)).collect();
        if transaction.commit().is_ok() {
            done.into_iter().for_each(|done| done.send(()).unwrap_or(()));
        }
    }
}

impl Shop {
    async fn commits<J>(&self, job: J) -> Result<(), Failed>
    where
        J: FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    {
        let (done, committed) = oneshot::channel();
        self.jobs.send((Box::new(job), done)).map_err(failed)?;
        committed.await.map_err(failed)
    }

    /// A call of Vipps MobilePay, with the keys and a token that is used for as long as it lasts.
    async fn calls(&self, path: &str, body: Option<(&str, Value)>) -> Result<Value> {
        let mut held = self.token.lock().await;
        let token = match held.as_ref().filter(|(_, until)| *until > SystemTime::now()) {
            Some((token, _)) => token.clone(),
            None => {
                let answer: Value = self.keyed(reqwest::Method::POST, "/accesstoken/get").send().await?.json().await?;
                let token = answer["access_token"].as_str().context("no token")?.to_owned();
                let seconds = answer["expires_in"].as_str().unwrap_or_default().parse().unwrap_or(60);
                *held = Some((token.clone(), SystemTime::now() + Duration::from_secs(seconds)));
                token
            }
        };
        drop(held);
        let request = match body {
            None => self.keyed(reqwest::Method::GET, path),
            Some((key, body)) => self.keyed(reqwest::Method::POST, path).header("idempotency-key", key).json(&body),
        };
        Ok(request.bearer_auth(token).send().await?.error_for_status()?.json().await?)
    }

    fn keyed(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.environment["VIPPS"]));
        for (name, variable) in [
            ("client_id", "CLIENT_ID"),
            ("client_secret", "CLIENT_SECRET"),
            ("ocp-apim-subscription-key", "SUBSCRIPTION_KEY"),
            ("merchant-serial-number", "MSN"),
        ] {
            request = request.header(name, &self.environment[variable]);
        }
        request
    }
}

fn failed<E: std::fmt::Debug>(error: E) -> Failed {
    eprintln!("{error:?}");
    StatusCode::INTERNAL_SERVER_ERROR
}

/// The total of a cart at the shop's own prices.
fn price(items: &Value) -> Option<i64> {
    let of =
        |sku: &str| [("mug", 24_900), ("tea", 8_900)].iter().find(|(known, _)| *known == sku).map(|(_, price)| *price);
    items.as_array()?.iter().map(|item| Some(of(item["sku"].as_str()?)? * item["quantity"].as_i64()?)).sum()
}

async fn open(State(shop): State<Arc<Shop>>, Json(sent): Json<Value>) -> Result<Json<Value>, Failed> {
    let total = price(&sent["items"]).filter(|total| sent["amount"] == json!({ "value": total, "currency": "NOK" }));
    let total = total.ok_or(StatusCode::CONFLICT)?;
    let (token, reference) = (Uuid::new_v4().simple().to_string(), format!("bench-{}", Uuid::now_v7()));
    let (row, items) = ((token.clone(), reference.clone()), sent["items"].to_string());
    shop.commits(move |database| {
        let insert = "INSERT INTO orders (token, reference, cart, state) VALUES (?1, ?2, ?3, 'starting')";
        database.prepare_cached(insert)?.execute(params![row.0, row.1, items]).map(drop)
    })
    .await?;
    let payment = json!({
        "amount": sent["amount"], "paymentMethod": { "type": "WALLET" }, "reference": reference, "userFlow": "WEB_REDIRECT",
        "returnUrl": format!("{}/return/{token}", shop.environment["PUBLIC_URL"]), "paymentDescription": "Two mugs and tea",
    });
    let created = shop.calls("/epayment/v1/payments", Some((&reference, payment))).await.map_err(failed)?;
    let url = created["redirectUrl"].as_str().ok_or(StatusCode::BAD_GATEWAY)?.to_owned();
    let row = (token.clone(), url.clone());
    shop.commits(move |database| {
        let update = "UPDATE orders SET state = 'created', redirect_url = ?2 WHERE token = ?1";
        database.prepare_cached(update)?.execute(params![row.0, row.1]).map(drop)
    })
    .await?;
    Ok(Json(json!({ "token": token, "reference": reference, "state": "created", "redirect_url": url, "total": total })))
}

async fn webhook(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Result<(), Failed> {
    verify(&shop.environment, &headers, &body).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let event: Value = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let text = |name: &str| event[name].as_str().map(str::to_owned).ok_or(StatusCode::BAD_REQUEST);
    let (id, reference) = (text("pspReference")?, text("reference")?);
    let row = (id.clone(), reference.clone(), String::from_utf8(body.to_vec()).map_err(|_| StatusCode::BAD_REQUEST)?);
    shop.commits(move |database| {
        let insert = "INSERT INTO inbox (id, reference, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        database.prepare_cached(insert)?.execute(params![row.0, row.1, row.2]).map(drop)
    })
    .await?;
    tokio::spawn(async move { look(&shop, id, reference).await });
    Ok(())
}

fn verify(environment: &HashMap<String, String>, headers: &HeaderMap, body: &[u8]) -> Result<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).context("a header is missing");
    let (date, hash, sent) = (text("x-ms-date")?, text("x-ms-content-sha256")?, text("authorization")?);
    ensure!(BASE64_STANDARD.encode(Sha256::digest(body)) == hash, "another body");
    let at = httpdate::parse_http_date(date)?;
    let apart = SystemTime::now().duration_since(at).unwrap_or_else(|early| early.duration());
    ensure!(apart < Duration::from_secs(300), "too old");
    let mut mac = Hmac::<Sha256>::new_from_slice(environment["WEBHOOK_SECRET"].as_bytes())?;
    let host = environment["PUBLIC_URL"].trim_start_matches("http://");
    mac.update(format!("POST\n/callbacks/vipps/no\n{date};{host};{hash}").as_bytes());
    let (_, signature) = sent.split_once("Signature=").context("no signature")?;
    Ok(mac.verify_slice(&BASE64_STANDARD.decode(signature)?)?)
}

/// Reads the payment, writes down what became of it, and tells the page.
async fn look(shop: &Shop, id: String, reference: String) -> Result<(), Failed> {
    let payment = shop.calls(&format!("/epayment/v1/payments/{reference}"), None).await.map_err(failed)?;
    let state = payment["state"].as_str().unwrap_or_default().to_lowercase();
    let row = (id, reference.clone(), state);
    shop.commits(move |database| {
        let update = "UPDATE orders SET state = ?2 WHERE reference = ?1 AND state = 'created'";
        database.prepare_cached(update)?.execute(params![row.1, row.2])?;
        database.prepare_cached("UPDATE inbox SET done = 1 WHERE id = ?1")?.execute(params![row.0]).map(drop)
    })
    .await?;
    let find = "SELECT token FROM orders WHERE reference = ?1";
    let reader = shop.reader.lock().map_err(failed)?;
    let token =
        reader.prepare_cached(find).and_then(|mut find| find.query_row([reference], |row| row.get::<_, String>(0)));
    drop(reader);
    let token = token.map_err(failed)?;
    let Json(now) = snapshot(shop, &token)?;
    if let Some(page) = shop.pages.lock().map_err(failed)?.get(&token) {
        page.send_replace(now.to_string());
    }
    Ok(())
}

async fn show(State(shop): State<Arc<Shop>>, Path(token): Path<String>) -> Result<Json<Value>, Failed> {
    snapshot(&shop, &token)
}

fn snapshot(shop: &Shop, token: &str) -> Result<Json<Value>, Failed> {
    let reader = shop.reader.lock().map_err(failed)?;
    let select = "SELECT reference, state, redirect_url FROM orders WHERE token = ?1";
    let mut select = reader.prepare_cached(select).map_err(failed)?;
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(String, String, Option<String>)> =
        select.query_row([token], columns).optional().map_err(failed)?;
    let (reference, state, url) = found.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(json!({ "token": token, "reference": reference, "state": state, "redirect_url": url })))
}

async fn follow(
    State(shop): State<Arc<Shop>>,
    Path(token): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failed> {
    let mut pages = shop.pages.lock().map_err(failed)?;
    let Json(now) = snapshot(&shop, &token)?;
    let page = pages.entry(token).or_insert_with(|| watch::Sender::new(now.to_string())).subscribe();
    drop(pages);
    let frames = stream::unfold((page, true), async |(mut page, first)| {
        if !first {
            page.changed().await.ok()?;
        }
        let frame = Event::default().data(page.borrow_and_update().as_str());
        Some((Ok(frame), (page, false)))
    });
    Ok(Sse::new(frames).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
