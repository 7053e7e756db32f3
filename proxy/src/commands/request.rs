//! `kvitt request`: asks a customer to pay, by a running proxy, and shows the link as a QR in the terminal: for a counter, a market stall, or
//! a call to support.
//!
//! It is the shop's API, with a key of the shop's; what is asked for is one line at one price, or a whole cart from a file.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kvitt_wire::{Problem, ShopOrder};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::{self, Proxy};
use super::shown;
use crate::http::qr;

/// Which proxy, and what about it.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Ask for money. Prints the link and its QR, unless the customer has it in the app.
    Send(Box<Send>),
    /// Take a request back that nobody has paid.
    Withdraw {
        #[command(flatten)]
        proxy: Proxy,
        /// Its reference.
        reference: String,
    },
}

#[derive(Args)]
struct Send {
    #[command(flatten)]
    proxy: Proxy,
    #[command(flatten)]
    what: What,
    /// What it is for, as the customer sees it; required with --amount.
    #[arg(long, value_name = "TEXT", required_unless_present = "cart")]
    description: Option<String>,
    /// The currency of --amount.
    #[arg(long, default_value = "NOK")]
    currency: String,
    /// The rate of VAT in --amount, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    vat: u32,
    /// The sales unit that is paid, by name; the proxy's first one when absent.
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// A customer of the shop's, to be asked in the app: `cus_…`.
    #[arg(long, value_name = "ID", conflicts_with = "phone_number")]
    customer: Option<String>,
    /// A number, with country code, whose owner has said yes to being asked; `-` reads it from standard input.
    #[arg(long, value_name = "NUMBER", requires = "wording")]
    phone_number: Option<String>,
    /// The version of the words that its owner said yes to.
    #[arg(long, value_name = "VERSION", requires = "phone_number")]
    wording: Option<String>,
    /// How many seconds it may be paid.
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u32>,
    /// What a repeat of this is known by; a random one when absent.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// The order as JSON, as the API has it.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct What {
    /// How much, with both decimals, such as 249.00.
    #[arg(long, value_name = "AMOUNT", value_parser = super::arguments::minor)]
    amount: Option<i64>,
    /// A file with a whole cart, as JSON, as the API has it.
    #[arg(long, value_name = "FILE")]
    cart: Option<PathBuf>,
}

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let http = caller::client()?;
    match asked.action {
        Action::Send(send) => {
            let key = send.idempotency_key.clone().unwrap_or_else(|| {
                let random = Uuid::new_v4().to_string();
                // Before it is sent: whoever gets no answer repeats it under this key.
                eprintln!("idempotency key: {random}");
                random
            });
            let request = http.post(send.proxy.at("/v1/shop/payment-requests")).header("idempotency-key", &key);
            let order = answered(send.proxy.sign(request)?.json(&send.body()?)).await?;
            if send.json { shown::json(&order) } else { print(&order) }
        }
        Action::Withdraw { proxy, reference } => {
            let request = http.post(proxy.at(&format!("/v1/shop/payment-requests/{reference}/withdraw")));
            let order = answered(proxy.sign(request)?.json(&json!({}))).await?;
            println!("{}: {}", order.reference, order.state.as_str());
            Ok(())
        }
    }
}

impl Send {
    fn body(&self) -> anyhow::Result<Value> {
        let mut cart: Value = match &self.what.cart {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                serde_json::from_str(&text).with_context(|| path.display().to_string())?
            }
            None => {
                let value = self.what.amount.context("how much")?;
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
                let number = super::arguments::number(number)?;
                json!({ "phone_number": number.digits(), "consent": { "wording": self.wording } })
            }
            (None, None) => Value::Null,
        };
        Ok(json!({
            "cart": cart, "customer": customer, "expires_in_s": self.expires_in, "description": self.description,
        }))
    }
}

async fn answered(request: RequestBuilder) -> anyhow::Result<ShopOrder> {
    let response = request.send().await.context("the proxy does not answer")?;
    if response.status().is_success() {
        return response.json().await.context("the proxy answers something else");
    }
    let status = response.status();
    let Ok(problem) = response.json::<Problem>().await else { bail!("the proxy answers {status}") };
    let detail = problem.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    bail!("{}{detail} ({})", problem.title, problem.code)
}

fn print(order: &ShopOrder) -> anyhow::Result<()> {
    let request = order.request.as_ref().context("the proxy answers an order that was not asked for")?;
    let how = serde_json::to_value(request.sent_by)?;
    shown::facts(&[
        ("reference", order.reference.clone()),
        ("amount", format!("{} {}", shown::amount(order.amount.value), order.amount.currency.code())),
        ("sent by", how.as_str().unwrap_or_default().to_owned()),
        ("until", shown::time(request.expires_at_ms)),
        ("link", request.url.clone()),
    ]);
    if how == "link" {
        println!("\n{}", qr::text(&request.url));
    }
    Ok(())
}
