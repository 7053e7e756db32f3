//! `kvitt request`: sends or withdraws a payment request through a running proxy, and prints its link as a QR in the terminal: for a counter, a
//! market stall, or a support call.
//!
//! It calls the API of the shop's backend with a shop key. The cart is one line with an amount, or comes from a file.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use kvitt_wire::{Problem, ShopOrder};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::{self, Proxy};
use super::output;
use crate::http::qr;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Send a payment request; prints the link and its QR, unless the request was sent in the app
    Send(Box<SendArgs>),
    /// Withdraw a payment request that is not paid
    Withdraw {
        #[command(flatten)]
        proxy: Proxy,
        /// Reference of the request
        reference: String,
    },
}

#[derive(clap::Args)]
struct SendArgs {
    #[command(flatten)]
    proxy: Proxy,
    #[command(flatten)]
    charge: Charge,
    /// Description that the customer sees; required with --amount
    #[arg(long, value_name = "TEXT", required_unless_present = "cart")]
    description: Option<String>,
    /// Currency of --amount
    #[arg(long, default_value = "NOK")]
    currency: String,
    /// VAT rate included in --amount, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    vat: u32,
    /// Name of the sales unit to be paid [default: the first one of the configuration]
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// Id of a customer who gets the request in the app: `cus_…`
    #[arg(long, value_name = "ID", conflicts_with = "phone_number")]
    customer: Option<String>,
    /// Telephone number of a customer who has consented to payment requests, with its country code or as it is written in the sales unit's
    /// country; `-` reads it from standard input
    #[arg(long, value_name = "NUMBER", requires = "wording")]
    phone_number: Option<String>,
    /// Version of the text of that consent
    #[arg(long, value_name = "VERSION", requires = "phone_number")]
    wording: Option<String>,
    /// Seconds until the request expires
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u32>,
    /// Idempotency key: the same key is executed once [default: a random one, which is printed]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Print the order as JSON, as the API does
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Charge {
    /// Amount with both decimals, such as 249.00
    #[arg(long, value_name = "AMOUNT", value_parser = super::arguments::minor)]
    amount: Option<i64>,
    /// File with a cart as JSON, as in the API
    #[arg(long, value_name = "FILE")]
    cart: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let http = caller::client()?;
    match args.action {
        Action::Send(args) => {
            let key = args.idempotency_key.clone().unwrap_or_else(|| {
                let random = Uuid::new_v4().to_string();
                // Printed before the request is sent, so that it can be repeated when there is no response.
                eprintln!("idempotency key: {random}");
                random
            });
            let request = http.post(args.proxy.at("/v1/shop/payment-requests")).header("idempotency-key", &key);
            let order = send(args.proxy.authorize(request)?.json(&args.body()?)).await?;
            if args.json { output::json(&order) } else { print(&order) }
        }
        Action::Withdraw { proxy, reference } => {
            let request = http.post(proxy.at(&format!("/v1/shop/payment-requests/{reference}/withdraw")));
            let order = send(proxy.authorize(request)?.json(&json!({}))).await?;
            println!("{}: {}", order.reference, order.state.as_str());
            Ok(())
        }
    }
}

impl SendArgs {
    fn body(&self) -> anyhow::Result<Value> {
        let mut cart: Value = match &self.charge.cart {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                serde_json::from_str(&text).with_context(|| path.display().to_string())?
            }
            None => {
                let value = self.charge.amount.context("--amount or --cart is required")?;
                let line = json!({
                    "sku": "request", "name": self.description, "quantity": 1, "unit_price": value,
                    "vat_rate": self.vat.saturating_mul(100),
                });
                json!({ "lines": [line], "total": { "value": value, "currency": self.currency } })
            }
        };
        if let Some(unit) = &self.sales_unit {
            cart["sales_unit"] = json!(unit);
        }
        let customer = match (&self.customer, &self.phone_number) {
            (Some(id), _) => json!({ "id": id }),
            (None, Some(number)) => {
                let number = super::arguments::written_number(number)?;
                json!({ "phone_number": number, "consent": { "wording": self.wording } })
            }
            (None, None) => Value::Null,
        };
        Ok(json!({
            "cart": cart, "customer": customer, "expires_in_s": self.expires_in, "description": self.description,
        }))
    }
}

async fn send(request: RequestBuilder) -> anyhow::Result<ShopOrder> {
    let response = request.send().await.context("the proxy does not answer")?;
    if response.status().is_success() {
        return response.json().await.context("the proxy's response cannot be parsed");
    }
    let status = response.status();
    let Ok(problem) = response.json::<Problem>().await else { bail!("the proxy answers {status}") };
    let detail = problem.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    bail!("{}{detail} ({})", problem.title, problem.code)
}

fn print(order: &ShopOrder) -> anyhow::Result<()> {
    let request = order.request.as_ref().context("the proxy's response is not a payment request")?;
    let how = serde_json::to_value(request.sent_by)?;
    output::facts(&[
        ("reference", order.reference.clone()),
        ("amount", format!("{} {}", output::amount(order.amount.value), order.amount.currency.code())),
        ("sent by", how.as_str().unwrap_or_default().to_owned()),
        ("expires", output::time(request.expires_at_ms)),
        ("link", request.url.clone()),
    ]);
    if how == "link" {
        println!("\n{}", qr::text(&request.url));
    }
    Ok(())
}
