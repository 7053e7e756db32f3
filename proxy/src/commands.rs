//! What an operator types: one file a command. A command prints to standard output what was asked for, and ends with an error otherwise.

mod arguments;
mod caller;
mod check;
mod customers;
mod deliveries;
mod demo;
mod desk;
mod doctor;
mod emulator;
mod encryption;
mod ending;
mod endpoints;
mod healthcheck;
mod keys;
mod listen;
mod manual;
mod migrate;
mod orders;
mod outbox;
mod parts;
mod progress;
mod reconcile;
mod request;
mod serve;
mod shown;
pub mod stories;
mod trigger;
mod webhooks;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::arguments::ConfigFile;
use self::serve::stop_on_signal;
use crate::http::routes;

/// A checkout for Vipps MobilePay.
#[derive(Parser)]
#[command(name = "kvitt", version, about, arg_required_else_help = true, after_help = ending::TABLE)]
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
    Emulator(emulator::Asked),
    /// Check the configuration and, against the API, the keys of every sales unit.
    Check(check::Asked),
    /// Look at everything that an operator would ask about, and say what to do.
    Doctor(doctor::Asked),
    /// Bring the schema of the database up to date, as `serve` does when it starts.
    Migrate(ConfigFile),
    /// Ask the running proxy whether it is ready.
    Healthcheck(healthcheck::Asked),
    /// Manage the keys of the shop's own machines.
    Keys(keys::Asked),
    /// Print a link that opens the order desk once.
    Desk(desk::Asked),
    /// Follow what happens at a running proxy, and forward it to a backend on this machine, signed as the real thing.
    Listen(listen::Asked),
    /// Play a story on a proxy that runs against the emulator: paid, rejected, a webhook is lost, and so on.
    Trigger(trigger::Asked),
    /// Show orders; capture, let go and refund their money.
    Orders(orders::Asked),
    /// Compare every order that money can still move on with the books of Vipps MobilePay.
    Reconcile(reconcile::Asked),
    /// Show what waits to be done at Vipps MobilePay, and have what was put aside done after all.
    Outbox(outbox::Asked),
    /// Manage where the shop's backend is told what happens.
    Endpoints(endpoints::Asked),
    /// Show what the shop's backend was told, and tell it again.
    Deliveries(deliveries::Asked),
    /// Ask a customer to pay: behind a link or QR, or in the app.
    Request(request::Asked),
    /// Show, find and erase what customers shared.
    Customers(customers::Asked),
    /// Replace the key that what customers shared is sealed with.
    Encryption(encryption::Asked),
    /// Manage the registrations of webhooks at Vipps MobilePay.
    Webhooks(webhooks::Asked),
    /// Print the description of the API.
    Openapi {
        /// The types of the shop's API for TypeScript instead.
        #[arg(long)]
        typescript: bool,
    },
    /// Print what completes these commands in a shell: `source <(kvitt completions bash)`.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder.
    Man {
        /// Where to.
        folder: std::path::PathBuf,
    },
    /// Print a generated page of the documentation, for `cargo xtask openapi`.
    #[command(hide = true)]
    Manual {
        /// Which page.
        page: manual::Page,
    },
}

/// Runs the command that was typed.
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
        Command::Emulator(asked) => emulator::run(asked).await?,
        Command::Check(asked) => check::run(asked).await?,
        Command::Migrate(file) => migrate::run(file).await?,
        Command::Healthcheck(asked) => healthcheck::run(&asked)?,
        Command::Keys(asked) => keys::run(asked).await?,
        Command::Desk(asked) => desk::run(asked).await?,
        Command::Doctor(asked) => return Ok(doctor::run(asked).await?.into()),
        Command::Listen(asked) => listen::run(asked).await?,
        Command::Trigger(asked) => trigger::run(asked).await?,
        Command::Orders(asked) => return Ok(orders::run(asked).await?.into()),
        Command::Reconcile(asked) => return Ok(reconcile::run(asked).await?.into()),
        Command::Outbox(asked) => outbox::run(asked).await?,
        Command::Endpoints(asked) => endpoints::run(asked).await?,
        Command::Deliveries(asked) => deliveries::run(asked).await?,
        Command::Request(asked) => request::run(asked).await?,
        Command::Customers(asked) => customers::run(asked).await?,
        Command::Encryption(asked) => encryption::run(asked).await?,
        Command::Webhooks(asked) => webhooks::run(asked).await?,
        Command::Openapi { typescript: true } => print!("{}", routes::typescript()),
        Command::Openapi { typescript: false } => print!("{}", routes::openapi_json()),
        Command::Completions { shell } => manual::completions(shell, Cli::command()),
        Command::Man { folder } => manual::pages(&folder, Cli::command())?,
        Command::Manual { page } => print!("{}", manual::markdown(page, Cli::command())),
    }
    Ok(ExitCode::SUCCESS)
}
