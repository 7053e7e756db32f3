//! Releases parked effects when an operator asks for it. The worker claims them like any other effect, within five
//! seconds.

use kvitt_wire::Actor;

use super::RETRIES_EXHAUSTED;
use crate::base::clock;
use crate::checkout::Effect;
use crate::checkout::audit::{Action, Entry};
use crate::store::{Error, Store};

/// Releases the parked effect with that id, or all of them; returns the ids.
///
/// # Errors
/// When the store fails. The effects before it are released.
pub async fn release(store: &Store, id: Option<&str>, by: &Actor) -> Result<Vec<String>, Error> {
    let mut released = Vec::new();
    for parked in store.parked(id).await? {
        let reference = parked.effect.as_ref().map(Effect::reference);
        let entry = Entry::new(Action::RetryEffect, by, clock::now()).at_unit(Some(&parked.sales_unit));
        let entry = Entry { checkout_id: Some(parked.checkout_id), ..entry.with_detail(parked.claim.id.clone()) };
        let entry = entry.about(reference.map_or(parked.claim.id.as_str(), |reference| reference.as_str()));
        let refused = parked.reason != RETRIES_EXHAUSTED;
        let effect = parked.effect.map(|effect| match refused {
            true => effect.with_new_key(parked.claim.tries),
            // It may have been executed. The same key finds that out without executing it twice.
            false => effect,
        });
        if store.unpark(&parked.claim, effect.as_ref(), &entry).await? {
            tracing::info!(id = parked.claim.id, reason = parked.reason, "effect released");
            released.push(parked.claim.id);
        }
    }
    Ok(released)
}
