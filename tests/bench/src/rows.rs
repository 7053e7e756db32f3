//! The rows: what is measured, how often, and which tables come of it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::pages::{self, Idle};
use crate::payments::{self, percentile};
use crate::postgres;
use crate::report::Table;
use crate::stage::{Programs, Server, Stage};

/// A row, by the name that `--only` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Row {
    /// Open an order; its webhook, and the look after it: 1, 32, 128 and 256 in flight
    Payments,
    /// 256 webhooks, each on a new connection, all at once
    Connections,
    /// From the approval to its frame on the page, at a rate, beside idle streams
    Frames,
    /// Memory of idle streams, and a round of heartbeats
    Streams,
    /// Start to ready, and memory at rest
    Start,
    /// Kvitt on SQLite, and one, two and three proxies on one PostgreSQL
    Postgres,
    /// Kvitt with a thousand to a million orders in its database
    Age,
}

/// Counts and times: those of a whole run, or few.
pub(crate) struct Size {
    pub(crate) rounds: usize,
    /// Rounds of rows that take long.
    few: usize,
    /// Requests in flight, and how many there are in all.
    pub(crate) levels: &'static [(usize, usize)],
    warm_up: usize,
    /// Payments a second, and for how many seconds.
    rates: &'static [(u32, u32)],
    beside: &'static [usize],
    streams: &'static [usize],
    heartbeats: bool,
    proxies: &'static [usize],
    pub(crate) ages: &'static [usize],
    /// For how many seconds orders are opened during the chores.
    pub(crate) during_chores: u64,
}

impl Size {
    pub(crate) const WHOLE: Self = Self {
        rounds: 3,
        few: 2,
        levels: &[(1, 400), (32, 2_000), (128, 2_000), (256, 2_000)],
        warm_up: 1_000,
        rates: &[(20, 6), (100, 6), (500, 6)],
        beside: &[100, 10_000],
        streams: &[1_000, 10_000],
        heartbeats: true,
        proxies: &[1, 2, 3],
        ages: &[1_000, 100_000, 1_000_000],
        during_chores: 5,
    };
    pub(crate) const QUICK: Self = Self {
        rounds: 1,
        few: 1,
        levels: &[(1, 100), (32, 500)],
        warm_up: 200,
        rates: &[(100, 3)],
        beside: &[100],
        streams: &[500],
        heartbeats: false,
        proxies: &[1],
        ages: &[1_000, 50_000],
        during_chores: 2,
    };
}

const ALL: [Server; 4] = [Server::Floor, Server::Fastify, Server::Express, Server::Kvitt];
/// Without express: what it shares with the peer is measured there.
const THREE: [Server; 3] = [Server::Floor, Server::Fastify, Server::Kvitt];
const RATIOS: [(&str, &str, &str); 2] = [("÷ fastify", "Kvitt", "fastify"), ("÷ floor", "Kvitt", "floor")];
/// How long a heartbeat takes to come round, in all servers.
const HEARTBEAT: Duration = Duration::from_secs(15);

fn table(title: &str, servers: &[Server]) -> Table {
    Table::new(title, &servers.iter().map(|server| server.name()).collect::<Vec<_>>(), &RATIOS)
}

/// Runs something for each server in turn, so many rounds. What fails is said in the table, and what it has measured before stays.
macro_rules! in_turn {
    ($programs:ident, $table:ident, $rounds:expr, $servers:expr, $run:expr) => {
        for round in 1..=$rounds {
            for server in $servers.into_iter().filter(|server| $programs.are_measured(*server)) {
                println!("    round {round} of {}: {}", $rounds, server.name());
                if let Err(error) = $run(&mut $table, server).await {
                    $table.fails(server.name(), &error.context(format!("round {round}")));
                }
            }
        }
    };
}

/// Measures a row.
pub(crate) async fn measure(row: Row, programs: &Programs, size: &Size) -> Vec<Table> {
    match row {
        Row::Payments => payments(programs, size).await,
        Row::Connections => connections(programs, size).await,
        Row::Frames => frames(programs, size).await,
        Row::Streams => streams(programs, size).await,
        Row::Start => start(programs, size).await,
        Row::Postgres => vec![databases(programs, size).await],
        Row::Age => crate::age::measure(programs, size).await,
    }
}

async fn payments(programs: &Programs, size: &Size) -> Vec<Table> {
    let mut table = table("Open an order, and its webhook with the look after it", &ALL);
    let run = async |table: &mut Table, server: Server| {
        let stage = Stage::set(programs, server).await?;
        payments::paid(&stage, size.warm_up).await?;
        for (in_flight, count) in size.levels {
            one_level(&stage, table, server.name(), *in_flight, *count).await?;
        }
        table.add("peak memory, MiB", server.name(), stage.memory_kib()?.peak / 1024.0);
        anyhow::Ok(())
    };
    in_turn!(programs, table, size.rounds, ALL, run);
    vec![table]
}

/// Opens orders, approves them and sends their webhooks, so many in flight.
pub(crate) async fn one_level(
    stage: &Stage<'_>,
    table: &mut Table,
    column: &'static str,
    in_flight: usize,
    count: usize,
) -> Result<()> {
    let (orders, opened) = payments::open(stage, count, in_flight).await?;
    payments::customers(stage, &orders, "approve").await?;
    let settled = payments::webhooks(stage, &orders, in_flight).await?;
    let about = if in_flight == 1 { "one at a time".to_owned() } else { format!("{in_flight} in flight") };
    for (what, measured) in [("open", opened), ("webhook", settled)] {
        table.add(format!("{what}, {about}: CPU µs a request"), column, measured.cpu_us);
        table.add(format!("{what}, {about}: p50 ms"), column, measured.percentile(50));
        table.add(format!("{what}, {about}: p99 ms"), column, measured.percentile(99));
        if in_flight > 1 {
            table.add(format!("{what}, {about}: requests a second"), column, measured.per_second);
        }
    }
    Ok(())
}

async fn connections(programs: &Programs, size: &Size) -> Vec<Table> {
    const COUNT: usize = 256;
    let mut table = table("256 webhooks on new connections, all at once", &ALL);
    let run = async |table: &mut Table, server: Server| {
        let stage = Stage::set(programs, server).await?;
        payments::paid(&stage, size.warm_up).await?;
        for _ in 0..3 {
            let (orders, _) = payments::open(&stage, COUNT, 32).await?;
            payments::customers(&stage, &orders, "approve").await?;
            let storm = payments::webhooks_at_once(&stage, &orders).await?;
            table.add("connect to 200: p50 ms", server.name(), storm.percentile(50));
            table.add("connect to 200: p99 ms", server.name(), storm.percentile(99));
        }
        anyhow::Ok(())
    };
    in_turn!(programs, table, size.rounds, ALL, run);
    vec![table]
}

async fn frames(programs: &Programs, size: &Size) -> Vec<Table> {
    /// As many as a proxy allows in its default configuration.
    const STREAMS_OF_AN_ORDER: usize = 16;
    let mut table = table("From the approval to its frame on the page", &THREE);
    let run = async |table: &mut Table, server: Server| {
        for idle in size.beside {
            let stage = Stage::set(programs, server).await?;
            let orders = payments::paid(&stage, size.warm_up.max(idle.div_ceil(STREAMS_OF_AN_ORDER))).await?;
            let mut others = Idle::open(&stage, &orders, *idle).await?;
            for (rate, seconds) in size.rates {
                let about = format!("{rate} a second, {idle} idle streams");
                let shown = pages::approvals(&stage, *rate, *seconds).await.with_context(|| about.clone())?;
                table.add(format!("{about}: p50 ms"), server.name(), percentile(&shown.latencies, 50));
                table.add(format!("{about}: p99 ms"), server.name(), percentile(&shown.latencies, 99));
                table.add(format!("{about}: CPU µs a payment"), server.name(), shown.cpu_us);
            }
            others.are_open()?;
        }
        anyhow::Ok(())
    };
    in_turn!(programs, table, size.few, THREE, run);
    vec![table]
}

async fn streams(programs: &Programs, size: &Size) -> Vec<Table> {
    let mut table = table("Idle streams, each on an order of its own", &THREE);
    let run = async |table: &mut Table, server: Server| {
        for count in size.streams {
            let stage = Stage::set(programs, server).await?;
            let orders = payments::paid(&stage, *count).await?;
            let before = stage.memory_kib()?.resident;
            let mut idle = Idle::open(&stage, &orders, *count).await?;
            stage.rests().await?;
            let each = (stage.memory_kib()?.resident - before) / *count as f64;
            table.add(format!("{count} streams: KiB each"), server.name(), each);
            if size.heartbeats {
                let (heard, cpu) = (idle.heard(), stage.cpu()?);
                tokio::time::sleep(HEARTBEAT).await;
                let used = stage.cpu()? - cpu;
                // A round is as long as the interval, so a few may fall into the next one.
                ensure!(idle.heard() - heard > *count as u64 * 8 / 10, "there are too few heartbeats");
                table.add(
                    format!("{count} streams: CPU ms of a heartbeat round"),
                    server.name(),
                    used.as_secs_f64() * 1e3,
                );
            }
            idle.are_open()?;
        }
        anyhow::Ok(())
    };
    in_turn!(programs, table, size.few, THREE, run);
    vec![table]
}

async fn start(programs: &Programs, size: &Size) -> Vec<Table> {
    let mut table = table("Start, with a database that is there and empty", &ALL);
    let run = async |table: &mut Table, server: Server| {
        let mut stage = Stage::set(programs, server).await?;
        stage.stop().await?;
        let took = stage.start().await?;
        table.add("start to ready, ms", server.name(), took.as_secs_f64() * 1e3);
        stage.rests().await?;
        table.add("memory at rest, MiB", server.name(), stage.memory_kib()?.resident / 1024.0);
        anyhow::Ok(())
    };
    in_turn!(programs, table, size.rounds, ALL, run);
    vec![table]
}

async fn databases(programs: &Programs, size: &Size) -> Table {
    const COLUMNS: [&str; 4] = ["SQLite", "one on PostgreSQL", "two", "three"];
    let ratios = [("one ÷ SQLite", COLUMNS[1], COLUMNS[0]), ("three ÷ one", COLUMNS[3], COLUMNS[1])];
    let mut table = Table::new("Kvitt on SQLite, and proxies on one PostgreSQL", &COLUMNS, &ratios);
    let server = match postgres::Server::start().await {
        Ok(server) => server,
        Err(error) => {
            table.fails(COLUMNS[1], &error);
            return table;
        }
    };
    for round in 1..=size.few {
        for proxies in [0].iter().chain(size.proxies) {
            let column = COLUMNS[*proxies];
            println!("    round {round} of {}: {column}", size.few);
            if let Err(error) = on_database(programs, size, &mut table, &server, round, *proxies).await {
                table.fails(column, &error.context(format!("round {round}")));
            }
        }
    }
    async fn on_database(
        programs: &Programs,
        size: &Size,
        table: &mut Table,
        server: &postgres::Server,
        round: usize,
        proxies: usize,
    ) -> Result<()> {
        let stage = match proxies {
            0 => Stage::set(programs, Server::Kvitt).await?,
            count => {
                Stage::proxies(programs, &server.database(&format!("bench_{round}_{count}")).await?, count).await?
            }
        };
        payments::paid(&stage, size.warm_up).await?;
        for (in_flight, count) in size.levels.iter().filter(|(in_flight, _)| *in_flight <= 32) {
            one_level(&stage, table, COLUMNS[proxies], *in_flight, *count).await?;
        }
        let shown = pages::approvals(&stage, 20, size.rates[0].1).await?;
        table.add("approval to frame, 20 a second: p50 ms", COLUMNS[proxies], percentile(&shown.latencies, 50));
        table.add("approval to frame, 20 a second: p99 ms", COLUMNS[proxies], percentile(&shown.latencies, 99));
        Ok(())
    }
    table
}
