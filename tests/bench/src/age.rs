//! Kvitt with many orders in its database: whatever it does should cost as much as with few.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::Connection;

use crate::fill::{Database, Template};
use crate::http;
use crate::payments::{self, Order};
use crate::postgres;
use crate::report::Table;
use crate::rows::{Size, one_level};
use crate::stage::{Programs, Server, Stage};

const COLUMNS: [&str; 3] = ["1,000", "100,000", "1,000,000"];
const QUICK_COLUMNS: [&str; 2] = ["1,000", "50,000"];

/// Measures it on SQLite, and on PostgreSQL.
pub(crate) async fn measure(programs: &Programs, size: &Size) -> Vec<Table> {
    let columns: &[&'static str] = if size.ages.len() == COLUMNS.len() { &COLUMNS } else { &QUICK_COLUMNS };
    let ratios = [("most ÷ least", columns[columns.len() - 1], columns[0])];
    let table = |database: &str| Table::new(format!("Orders in the database, {database}"), columns, &ratios);
    let mut sqlite = table("SQLite");
    for (count, column) in size.ages.iter().zip(columns) {
        println!("    {column} orders in SQLite");
        if let Err(error) = one(programs, size, &mut sqlite, column, *count, None).await {
            sqlite.fails(column, &error);
        }
    }
    let mut other = table("PostgreSQL");
    match postgres::Server::start().await {
        Err(error) => other.fails(columns[0], &error),
        Ok(server) => {
            for (count, column) in size.ages.iter().zip(columns) {
                println!("    {column} orders in PostgreSQL");
                if let Err(error) = one(programs, size, &mut other, column, *count, Some(&server)).await {
                    other.fails(column, &error);
                }
            }
        }
    }
    vec![sqlite, other]
}

async fn one(
    programs: &Programs,
    size: &Size,
    table: &mut Table,
    column: &'static str,
    count: usize,
    server: Option<&postgres::Server>,
) -> Result<()> {
    let name = format!("bench_{count}");
    let mut stage = match server {
        None => Stage::set(programs, Server::Kvitt).await?,
        Some(server) => Stage::proxies(programs, &server.database(&name).await?, 1).await?,
    };
    let key = stage.shop_key().await?;
    let authorization = format!("Bearer {key}");
    let templates = templates(&stage, &authorization, count).await?;
    stage.stop().await?;
    let database = || -> Result<Database<'_>> {
        match server {
            None => Ok(Database::Sqlite(Connection::open(stage.file())?)),
            Some(server) => Ok(Database::Postgres(server, &name)),
        }
    };
    database()?.repeat(&templates).await?;
    let took = stage.start().await?;
    table.add("start to ready, ms", column, took.as_secs_f64() * 1e3);

    stage.rests().await?;
    payments::paid(&stage, 200).await?;
    for (in_flight, count) in size.levels.iter().filter(|(in_flight, _)| *in_flight <= 32) {
        one_level(&stage, table, column, *in_flight, *count).await?;
    }
    for (what, query) in [("desk, newest orders", ""), ("desk, to ship", "&to_capture=true")] {
        let request = http::get(&format!("/v1/shop/orders?limit=50{query}"), &[("authorization", &authorization)]);
        let measured = payments::repeat(&stage, request, 100).await?;
        table.add(format!("{what}: p50 ms"), column, measured.percentile(50));
        table.add(format!("{what}: CPU µs a request"), column, measured.cpu_us);
    }

    // The hourly chores are due at a start: once alone, once with a customer who opens one order after the other.
    stage.stop().await?;
    chores_are_due(&stage, server, &name).await?;
    stage.start().await?;
    table.add("start with all hourly chores: CPU ms", column, stage.rests().await?.as_secs_f64() * 1e3);
    stage.stop().await?;
    chores_are_due(&stage, server, &name).await?;
    stage.start().await?;
    let worst = orders_for(&stage, Duration::from_secs(size.during_chores)).await?;
    table.add(format!("an order during the hourly chores: slowest in {} s, ms", size.during_chores), column, worst);
    Ok(())
}

async fn chores_are_due(stage: &Stage<'_>, server: Option<&postgres::Server>, name: &str) -> Result<()> {
    let mut database = match server {
        None => Database::Sqlite(Connection::open(stage.file())?),
        Some(server) => Database::Postgres(server, name),
    };
    database.chores_are_due().await
}

/// Orders of the three kinds that a shop has: shipped, abandoned, and still to ship. The last are as many in every database.
async fn templates(stage: &Stage<'_>, authorization: &str, count: usize) -> Result<Vec<Template>> {
    const TO_SHIP: usize = 200;
    let (mut orders, _) = payments::open(stage, 3, 1).await?;
    let (to_ship, abandoned, shipped) =
        (orders.pop().context("no order")?, orders.pop().context("no order")?, orders.pop().context("no order")?);
    let paid = [shipped.clone(), to_ship.clone()];
    payments::customers(stage, &paid, "approve").await?;
    payments::webhooks(stage, &paid, 1).await?;
    let capture = format!("/v1/shop/orders/{}/capture", shipped.reference);
    let headers = [("authorization", authorization), ("idempotency-key", "parcel-1")];
    payments::repeat(stage, http::post(&capture, &headers, "{}"), 1).await?;
    payments::customers(stage, std::slice::from_ref(&abandoned), "reject").await?;
    let rejected = stage.webhook(&abandoned.reference, "ABORTED")?;
    payments::repeat(stage, rejected, 1).await?;
    payments::are(stage, std::slice::from_ref(&abandoned), "aborted").await?;
    let lost = count / 20;
    let template = |Order { token, reference }, copies, days| Template { token, reference, copies, days };
    Ok(vec![
        template(shipped, count - lost - TO_SHIP, 1_000),
        template(abandoned, lost, 80),
        template(to_ship, TO_SHIP, 5),
    ])
}

/// Opens one order after the other. Returns the longest time that one took, in milliseconds.
async fn orders_for(stage: &Stage<'_>, time: Duration) -> Result<f64> {
    let began = Instant::now();
    let mut worst: f64 = 0.0;
    while began.elapsed() < time {
        worst = worst.max(payments::open_one(stage).await?);
    }
    Ok(worst)
}
