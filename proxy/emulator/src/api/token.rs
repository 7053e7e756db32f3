//! `POST /accesstoken/get`: keys in headers, a token in return. All numbers are strings.

use std::sync::Arc;

use axum::Router;
use axum::extract::State as Shares;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::reply::json_reply;
use crate::gateway::{SYSTEM_LENGTH, check_system_headers, text};
use crate::problem::Problem;
use crate::sales_units::{Credentials, SalesUnit};
use crate::shared::Shared;
use crate::state::TOKEN_LIFETIME;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/accesstoken/get", post(get_token))
}

/// A refusal in the shape of the token endpoint.
fn refused(status: u16, error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description, "statusCode": status });
    Problem { status, body, retry_after: None }.into_response()
}

async fn get_token(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap) -> Response {
    let sent = |name: &str| text(&headers, name);
    let (Some(id), Some(secret)) = (sent("client_id"), sent("client_secret")) else {
        return refused(400, "invalid_request", "client_id and client_secret are headers, and required");
    };
    let Some(keys) = Credentials::all().into_iter().find(|keys| keys.client_id == id) else {
        return refused(401, "unauthorized_client", "The client_id is unknown");
    };
    if keys.client_secret != secret {
        return refused(401, "invalid_client", "The client_secret is wrong");
    }
    if sent("ocp-apim-subscription-key") != Some(&keys.subscription_key) {
        return Problem::gateway(401, "The subscription key is missing or belongs elsewhere").into_response();
    }
    if sent("merchant-serial-number").is_some_and(|msn| msn != keys.merchant_serial_number) {
        return refused(401, "unauthorized_client", "The keys belong to another sales unit");
    }
    if let Err(problem) = check_system_headers(&headers, "/accesstoken/get", SYSTEM_LENGTH) {
        return problem.into_response();
    }
    let unit = SalesUnit::of(&keys.merchant_serial_number).expect("every key has its sales unit");
    let (token, now) = shared.change(|state| (state.issue_token(unit), state.now().as_second()));
    let lifetime = TOKEN_LIFETIME.as_secs();
    let body = json!({
        "token_type": "Bearer",
        "expires_in": lifetime.to_string(),
        "ext_expires_in": lifetime.to_string(),
        "expires_on": (now + lifetime).to_string(),
        "not_before": now.to_string(),
        "resource": "00000002-0000-0000-c000-000000000000",
        "access_token": token,
    });
    json_reply(200, &body)
}
