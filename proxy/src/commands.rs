//! The command line, one file for each command.
//!
//! A command prints its result to standard output, and notes and errors to standard error. Its exit code is one of [`exit_status`]. Most commands
//! read and write the database beside running proxies; `listen`, `trigger` and `request` call a running proxy over HTTP.

mod arguments;
mod audit;
mod caller;
mod check;
mod customers;
mod deliveries;
mod demo;
mod desk;
mod doctor;
mod emulator;
mod encryption;
mod endpoints;
mod exit_status;
mod findings;
mod healthcheck;
mod keys;
mod listen;
mod manual;
mod migrate;
mod orders;
mod outbox;
mod output;
mod parts;
mod progress;
mod reconcile;
mod request;
mod serve;
pub mod stories;
mod trigger;
mod webhooks;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::arguments::ConfigFile;
use self::serve::stop_on_signal;
use crate::http::routes;

/// A checkout for Vipps MobilePay
#[derive(Parser)]
#[command(name = "kvitt", version, arg_required_else_help = true, after_help = exit_status::TABLE)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the proxy
    Serve(ConfigFile),
    /// Run emulator, proxy and demo shop together, on a temporary database
    Demo {
        /// Address and port of the shop; port 0 selects a free one
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Another origin whose pages may embed the widget; can be repeated
        #[arg(long = "allow-origin", value_name = "ORIGIN")]
        allow_origins: Vec<String>,
    },
    /// Run only the emulator of Vipps MobilePay
    Emulator(emulator::Args),
    /// Check the configuration, and the credentials of every sales unit against the API
    Check(check::Args),
    /// Examine configuration, database, queues and Vipps MobilePay, and say what to do
    Doctor(doctor::Args),
    /// Migrate the database to the schema of this release, as `serve` does at its start
    Migrate(ConfigFile),
    /// Check whether the running proxy is ready
    Healthcheck(healthcheck::Args),
    /// Manage the shop keys, with which the shop's backend authenticates
    Keys(keys::Args),
    /// Print a link that logs in at the order desk once
    Desk(desk::Args),
    /// Follow the events of a running proxy, and forward them to a local backend as signed webhooks
    Listen(listen::Args),
    /// Play a story on a proxy that runs against the emulator, such as a payment or a lost webhook
    Trigger(trigger::Args),
    /// Show orders; capture, release and refund their money
    Orders(orders::Args),
    /// Compare every order with money that can still move with the records of Vipps MobilePay
    Reconcile(reconcile::Args),
    /// Show the pending calls to Vipps MobilePay, and retry parked ones
    Outbox(outbox::Args),
    /// Manage the endpoints that receive the shop's webhooks
    Endpoints(endpoints::Args),
    /// Show the deliveries to an endpoint, and deliver again
    Deliveries(deliveries::Args),
    /// Send a payment request, as a link or QR, or in the app
    Request(request::Args),
    /// List who asked for what: captures and refunds, erasures, redeliveries, changes of settings
    Audit(audit::Args),
    /// Show, find and erase the personal data of customers
    Customers(customers::Args),
    /// Rotate the encryption key
    Encryption(encryption::Args),
    /// Manage the webhook registrations at Vipps MobilePay
    Webhooks(webhooks::Args),
    /// Print the API's description as OpenAPI JSON
    Openapi {
        /// Print the TypeScript types of the shop's API instead
        #[arg(long)]
        typescript: bool,
    },
    /// Print the completion script of a shell: `source <(kvitt completions bash)`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder
        folder: std::path::PathBuf,
    },
    /// Print a generated page of the documentation, for `cargo xtask openapi`.
    #[command(hide = true)]
    Manual {
        /// Which page.
        page: manual::Page,
    },
}

/// Runs the command of the command line.
pub async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kvitt: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(file) => serve::run(file).await?,
        Command::Demo { listen, allow_origins } => demo::run(listen, &allow_origins, stop_on_signal()?).await?,
        Command::Emulator(args) => emulator::run(args).await?,
        Command::Check(args) => return Ok(check::run(args).await?.into()),
        Command::Migrate(file) => migrate::run(file).await?,
        Command::Healthcheck(args) => healthcheck::run(&args)?,
        Command::Keys(args) => keys::run(args).await?,
        Command::Desk(args) => desk::run(args).await?,
        Command::Doctor(args) => return Ok(doctor::run(args).await?.into()),
        Command::Listen(args) => listen::run(args).await?,
        Command::Trigger(args) => trigger::run(args).await?,
        Command::Orders(args) => return Ok(orders::run(args).await?.into()),
        Command::Reconcile(args) => return Ok(reconcile::run(args).await?.into()),
        Command::Outbox(args) => outbox::run(args).await?,
        Command::Endpoints(args) => endpoints::run(args).await?,
        Command::Deliveries(args) => deliveries::run(args).await?,
        Command::Request(args) => request::run(args).await?,
        Command::Audit(args) => audit::run(args).await?,
        Command::Customers(args) => customers::run(args).await?,
        Command::Encryption(args) => encryption::run(args).await?,
        Command::Webhooks(args) => webhooks::run(args).await?,
        Command::Openapi { typescript: true } => print!("{}", routes::typescript()),
        Command::Openapi { typescript: false } => print!("{}", routes::openapi_json()),
        Command::Completions { shell } => manual::completions(shell, Cli::command()),
        Command::Man { folder } => manual::pages(&folder, Cli::command())?,
        Command::Manual { page } => print!("{}", manual::markdown(page, Cli::command())),
    }
    Ok(ExitCode::SUCCESS)
}
