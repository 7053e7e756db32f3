//! All paths of the emulator: the APIs of the real host behind the gateway, and beside them the pages, the QR images and the control API.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::shared::Shared;
use crate::{api, control, gateway, lenient, pages, qr_images};

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let api = api::routes().layer(from_fn_with_state(shared.clone(), gateway::intercept)).with_state(shared.clone());
    let strict = shared.read(|state| state.options.strict);
    let meant = MapRequestLayer::new(move |request| if strict { request } else { lenient::path(request) });
    let beside = Router::new().merge(pages::routes()).merge(qr_images::routes()).merge(control::routes());
    beside.fallback_service(meant.layer(api)).with_state(shared)
}
