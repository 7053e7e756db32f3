//! `kvitt orders capture`, `cancel` and `refund`: written down as the API would, then waited for until a proxy has carried it out.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use kvitt_wire::{Amount, MoveMoney, Pieces};
use tokio::time::Instant;
use uuid::Uuid;

use super::{known, shown};
use crate::access::idempotency::Key;
use crate::base::clock;
use crate::checkout::operation::{OperationKind, Outcome};
use crate::commands::ending::Ending;
use crate::commands::parts;
use crate::commands::progress::Waiting;
use crate::commands::shown as cells;
use crate::config::Config;
use crate::engine::hub::Hub;
use crate::engine::ledger::Ledger;
use crate::http::problem::ApiError;
use crate::shop::operations;
use crate::store::Store;

/// How often the order is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How much of which order.
#[derive(Args)]
pub(crate) struct Move {
    #[command(flatten)]
    how: How,
    /// How much, with both decimals, such as 249.00; all that is left when absent.
    #[arg(long, value_name = "AMOUNT", value_parser = crate::commands::arguments::minor)]
    amount: Option<i64>,
    /// What was shipped or sent back, such as mug=1; kept with the order, may be repeated.
    #[arg(long = "line", value_name = "SKU=QUANTITY", value_parser = pieces)]
    lines: Vec<Pieces>,
}

/// All that is left of which order.
#[derive(Args)]
pub(crate) struct LetGo {
    #[command(flatten)]
    how: How,
}

#[derive(Args)]
struct How {
    /// The reference of any of the order's payments.
    reference: String,
    /// What a repeat of this is known by: the same key is done once. A random one, which is printed, when absent.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// How many seconds to wait until a proxy has carried it out.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// The order as it is then, as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn capture(
    store: &Store,
    config: &Config,
    Move { how, amount, lines }: Move,
) -> anyhow::Result<Ending> {
    operate(store, config, OperationKind::Capture, how, amount, lines).await
}

pub(super) async fn refund(
    store: &Store,
    config: &Config,
    Move { how, amount, lines }: Move,
) -> anyhow::Result<Ending> {
    operate(store, config, OperationKind::Refund, how, amount, lines).await
}

pub(super) async fn cancel(store: &Store, config: &Config, LetGo { how }: LetGo) -> anyhow::Result<Ending> {
    operate(store, config, OperationKind::Cancel, how, None, Vec::new()).await
}

async fn operate(
    store: &Store,
    config: &Config,
    kind: OperationKind,
    how: How,
    amount: Option<i64>,
    lines: Vec<Pieces>,
) -> anyhow::Result<Ending> {
    let order = known(store, &how.reference).await?;
    let (id, currency) = (order.checkout.id, order.checkout.order.cart.total.currency);
    let shared = order.shared();
    let body = MoveMoney { amount: amount.map(|value| Amount { value, currency }), lines };
    let text = how.idempotency_key.unwrap_or_else(|| {
        let random = Uuid::new_v4().to_string();
        eprintln!("idempotency key: {random}");
        random
    });
    let path = format!("/v1/shop/orders/{}/{}", how.reference, kind.as_str());
    let key = Key::of_shop(&text, &path, &serde_json::to_vec(&body)?).map_err(ApiError::from)?;
    let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, Arc::default());
    let mut checkout =
        operations::request(store, &ledger, order, kind, body, &key).await.map_err(ApiError::from)?.0.checkout;
    let waiting = Waiting::for_what("a proxy carries it out");
    let until = Instant::now() + Duration::from_secs(how.wait);
    while operations::outcome(&checkout, &key) == Some(&Outcome::Pending) && Instant::now() < until {
        tokio::time::sleep(LOOK).await;
        if let Some(stored) = store.checkout(id).await? {
            checkout = stored.checkout;
        }
    }
    drop(waiting);
    let ending = match operations::outcome(&checkout, &key) {
        Some(Outcome::Done) => Ending::Done,
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble).into()),
        Some(Outcome::Pending) | None => Ending::Pending,
    };
    let order = parts::captures(config).for_shop(&checkout, shared, clock::now());
    if how.json {
        cells::json(&order)?;
    } else {
        let operations = order.attempts.iter().flat_map(|attempt| &attempt.operations);
        let id = key.operation(checkout.id).0.to_string();
        for operation in operations.filter(|operation| operation.id == id) {
            println!("{} {}: {}", operation.kind, shown::money(operation.amount), operation.state);
        }
    }
    if ending == Ending::Pending {
        eprintln!("it is written down, and a proxy will do it; ask again with --idempotency-key {text}");
    }
    Ok(ending)
}

fn pieces(text: &str) -> Result<Pieces, String> {
    let parts = text.split_once('=').and_then(|(sku, quantity)| Some((sku.to_owned(), quantity.parse().ok()?)));
    let (sku, quantity) = parts.ok_or("a line is written like mug=1")?;
    Ok(Pieces { sku, quantity })
}
