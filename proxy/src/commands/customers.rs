//! `kvitt customers`: what customers shared, erased on request.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kvitt::checkout::PhoneNumber;
use kvitt::customers;
use kvitt::hub::Hub;
use kvitt::ledger::Ledger;
use kvitt::store::Store;
use secrecy::ExposeSecret;

use super::ConfigFile;
use super::progress::Waiting;

/// What is to be done.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Erase the telephone number that a customer shared. The order and the record of the consent stay, and nothing brings it back.
    Erase(Whose),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The one who paid this payment, by its reference.
    #[arg(long, value_name = "REF")]
    reference: Option<String>,
    /// The one who has this number, with country code, in every order; `-` reads it from standard input, past the shell's history.
    #[arg(long, value_name = "NUMBER")]
    phone_number: Option<String>,
}

/// May be done while proxies run.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let Action::Erase(whose) = asked.action;
    let config = asked.config.load_without_webhooks()?;
    let number = whose.phone_number.map(|text| number(&text)).transpose()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, std::sync::Arc::default());
    let waiting = Waiting::for_what("every order is erased");
    let orders = match (&number, &whose.reference) {
        (Some(number), _) => customers::erase_number(&store, &ledger, number).await?,
        (None, Some(reference)) => usize::from(customers::erase_of(&store, &ledger, reference).await?),
        (None, None) => 0,
    };
    drop(waiting);
    store.close().await;
    if orders == 0 {
        bail!("there is no such order");
    }
    println!("erased the customer of {orders} order{}", if orders == 1 { "" } else { "s" });
    Ok(())
}

fn number(text: &str) -> anyhow::Result<PhoneNumber> {
    let text = if text == "-" { std::io::read_to_string(std::io::stdin())? } else { text.to_owned() };
    customers::number(&text).context("a number is written with its country code, such as +47 91 23 45 67")
}
