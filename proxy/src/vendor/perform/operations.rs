//! Captures, refunds and cancels that the shop has requested.
//!
//! A refusal is final for the shop, so it has to be the payment's own. An answer without a code of Vipps MobilePay, such as a gateway's page,
//! says nothing about the payment. One with a code may be the second answer to a request that was carried out, so the event log is searched
//! for the idempotency key first. Whatever remains open is retried under the same key.

use kvitt_vipps::{CancelScope, Client, Error, EventKind, Problem};

use super::{Outcome, aggregate, already_released, amount, code, is_auth_failure, retry, update};
use crate::checkout::effect::Operate;
use crate::checkout::operation::{OperationKind, OperationResult};
use crate::checkout::{Moment, Update};

/// Vipps MobilePay does not document how long it remembers idempotency keys. A request that is older may be carried out a second time, so
/// the event log is searched before it is repeated.
const KEY_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;
/// A conflict about the key may also mean that the same request is being carried out, and is not in the event log yet.
const MAX_PROCESSING_MS: i64 = 10 * 60 * 1000;

pub(super) async fn operate(client: &Client, operation: &Operate, now: Moment) -> Outcome {
    match answer(client, operation, now).await {
        Ok(result) => update(&operation.reference, Update::Operated { id: operation.id, result }),
        Err(error) => retry(&error),
    }
}

/// The final answer, or the error after which the request is repeated.
async fn answer(client: &Client, operation: &Operate, now: Moment) -> Result<OperationResult, Error> {
    let Operate { reference, kind, key, .. } = operation;
    // Effects of earlier releases have no time, and may be of any age.
    let age_ms = operation.asked_at.map_or(i64::MAX, |asked_at| now.0 - asked_at.0);
    let key_may_be_forgotten = age_ms > KEY_LIFETIME_MS && *kind != OperationKind::Cancel;
    if key_may_be_forgotten && let Some(done) = logged(client, operation).await? {
        return Ok(done);
    }
    let answer = match kind {
        OperationKind::Capture => client.capture(reference.as_str(), key, amount(operation.amount)).await,
        OperationKind::Refund => client.refund(reference.as_str(), key, amount(operation.amount)).await,
        OperationKind::Cancel => client.cancel(reference.as_str(), key, CancelScope::Remainder).await,
    };
    let problem = match answer {
        Ok(adjustment) => return Ok(OperationResult::Done(aggregate(&adjustment.aggregate))),
        // The payment exists, since it was paid: a 404 passes, as wrong API keys do.
        Err(Error::Refused(problem)) if !is_auth_failure(&problem) && problem.status != 404 => problem,
        Err(error) => return Err(error),
    };
    let done = match kind {
        OperationKind::Cancel => already_released(client, reference, &problem).await?.map(OperationResult::Done),
        OperationKind::Capture | OperationKind::Refund => logged(client, operation).await?,
    };
    match done {
        Some(done) => Ok(done),
        None if is_final(&problem, age_ms) => {
            tracing::warn!(%reference, operation = kind.as_str(), %problem, "operation refused");
            Ok(OperationResult::Refused { trouble: code(&problem) })
        }
        None => Err(Error::Refused(problem)),
    }
}

fn is_final(problem: &Problem, age_ms: i64) -> bool {
    let may_be_processing = problem.status == 409 && age_ms < MAX_PROCESSING_MS;
    problem.code.is_some() && !may_be_processing
}

/// The result by the payment's event log: done, where it has a success under the operation's key.
async fn logged(client: &Client, operation: &Operate) -> Result<Option<OperationResult>, Error> {
    let name = match operation.kind {
        OperationKind::Capture => EventKind::Captured,
        OperationKind::Refund => EventKind::Refunded,
        OperationKind::Cancel => EventKind::Cancelled,
    };
    let key = Some(operation.key.as_str());
    let events = client.events(operation.reference.as_str()).await?;
    if !events.iter().any(|event| event.success && event.name == name && event.idempotency_key.as_deref() == key) {
        return Ok(None);
    }
    tracing::info!(reference = %operation.reference, operation = operation.kind.as_str(), "done before, by the event log");
    let payment = client.payment(operation.reference.as_str()).await?;
    Ok(Some(OperationResult::Done(aggregate(&payment.aggregate))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_final_when_it_is_the_payment_s_own() {
        let problem = |status, body: &str| Problem::read(status, body.as_bytes());
        let coded = |status, code| {
            problem(status, &format!(r#"{{"extraDetails": [{{"name": "ErrorCode", "reason": "{code}"}}]}}"#))
        };
        assert!(is_final(&coded(400, 6100), 0));
        for status in [400, 403, 409, 451] {
            assert!(!is_final(&problem(status, "<html>Forbidden</html>"), i64::MAX), "{status}");
        }
        assert!(!is_final(&coded(409, 4010), MAX_PROCESSING_MS - 1), "the same request may be under way");
        assert!(is_final(&coded(409, 4010), MAX_PROCESSING_MS));
    }
}
