//! Userinfo: what a customer shared with the calling sales unit, readable for 168 hours.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Shares};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use super::reply::json_reply;
use crate::gateway::{KEY_ONLY, RequiredHeaders, SubscriptionKey, caller};
use crate::problem::Problem;
use crate::shared::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/vipps-userinfo-api/userinfo/{sub}", get(userinfo))
}

async fn userinfo(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(sub): Path<String>,
) -> Result<Response, Problem> {
    let wants = if shared.read(|state| state.options.userinfo_wants_subscription_key) {
        KEY_ONLY
    } else {
        RequiredHeaders { subscription_key: SubscriptionKey::Refused, ..KEY_ONLY }
    };
    let unit = caller(&shared, &headers, "/userinfo", wants)?;
    let info = shared.read(|state| state.consent_of(unit, &sub).map(|consent| consent.userinfo(state.now())));
    info.map(|info| json_reply(200, &info)).ok_or_else(|| Problem::gateway(404, "Nobody shared anything as this sub"))
}
