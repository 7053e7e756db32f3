//! The endpoints of the shop's backend that receive webhooks, their secrets, and their deliveries.
//!
//! An endpoint receives the events of every sales unit, so a key of one sales unit finds no endpoints.

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use kvitt_wire::{
    NewShopEndpoint, Problem, ReplaySince, ShopDeliveries, ShopDelivery, ShopEndpoint, ShopEndpoints, ToBeTold,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, page_size, parse_query};
use crate::access::rights::{ManageEndpoints, Read};
use crate::access::shop_key::ShopKey;
use crate::base::clock;
use crate::checkout::Moment;
use crate::http::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::{ForShop, JsonBody, NotFound};
use crate::shop::relay::administration;
use crate::store::cursor::Cursor;
use crate::store::deliveries::{ListedDelivery, Replay};
use crate::store::endpoints::Endpoint;

/// The default number of deliveries on a page.
const PAGE: u32 = 50;
/// The most deliveries on a page.
const MAX_PAGE: u32 = 1_000;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
        .routes(routes!(rotate))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
        .routes(routes!(replay_one))
}

/// Lists the endpoints
#[utoipa::path(get, path = "/v1/shop/endpoints", operation_id = "list_endpoints", tag = "shop", security(("shop_key" = [])),
    responses((status = 200, body = ShopEndpoints, description = "The endpoints"), ForShop<Read>, NotFound))]
async fn list(State(app): State<App>, key: Caller<Read>) -> Result<axum::Json<ShopEndpoints>> {
    require_all_units(&key)?;
    let endpoints = app.store.endpoints().await?.into_iter().map(endpoint_view).collect();
    Ok(axum::Json(ShopEndpoints { endpoints }))
}

/// Adds an endpoint
///
/// The endpoint receives every event from now on. The response contains its secret, which is not shown again. `same_url_as` warns of endpoints
/// that receive the same events at the same URL.
#[utoipa::path(post, path = "/v1/shop/endpoints", operation_id = "add_endpoint", tag = "shop", security(("shop_key" = [])),
    request_body = NewShopEndpoint, responses((status = 201, body = ShopEndpoint, description = "The endpoint, with its secret"), ForShop<ManageEndpoints>, JsonBody, NotFound,
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_endpoint`, `unknown_event`")))]
async fn add(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Json(body): Json<NewShopEndpoint>,
) -> Result<(StatusCode, axum::Json<ShopEndpoint>)> {
    require_all_units(&key)?;
    let NewShopEndpoint { url, events } = body;
    let allowed = &app.relay.allowed_networks;
    let (endpoint, secret) = administration::add(&app.store, allowed, url, events, &key.by, clock::now()).await?;
    let added = endpoint_view(administration::find(&app.store, &endpoint.id).await?);
    let secret = Some(secret.expose_secret().to_owned());
    let same_url_as = administration::same_receivers(&app.store, &endpoint).await?;
    Ok((StatusCode::CREATED, axum::Json(ShopEndpoint { secret, same_url_as, ..added })))
}

/// Removes an endpoint and its deliveries
#[utoipa::path(delete, path = "/v1/shop/endpoints/{id}", operation_id = "remove_endpoint", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses((status = 204, description = "Removed"), ForShop<ManageEndpoints>, NotFound))]
async fn remove(State(app): State<App>, key: Caller<ManageEndpoints>, Path(id): Path<String>) -> Result<StatusCode> {
    require_all_units(&key)?;
    administration::remove(&app.store, &id, &key.by, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotates the secret of an endpoint
///
/// For a day the proxy signs with both secrets. The response contains the new one, which is not shown again.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/rotate", operation_id = "rotate_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), responses((status = 200, body = ShopEndpoint, description = "The endpoint, with its new secret"), ForShop<ManageEndpoints>, NotFound))]
async fn rotate(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Path(id): Path<String>,
) -> Result<axum::Json<ShopEndpoint>> {
    require_all_units(&key)?;
    let secret = administration::rotate(&app.store, &id, &key.by, clock::now()).await?;
    let rotated = endpoint_view(administration::find(&app.store, &id).await?);
    Ok(axum::Json(ShopEndpoint { secret: Some(secret.expose_secret().to_owned()), ..rotated }))
}

/// Enables a disabled endpoint
///
/// `replay` delivers the events that it missed.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/enable", operation_id = "enable_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), responses((status = 200, body = ShopEndpoint, description = "The endpoint"), ForShop<ManageEndpoints>, NotFound))]
async fn enable(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Path(id): Path<String>,
) -> Result<axum::Json<ShopEndpoint>> {
    require_all_units(&key)?;
    administration::enable(&app.store, &id, &key.by, clock::now()).await?;
    Ok(axum::Json(endpoint_view(administration::find(&app.store, &id).await?)))
}

/// Disables an endpoint: it receives no events until it is enabled
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/disable", operation_id = "disable_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), responses((status = 200, body = ShopEndpoint, description = "The endpoint"), ForShop<ManageEndpoints>, NotFound))]
async fn disable(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Path(id): Path<String>,
) -> Result<axum::Json<ShopEndpoint>> {
    require_all_units(&key)?;
    administration::disable(&app.store, &id, &key.by, clock::now()).await?;
    Ok(axum::Json(endpoint_view(administration::find(&app.store, &id).await?)))
}

/// Sends a test event to an endpoint
///
/// Its type is `endpoint.test`. Its delivery shows whether it arrived.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/test", operation_id = "test_endpoint", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses((status = 202, body = ToBeTold, description = "The event is on its way"), ForShop<ManageEndpoints>, NotFound,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`endpoint_disabled`")))]
async fn test(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Path(id): Path<String>,
) -> Result<(StatusCode, axum::Json<ToBeTold>)> {
    require_all_units(&key)?;
    let event = administration::test(&app.store, &id, &key.by, clock::now()).await?;
    Ok(accepted(&app, 1, Some(event)))
}

/// Redelivers all events since a moment to an endpoint
///
/// Under the same ids. This includes events that the endpoint missed while it was disabled, or before it was added.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/replay", operation_id = "replay_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), request_body = ReplaySince,
    responses((status = 202, body = ToBeTold, description = "The events are on their way"), ForShop<ManageEndpoints>, JsonBody, NotFound,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`endpoint_disabled`")))]
async fn replay(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Path(id): Path<String>,
    Json(body): Json<ReplaySince>,
) -> Result<(StatusCode, axum::Json<ToBeTold>)> {
    require_all_units(&key)?;
    let which = Replay::Since(Moment(body.since_ms));
    let events = administration::replay(&app.store, &id, which, &key.by, clock::now()).await?;
    Ok(accepted(&app, events, None))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveriesQuery {
    /// `true` lists only deliveries that were tried and have not succeeded.
    failed: Option<bool>,
    /// The most deliveries to return, 1 to 1000. Default: 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Continues after a page: its `next`.
    after: Option<String>,
}

/// Lists the deliveries to an endpoint
///
/// The newest first, of the last month, with the endpoint's response and its latency.
#[utoipa::path(get, path = "/v1/shop/endpoints/{id}/deliveries", operation_id = "list_deliveries", tag = "shop",
    params(("id" = String, Path), DeliveriesQuery), security(("shop_key" = [])), responses((status = 200, body = ShopDeliveries, description = "A page of deliveries"), ForShop<Read>, NotFound,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`")))]
async fn deliveries(
    State(app): State<App>,
    key: Caller<Read>,
    Path(id): Path<String>,
    query: std::result::Result<axum::extract::Query<DeliveriesQuery>, QueryRejection>,
) -> Result<axum::Json<ShopDeliveries>> {
    require_all_units(&key)?;
    let query = parse_query(query)?;
    let size = page_size(query.limit, PAGE, MAX_PAGE)?;
    let after = query.after.map(|after| Cursor::decode(&after).ok_or(ApiError::bad_cursor())).transpose()?;
    administration::find(&app.store, &id).await?;
    let mut listed = app.store.deliveries(&id, query.failed.unwrap_or_default(), after.as_ref(), size + 1).await?;
    let more = listed.len() > size as usize;
    listed.truncate(size as usize);
    let next = listed.last().filter(|_| more).map(|last| Cursor::after(last.created_at, &last.id).encode());
    Ok(axum::Json(ShopDeliveries { deliveries: listed.into_iter().map(delivery_view).collect(), next }))
}

/// Redelivers one event to an endpoint
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/deliveries/{delivery}/replay", operation_id = "replay_delivery", tag = "shop",
    params(("id" = String, Path), ("delivery" = String, Path)), security(("shop_key" = [])),
    responses((status = 202, body = ToBeTold, description = "The event is on its way"), ForShop<ManageEndpoints>, NotFound,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`endpoint_disabled`")))]
async fn replay_one(
    State(app): State<App>,
    key: Caller<ManageEndpoints>,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, axum::Json<ToBeTold>)> {
    require_all_units(&key)?;
    let events = administration::replay(&app.store, &id, Replay::One(&delivery), &key.by, clock::now()).await?;
    Ok(accepted(&app, events, Some(delivery)))
}

/// Requires a key of all sales units: for others there are no endpoints.
fn require_all_units(key: &ShopKey) -> Result<()> {
    if key.sales_unit.is_none() { Ok(()) } else { Err(ApiError::not_found()) }
}

/// Wakes the relay, and answers how many events it will deliver.
fn accepted(app: &App, events: u64, id: Option<String>) -> (StatusCode, axum::Json<ToBeTold>) {
    app.ledger.deliveries_due().notify_one();
    (StatusCode::ACCEPTED, axum::Json(ToBeTold { events, id }))
}

fn endpoint_view(endpoint: Endpoint) -> ShopEndpoint {
    let state = match (endpoint.disabled_at, endpoint.failing_since) {
        (Some(_), _) => "disabled",
        (None, Some(_)) => "failing",
        (None, None) => "fine",
    };
    ShopEndpoint {
        id: endpoint.id,
        url: endpoint.url,
        events: endpoint.events,
        state: state.to_owned(),
        disabled_reason: endpoint.disabled_reason,
        failing_since_ms: endpoint.failing_since.map(|at| at.0),
        disabled_at_ms: endpoint.disabled_at.map(|at| at.0),
        previous_until_ms: endpoint.previous_until.map(|at| at.0),
        created_at_ms: endpoint.created_at.0,
        same_url_as: Vec::new(),
        secret: None,
    }
}

fn delivery_view(listed: ListedDelivery) -> ShopDelivery {
    let (state, due_at) = match (listed.delivered_at, listed.given_up_at) {
        (Some(_), _) => ("delivered", None),
        (None, Some(_)) => ("given_up", None),
        (None, None) => ("waiting", Some(listed.due_at.0)),
    };
    ShopDelivery {
        id: listed.id,
        r#type: listed.kind,
        state: state.to_owned(),
        tries: listed.tries,
        status: listed.last_status,
        error: listed.last_error,
        latency_ms: listed.latency_ms,
        created_at_ms: listed.created_at.0,
        tried_at_ms: listed.tried_at.map(|at| at.0),
        due_at_ms: due_at,
    }
}
