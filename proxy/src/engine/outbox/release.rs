//! Has what was parked done after all, when an operator says so. The worker takes it up like any other effect, within five seconds.

use super::TRIED_TOO_OFTEN;
use crate::base::clock;
use crate::store::{Error, Store};

/// Releases the parked effect of that id, or all of them; says which.
///
/// # Errors
/// When the store fails. Those that were released until then stay so.
pub async fn release(store: &Store, id: Option<&str>) -> Result<Vec<String>, Error> {
    let mut released = Vec::new();
    for parked in store.parked(id).await? {
        let refused = parked.reason != TRIED_TOO_OFTEN;
        let effect = parked.effect.map(|effect| match refused {
            true => effect.with_new_key(parked.claim.tries),
            // It may have been done: the same key finds that out without doing it twice.
            false => effect,
        });
        if store.unpark(&parked.claim, effect.as_ref(), clock::now()).await? {
            tracing::info!(id = parked.claim.id, reason = parked.reason, "effect released");
            released.push(parked.claim.id);
        }
    }
    Ok(released)
}
