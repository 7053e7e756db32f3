//! Orders that wait for somebody to press pay: what becomes of those that nobody takes up.

use std::time::Duration;

use crate::chores::Chore;
use crate::clock;
use crate::store::{self, Store};

/// How often those that nobody took up are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// How long one sweep may take.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Kept for so long after a page's offer has run out, for whoever looks at that page again.
const MEMORY_MS: i64 = 24 * 60 * 60 * 1000;
const BATCH: u32 = 500;

/// The name of the chore, as the store has it.
pub const FORGETTING: &str = "forget idle offers";

/// The chore that forgets what pages have offered in vain.
pub fn forgetting(store: &Store) -> Chore {
    let store = store.clone();
    Chore::new(FORGETTING, SWEEP, LONGEST, move || {
        let store = store.clone();
        async move { Ok(forget(&store).await?) }
    })
}

async fn forget(store: &Store) -> Result<(), store::Error> {
    while store.forget_idle(clock::now().plus_ms(-MEMORY_MS), BATCH).await? > 0 {}
    Ok(())
}
