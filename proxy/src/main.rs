//! `kvitt`: the proxy, its demo, the emulator, and what an operator needs around them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use kvitt::config::{Config, SalesUnit};
use kvitt::store::Store;
use kvitt::{app, routes, telemetry};
use kvitt_emulator::{Credentials, Emulator};
use kvitt_vipps::EventName;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A checkout for Vipps MobilePay.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the proxy.
    Serve(ConfigFile),
    /// Run emulator, proxy and demo shop together, on a database that is thrown away.
    Demo {
        /// Where the shop listens; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Another origin whose pages may embed the widget.
        #[arg(long = "allow-origin", value_name = "ORIGIN")]
        allow_origins: Vec<String>,
    },
    /// Run the emulator of Vipps MobilePay alone.
    Emulator {
        /// Where it listens; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
        listen: SocketAddr,
        /// Refuse http:// addresses on this machine too, as Vipps MobilePay does.
        #[arg(long)]
        strict: bool,
        /// Print client id, client secret, subscription key and serial number of the Norwegian sales unit on one line, and end.
        #[arg(long)]
        print_credentials: bool,
    },
    /// Check the configuration and, against the API, the keys of every sales unit.
    Check {
        #[command(flatten)]
        config: ConfigFile,
        /// Check the configuration alone.
        #[arg(long)]
        offline: bool,
    },
    /// Bring the schema of the database up to date, as `serve` does when it starts.
    Migrate(ConfigFile),
    /// Manage the registrations of webhooks at Vipps MobilePay.
    Webhooks {
        #[command(flatten)]
        config: ConfigFile,
        /// The sales unit, by name; the first one when absent.
        #[arg(long, value_name = "NAME", global = true)]
        sales_unit: Option<String>,
        #[command(subcommand)]
        action: Webhooks,
    },
    /// Print the description of the API.
    Openapi,
}

#[derive(Args)]
struct ConfigFile {
    /// A file that goes over the defaults; the environment goes over both.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Webhooks {
    /// List the registrations.
    List,
    /// Register the proxy's address, and print the secret, which is shown only this once.
    Register,
    /// Remove a registration.
    Remove {
        /// Its id, as `list` shows it.
        id: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kvitt: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(file) => serve(file).await,
        Command::Demo { listen, allow_origins } => kvitt::demo::run(listen, &allow_origins, stop_on_signal()?).await,
        Command::Emulator { print_credentials: true, .. } => {
            let keys = Credentials::of("123456").context("the emulator has a Norwegian sales unit")?;
            println!(
                "{} {} {} {}",
                keys.client_id, keys.client_secret, keys.subscription_key, keys.merchant_serial_number
            );
            Ok(())
        }
        Command::Emulator { listen, strict, .. } => emulator(listen, strict).await,
        Command::Check { config, offline } => check(&load(&config)?, offline).await,
        Command::Migrate(file) => migrate(&load(&file)?).await,
        Command::Webhooks { config, sales_unit, action } => {
            let config = load(&config)?;
            let unit = config.sales_unit(sales_unit.as_deref()).context("there is no such sales unit")?;
            webhooks(&config, unit, action).await
        }
        Command::Openapi => {
            print!("{}", routes::openapi_json());
            Ok(())
        }
    }
}

/// For what is done before there are webhooks.
fn load(file: &ConfigFile) -> anyhow::Result<Config> {
    Ok(Config::load_without_webhooks(file.config.as_deref(), std::env::vars())?)
}

async fn serve(file: ConfigFile) -> anyhow::Result<()> {
    let config = Config::load(file.config.as_deref(), std::env::vars())?;
    telemetry::start(&config.log)?;
    let stop = stop_on_signal()?;
    let listener =
        TcpListener::bind(&config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(kvitt::serve(config, listener, stop).await?)
}

async fn emulator(listen: SocketAddr, strict: bool) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let emulator = Emulator::start(listener, kvitt_emulator::Options { strict, ..Default::default() })?;
    println!("listening on {}", emulator.url());
    stop.cancelled().await;
    emulator.shutdown();
    emulator.stopped().await;
    Ok(())
}

async fn check(config: &Config, offline: bool) -> anyhow::Result<()> {
    println!("configuration: good");
    for unit in config.sales_units.iter().filter(|unit| unit.webhook_secrets.is_empty()) {
        println!("sales unit {}: no webhook_secret yet; `kvitt webhooks register` prints one", unit.name);
    }
    let mut bad = 0;
    for unit in config.sales_units.iter().filter(|_| !offline) {
        match app::client(config, unit)?.warm_up().await {
            Ok(()) => println!("sales unit {}: the keys are good", unit.name),
            Err(error) => {
                println!("sales unit {}: {error}", unit.name);
                bad += 1;
            }
        }
    }
    if bad > 0 {
        bail!("{bad} of {} sales units cannot get an access token", config.sales_units.len());
    }
    Ok(())
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(config.database_url.expose_secret()).await?;
    println!("the database has migration {}, the last one of this release", store.schema().await?);
    store.close().await;
    Ok(())
}

async fn webhooks(config: &Config, unit: &SalesUnit, action: Webhooks) -> anyhow::Result<()> {
    let client = app::client(config, unit)?;
    match action {
        Webhooks::List => {
            for webhook in client.webhooks().await? {
                println!("{}  {}  {} events", webhook.id, webhook.url, webhook.events.len());
            }
        }
        Webhooks::Register => {
            let url = config.webhook_url(unit);
            let registration = client.register_webhook(&url, &EventName::ALL).await?;
            println!("id      {}", registration.id);
            println!("url     {url}");
            println!("secret  {}", registration.secret.expose_secret());
            println!("Keep the secret as webhook_secret of the sales unit {:?}; it is not shown again.", unit.name);
        }
        Webhooks::Remove { id } => {
            client.remove_webhook(&id).await?;
            println!("removed {id}");
        }
    }
    Ok(())
}

/// Cancelled by SIGINT and SIGTERM.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        signalled.cancel();
    });
    Ok(stop)
}
