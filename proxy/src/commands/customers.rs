//! `kvitt customers`: shows, finds and erases the personal data that customers shared.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use clap::Subcommand;
use kvitt_wire::FoundCustomers;
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::output;
use super::progress::Spinner;
use crate::checkout::PhoneNumber;
use crate::config::Config;
use crate::engine::hub::Hub;
use crate::engine::ledger::Ledger;
use crate::shop::customers;
use crate::store::{KnownCustomer, Store};

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show a customer: telephone number, consents and orders
    Show {
        /// Id of the customer, as `kvitt orders show` prints it: `cus_…`
        id: String,
        /// Print JSON, as the API does
        #[arg(long)]
        json: bool,
    },
    /// Find customers by telephone number
    Find {
        /// Telephone number; `-` reads it from standard input, so that it does not enter the shell's history
        phone_number: String,
        /// Name of the sales unit in whose country a number without a country code is [default: the first one]
        #[arg(long, value_name = "NAME")]
        sales_unit: Option<String>,
        /// Print JSON, as the API does
        #[arg(long)]
        json: bool,
    },
    /// Erase the telephone number of a customer; the orders and the record of the consent stay
    Erase {
        #[command(flatten)]
        target: Target,
        /// Name of the sales unit in whose country a number without a country code is [default: the first one]
        #[arg(long, value_name = "NAME", requires = "phone_number")]
        sales_unit: Option<String>,
    },
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Id of the customer
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Reference of a payment of the customer
    #[arg(long, value_name = "REF")]
    reference: Option<String>,
    /// Telephone number; `-` reads it from standard input, so that it does not enter the shell's history
    #[arg(long, value_name = "NUMBER")]
    phone_number: Option<String>,
}

/// Runs the command; proxies may run at the same time.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = match args.action {
        Action::Show { id, json } => show(&store, &id, json).await,
        Action::Find { phone_number, sales_unit, json } => {
            let number = super::arguments::number(&phone_number, &config.sales_units, sales_unit.as_deref());
            find(&store, number?, json).await
        }
        Action::Erase { target, sales_unit } => erase(&store, &config, target, sales_unit.as_deref()).await,
    };
    store.close().await;
    done
}

async fn find_by_id(store: &Store, id: &str) -> anyhow::Result<KnownCustomer> {
    store.known_customer(id).await?.with_context(|| format!("there is no customer {id}"))
}

async fn show(store: &Store, id: &str, json: bool) -> anyhow::Result<()> {
    let customer = customers::for_shop(find_by_id(store, id).await?);
    if json {
        return output::json(&customer);
    }
    output::facts(&[
        ("customer", customer.id),
        ("sales unit", customer.sales_unit),
        ("number", customer.phone_number.unwrap_or_else(|| "not received".to_owned())),
        ("received", output::time(customer.received_at_ms)),
        ("orders", customer.orders.join(" ")),
    ]);
    println!();
    let texts: BTreeSet<_> = customer.consents.iter().filter_map(|given| given.consent.text.clone()).collect();
    let rows = customer.consents.into_iter().map(|given| {
        let at = output::time(given.consent.given_at_ms);
        vec![at, given.consent.scope, given.consent.wording, given.consent.language.tag().to_owned(), given.reference]
    });
    output::table(&["consented", "scope", "wording", "language", "payment"], rows);
    for text in texts {
        println!("\n{text}");
    }
    Ok(())
}

async fn find(store: &Store, number: PhoneNumber, json: bool) -> anyhow::Result<()> {
    let mut customers = Vec::new();
    for id in store.customers_with_number(&number).await? {
        customers.extend(store.known_customer(&id).await?.map(customers::for_shop));
    }
    if json {
        return output::json(&FoundCustomers { customers });
    }
    let rows = customers.into_iter().map(|customer| vec![customer.id, customer.sales_unit, customer.orders.join(" ")]);
    output::table(&["customer", "sales unit", "orders"], rows);
    Ok(())
}

async fn erase(store: &Store, config: &Config, target: Target, sales_unit: Option<&str>) -> anyhow::Result<()> {
    let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, None);
    let parse = |text: &String| super::arguments::number(text, &config.sales_units, sales_unit);
    let number = target.phone_number.as_ref().map(parse).transpose()?;
    let (by, spinner) = (&super::arguments::operator(), Spinner::start("erasing"));
    let orders = match (&number, &target.reference, &target.id) {
        (Some(number), ..) => customers::erase_by_number(store, &ledger, number, by).await?,
        (None, Some(reference), _) => usize::from(customers::erase_order(store, &ledger, reference, by).await?),
        (None, None, Some(id)) => customers::erase_customer(&ledger, &find_by_id(store, id).await?, by).await?,
        (None, None, None) => 0,
    };
    drop(spinner);
    if orders == 0 {
        bail!("erased the customer of 0 orders: there is no such customer");
    }
    println!("erased the customer of {orders} order{}", if orders == 1 { "" } else { "s" });
    Ok(())
}
