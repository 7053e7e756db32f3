//! `kvitt orders capture`, `cancel` and `refund`: commits an operation as the API does, then waits until a running proxy has carried it out.

use std::time::Duration;

use kvitt_wire::{Amount, MoveMoney, Pieces};
use tokio::time::Instant;
use uuid::Uuid;

use super::{find, view};
use crate::access::idempotency::Key;
use crate::base::clock;
use crate::checkout::operation::{OperationKind, Outcome};
use crate::commands::arguments::operator;
use crate::commands::exit_status::ExitStatus;
use crate::commands::output;
use crate::commands::parts;
use crate::commands::progress::Spinner;
use crate::config::Config;
use crate::engine::hub::Hub;
use crate::engine::ledger::Ledger;
use crate::http::problem::ApiError;
use crate::shop::operations;
use crate::store::Store;

/// How often the order is read while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The arguments of `capture` and `refund`.
#[derive(clap::Args)]
pub(crate) struct MoveArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Amount with both decimals, such as 249.00 [default: all that is left]
    #[arg(long, value_name = "AMOUNT", value_parser = crate::commands::arguments::minor)]
    amount: Option<i64>,
    /// Line that was shipped or returned, such as mug=1, as a record; can be repeated
    #[arg(long = "line", value_name = "SKU=QUANTITY", value_parser = pieces)]
    lines: Vec<Pieces>,
}

/// The arguments of `cancel`.
#[derive(clap::Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(clap::Args)]
struct CommonArgs {
    /// Reference of any of the order's payments
    reference: String,
    /// Idempotency key: the same key is executed once [default: a random one, which is printed]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Seconds to wait until a running proxy has carried out the operation
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// Print the order afterwards, as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn capture(
    store: &Store,
    config: &Config,
    MoveArgs { common, amount, lines }: MoveArgs,
) -> anyhow::Result<ExitStatus> {
    operate(store, config, OperationKind::Capture, common, amount, lines).await
}

pub(super) async fn refund(
    store: &Store,
    config: &Config,
    MoveArgs { common, amount, lines }: MoveArgs,
) -> anyhow::Result<ExitStatus> {
    operate(store, config, OperationKind::Refund, common, amount, lines).await
}

pub(super) async fn cancel(
    store: &Store,
    config: &Config,
    ReleaseArgs { common }: ReleaseArgs,
) -> anyhow::Result<ExitStatus> {
    operate(store, config, OperationKind::Cancel, common, None, Vec::new()).await
}

async fn operate(
    store: &Store,
    config: &Config,
    kind: OperationKind,
    common: CommonArgs,
    amount: Option<i64>,
    lines: Vec<Pieces>,
) -> anyhow::Result<ExitStatus> {
    let order = find(store, &common.reference).await?;
    let (id, currency) = (order.checkout.id, order.checkout.order.cart.total.currency);
    let shared = order.shared();
    let body = MoveMoney { amount: amount.map(|value| Amount { value, currency }), lines };
    let text = common.idempotency_key.unwrap_or_else(|| {
        let random = Uuid::new_v4().to_string();
        eprintln!("idempotency key: {random}");
        random
    });
    let path = format!("/v1/shop/orders/{}/{}", common.reference, kind.as_str());
    let key = Key::of_shop(&text, &path, &serde_json::to_vec(&body)?).map_err(ApiError::from)?;
    let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, None);
    let mut checkout = operations::request(store, &ledger, order, kind, body, &key, &operator())
        .await
        .map_err(ApiError::from)?
        .0
        .checkout;
    let spinner = Spinner::start("waiting for a running proxy");
    let until = Instant::now() + Duration::from_secs(common.wait);
    while operations::outcome(&checkout, &key) == Some(&Outcome::Pending) && Instant::now() < until {
        tokio::time::sleep(POLL_INTERVAL).await;
        if let Some(stored) = store.checkout(id).await? {
            checkout = stored.checkout;
        }
    }
    drop(spinner);
    let status = match operations::outcome(&checkout, &key) {
        Some(Outcome::Done) => ExitStatus::Done,
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble).into()),
        Some(Outcome::Pending) | None => ExitStatus::Pending,
    };
    let order = parts::captures(config).for_shop(&checkout, shared, clock::now());
    if common.json {
        output::json(&order)?;
    } else {
        let operations = order.attempts.iter().flat_map(|attempt| &attempt.operations);
        let id = key.operation(checkout.id).0.to_string();
        for operation in operations.filter(|operation| operation.id == id) {
            println!("{} {}: {}", operation.kind, view::money(operation.amount), operation.state);
        }
    }
    if status == ExitStatus::Pending {
        eprintln!(
            "committed and pending: a running proxy carries it out; repeat with --idempotency-key {text} to see the result"
        );
    }
    Ok(status)
}

fn pieces(text: &str) -> Result<Pieces, String> {
    let parts = text.split_once('=').and_then(|(sku, quantity)| Some((sku.to_owned(), quantity.parse().ok()?)));
    let (sku, quantity) = parts.ok_or("write a line like mug=1")?;
    Ok(Pieces { sku, quantity })
}
