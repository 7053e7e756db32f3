//! `kvitt customers`: what customers shared: shown, found by number, and erased on request.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kvitt_wire::FoundCustomers;
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::progress::Waiting;
use super::shown;
use crate::config::Config;
use crate::engine::hub::Hub;
use crate::engine::ledger::Ledger;
use crate::shop::customers;
use crate::store::{KnownCustomer, Store};

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
    /// Show a customer: the number, what was said yes to, and the orders.
    Show {
        /// The id, as `kvitt orders show` has it: `cus_…`.
        id: String,
        /// As JSON, as the API has it.
        #[arg(long)]
        json: bool,
    },
    /// Find customers by their telephone number.
    Find {
        /// With country code; `-` reads it from standard input, past the shell's history.
        phone_number: String,
        /// As JSON, as the API has it.
        #[arg(long)]
        json: bool,
    },
    /// Erase the telephone number that a customer shared. The order and the record of the consent stay, and nothing brings it back.
    Erase(Whose),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The one with this id, in every order.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The one who paid this payment, by its reference.
    #[arg(long, value_name = "REF")]
    reference: Option<String>,
    /// The one who has this number, with country code, in every order; `-` reads it from standard input, past the shell's history.
    #[arg(long, value_name = "NUMBER")]
    phone_number: Option<String>,
}

/// May be done while proxies run.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = match asked.action {
        Action::Show { id, json } => show(&store, &id, json).await,
        Action::Find { phone_number, json } => find(&store, &phone_number, json).await,
        Action::Erase(whose) => erase(&store, &config, whose).await,
    };
    store.close().await;
    done
}

async fn known(store: &Store, id: &str) -> anyhow::Result<KnownCustomer> {
    store.known_customer(id).await?.with_context(|| format!("there is no customer {id}"))
}

async fn show(store: &Store, id: &str, json: bool) -> anyhow::Result<()> {
    let customer = customers::for_shop(known(store, id).await?);
    if json {
        return shown::json(&customer);
    }
    shown::facts(&[
        ("customer", customer.id),
        ("sales unit", customer.sales_unit),
        ("number", customer.phone_number.unwrap_or_else(|| "not told in time".to_owned())),
        ("received", shown::time(customer.received_at_ms)),
        ("orders", customer.orders.join(" ")),
    ]);
    println!();
    let rows = customer.consents.into_iter().map(|given| {
        let at = shown::time(given.consent.given_at_ms);
        vec![at, given.consent.scope, given.consent.wording, given.consent.language.tag().to_owned(), given.reference]
    });
    shown::table(&["yes at", "to", "words", "in", "payment"], rows);
    Ok(())
}

async fn find(store: &Store, phone_number: &str, json: bool) -> anyhow::Result<()> {
    let mut customers = Vec::new();
    for id in store.customers_with_number(&super::arguments::number(phone_number)?).await? {
        customers.extend(store.known_customer(&id).await?.map(customers::for_shop));
    }
    if json {
        return shown::json(&FoundCustomers { customers });
    }
    let rows = customers.into_iter().map(|customer| vec![customer.id, customer.sales_unit, customer.orders.join(" ")]);
    shown::table(&["customer", "sales unit", "orders"], rows);
    Ok(())
}

async fn erase(store: &Store, config: &Config, whose: Whose) -> anyhow::Result<()> {
    let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, Arc::default());
    let number = whose.phone_number.map(|text| super::arguments::number(&text)).transpose()?;
    let waiting = Waiting::for_what("every order is erased");
    let orders = match (&number, &whose.reference, &whose.id) {
        (Some(number), ..) => customers::erase_by_number(store, &ledger, number).await?,
        (None, Some(reference), _) => usize::from(customers::erase_order(store, &ledger, reference).await?),
        (None, None, Some(id)) => customers::erase_customer(store, &ledger, &known(store, id).await?).await?,
        (None, None, None) => 0,
    };
    drop(waiting);
    if orders == 0 {
        bail!("there is no such order");
    }
    println!("erased the customer of {orders} order{}", if orders == 1 { "" } else { "s" });
    Ok(())
}
