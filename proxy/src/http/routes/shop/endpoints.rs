//! Where the shop's backend is told what happens: endpoints, their secrets, and the log of what they were told.
//!
//! Endpoints are told of every sales unit, so a key of one sales unit has none.

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use kvitt_wire::{
    NewShopEndpoint, Problem, ReplaySince, ShopDeliveries, ShopDelivery, ShopEndpoint, ShopEndpoints, ToBeTold,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{page_of, query};
use crate::access::shop_key::ShopKey;
use crate::base::clock;
use crate::checkout::Moment;
use crate::http::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::{ApiError, Result};
use crate::shop::relay::administration;
use crate::store::deliveries::{DeliveryCursor, ListedDelivery, Replay};
use crate::store::endpoints::Endpoint;

/// Deliveries on a page, unless more or fewer are asked for.
const PAGE: u32 = 50;
/// More than this are no page.
const MOST: u32 = 1_000;

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

/// What each of them may be answered with beside what was asked for.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes")]
enum Refusals {
    /// `unauthorized`
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// `not_found`
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// `rate_limited`
    #[response(status = 429, content_type = "application/problem+json")]
    TooOften(Problem),
    /// `busy`: the database does not answer; try again
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Problem),
}

/// What may be wrong with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes")]
enum BadBody {
    /// `malformed_json`
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    OtherType(Problem),
}

/// Lists the endpoints
#[utoipa::path(get, path = "/v1/shop/endpoints", operation_id = "list_endpoints", tag = "shop", security(("shop_key" = [])),
    responses((status = 200, body = ShopEndpoints), Refusals))]
async fn list(State(app): State<App>, key: ShopKey) -> Result<axum::Json<ShopEndpoints>> {
    of_the_whole_shop(&key)?;
    let endpoints = app.store.endpoints().await?.into_iter().map(shown).collect();
    Ok(axum::Json(ShopEndpoints { endpoints }))
}

/// Adds an endpoint
///
/// It is told what happens from now on. The answer has its secret, which is not shown again.
#[utoipa::path(post, path = "/v1/shop/endpoints", operation_id = "add_endpoint", tag = "shop", security(("shop_key" = [])),
    request_body = NewShopEndpoint, responses((status = 201, body = ShopEndpoint), BadBody, Refusals,
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_endpoint`, `unknown_event`")))]
async fn add(
    State(app): State<App>,
    key: ShopKey,
    Json(body): Json<NewShopEndpoint>,
) -> Result<(StatusCode, axum::Json<ShopEndpoint>)> {
    of_the_whole_shop(&key)?;
    let NewShopEndpoint { url, events } = body;
    let allowed = &app.relay.allowed_networks;
    let (endpoint, secret) = administration::add(&app.store, allowed, url, events, clock::now()).await?;
    let added = shown(administration::find(&app.store, &endpoint.id).await?);
    let secret = Some(secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, axum::Json(ShopEndpoint { secret, ..added })))
}

/// Removes an endpoint, and the log of what it was told
#[utoipa::path(delete, path = "/v1/shop/endpoints/{id}", operation_id = "remove_endpoint", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses((status = 204, description = "Removed"), Refusals))]
async fn remove(State(app): State<App>, key: ShopKey, Path(id): Path<String>) -> Result<StatusCode> {
    of_the_whole_shop(&key)?;
    administration::remove(&app.store, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint a new secret
///
/// For a day the old one signs too. The answer has the new one, which is not shown again.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/rotate", operation_id = "rotate_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), responses((status = 200, body = ShopEndpoint), Refusals))]
async fn rotate(State(app): State<App>, key: ShopKey, Path(id): Path<String>) -> Result<axum::Json<ShopEndpoint>> {
    of_the_whole_shop(&key)?;
    let secret = administration::rotate(&app.store, &id, clock::now()).await?;
    let rotated = shown(administration::find(&app.store, &id).await?);
    Ok(axum::Json(ShopEndpoint { secret: Some(secret.expose_secret().to_owned()), ..rotated }))
}

/// Tells an endpoint again that was disabled
///
/// What it missed is told by `replay`.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/enable", operation_id = "enable_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), responses((status = 200, body = ShopEndpoint), Refusals))]
async fn enable(State(app): State<App>, key: ShopKey, Path(id): Path<String>) -> Result<axum::Json<ShopEndpoint>> {
    of_the_whole_shop(&key)?;
    administration::enable(&app.store, &id).await?;
    Ok(axum::Json(shown(administration::find(&app.store, &id).await?)))
}

/// Tells an endpoint nothing any more, until it is enabled
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/disable", operation_id = "disable_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), responses((status = 200, body = ShopEndpoint), Refusals))]
async fn disable(State(app): State<App>, key: ShopKey, Path(id): Path<String>) -> Result<axum::Json<ShopEndpoint>> {
    of_the_whole_shop(&key)?;
    administration::disable(&app.store, &id, clock::now()).await?;
    Ok(axum::Json(shown(administration::find(&app.store, &id).await?)))
}

/// Tells an endpoint an event that means nothing
///
/// Of the type `endpoint.test`. Its delivery shows whether it arrived.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/test", operation_id = "test_endpoint", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses((status = 202, body = ToBeTold), Refusals,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`endpoint_disabled`")))]
async fn test(
    State(app): State<App>,
    key: ShopKey,
    Path(id): Path<String>,
) -> Result<(StatusCode, axum::Json<ToBeTold>)> {
    of_the_whole_shop(&key)?;
    let event = administration::test(&app.store, &id, clock::now()).await?;
    Ok(to_be_told(&app, 1, Some(event)))
}

/// Tells an endpoint once more all that has happened since
///
/// Under the same ids; also what it has missed while it was disabled, or not there yet.
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/replay", operation_id = "replay_endpoint", tag = "shop",
    params(("id" = String, Path)), security(("shop_key" = [])), request_body = ReplaySince,
    responses((status = 202, body = ToBeTold), BadBody, Refusals,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`endpoint_disabled`")))]
async fn replay(
    State(app): State<App>,
    key: ShopKey,
    Path(id): Path<String>,
    Json(body): Json<ReplaySince>,
) -> Result<(StatusCode, axum::Json<ToBeTold>)> {
    of_the_whole_shop(&key)?;
    let which = Replay::Since(Moment(body.since_ms));
    let events = administration::replay(&app.store, &id, which, clock::now()).await?;
    Ok(to_be_told(&app, events, None))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// With `true` only what was tried and is not delivered.
    failed: Option<bool>,
    /// How many at most: 1 to 1000, 50 when absent.
    limit: Option<u32>,
    /// Those that follow a page: its `next`.
    after: Option<String>,
}

/// Lists what an endpoint was told
///
/// The newest first, for a month, with what it answered and how long that took.
#[utoipa::path(get, path = "/v1/shop/endpoints/{id}/deliveries", operation_id = "list_deliveries", tag = "shop",
    params(("id" = String, Path), Asked), security(("shop_key" = [])), responses((status = 200, body = ShopDeliveries), Refusals,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`")))]
async fn deliveries(
    State(app): State<App>,
    key: ShopKey,
    Path(id): Path<String>,
    asked: std::result::Result<axum::extract::Query<Asked>, QueryRejection>,
) -> Result<axum::Json<ShopDeliveries>> {
    of_the_whole_shop(&key)?;
    let asked = query(asked)?;
    let most = page_of(asked.limit, PAGE, MOST)?;
    let after = asked.after.map(|after| DeliveryCursor::decode(&after).ok_or(ApiError::bad_cursor())).transpose()?;
    administration::find(&app.store, &id).await?;
    let mut listed = app.store.deliveries(&id, asked.failed.unwrap_or_default(), after.as_ref(), most + 1).await?;
    let more = listed.len() > most as usize;
    listed.truncate(most as usize);
    let next = listed.last().filter(|_| more).map(|last| DeliveryCursor::of(last).encode());
    Ok(axum::Json(ShopDeliveries { deliveries: listed.into_iter().map(delivery).collect(), next }))
}

/// Tells an endpoint one event once more
#[utoipa::path(post, path = "/v1/shop/endpoints/{id}/deliveries/{delivery}/replay", operation_id = "replay_delivery", tag = "shop",
    params(("id" = String, Path), ("delivery" = String, Path)), security(("shop_key" = [])),
    responses((status = 202, body = ToBeTold), Refusals,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`endpoint_disabled`")))]
async fn replay_one(
    State(app): State<App>,
    key: ShopKey,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, axum::Json<ToBeTold>)> {
    of_the_whole_shop(&key)?;
    let events = administration::replay(&app.store, &id, Replay::One(&delivery), clock::now()).await?;
    Ok(to_be_told(&app, events, Some(delivery)))
}

fn of_the_whole_shop(key: &ShopKey) -> Result<()> {
    if key.sales_unit.is_none() { Ok(()) } else { Err(ApiError::not_found()) }
}

fn to_be_told(app: &App, events: u64, id: Option<String>) -> (StatusCode, axum::Json<ToBeTold>) {
    app.ledger.deliveries_due().notify_one();
    (StatusCode::ACCEPTED, axum::Json(ToBeTold { events, id }))
}

fn shown(endpoint: Endpoint) -> ShopEndpoint {
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
        secret: None,
    }
}

fn delivery(listed: ListedDelivery) -> ShopDelivery {
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
