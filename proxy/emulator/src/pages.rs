//! The pages (coming in the next commit).
use crate::Shared;
use std::sync::Arc;
pub(crate) fn routes() -> axum::Router<Arc<Shared>> {
    axum::Router::new()
}
