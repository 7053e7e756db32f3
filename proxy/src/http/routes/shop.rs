//! What the shop's own machines call, with a key of theirs, and the order desk in a session.

mod checkouts;
mod customers;
mod details;
mod endpoints;
mod events;
mod operations;
mod orders;
mod requests;
mod warnings;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kvitt_wire::ShopOrder;
use utoipa_axum::router::OpenApiRouter;

use super::door;
use crate::access::session;
use crate::access::shop_key::{Key, ShopKey};
use crate::base::clock;
use crate::checkout::{Checkout, Reference};
use crate::http::app::App;
use crate::http::problem::{ApiError, Result};
use crate::store::{Shared, Stored};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(checkouts::router())
        .merge(requests::router())
        .merge(orders::router())
        .merge(operations::router())
        .merge(events::router())
        .merge(customers::router())
        .merge(details::router())
        .merge(warnings::router())
        .merge(endpoints::router())
}

/// Lets in who shows a key or a session of the desk's, and not too often. Whoever shows none, or not one of ours, is counted by address:
/// guessing is slow.
pub(super) async fn authorize(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match known(&app, &parts).await {
        Ok(key) => {
            parts.extensions.insert(key);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => ([(header::WWW_AUTHENTICATE, "Bearer")], error).into_response(),
    }
}

async fn known(app: &App, parts: &Parts) -> Result<ShopKey> {
    let key = match parts.headers.get(header::AUTHORIZATION) {
        Some(shown) => bearer(app, shown).await?,
        None => session::authenticate(&app.desk, &app.store, &parts.method, &parts.headers)
            .await?
            .map(|session| session.shop_key()),
    };
    let Some(key) = key else {
        app.rates.address(door::peer(parts), &parts.headers)?;
        return Err(ApiError::unauthorized());
    };
    app.rates.key(&key.prefix)?;
    Ok(key)
}

async fn bearer(app: &App, shown: &HeaderValue) -> Result<Option<ShopKey>> {
    let shown = shown.to_str().ok().and_then(|value| value.split_once(' '));
    let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match shown.and_then(|(_, key)| Key::parse(key.trim())) {
        Some(key) => Ok(key.authenticate(&app.store).await?),
        None => Ok(None),
    }
}

/// Whose request it is. A route that nobody guards has nobody's.
impl<S: Send + Sync> FromRequestParts<S> for ShopKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::unauthorized())
    }
}

/// The order of a payment. Of an order of another sales unit a key does not learn that it is there.
async fn order_of(app: &App, key: &ShopKey, reference: &str) -> Result<Stored> {
    let reference = Reference::parse(reference).ok_or(ApiError::not_found())?;
    let id = app.store.checkout_of(reference.as_str()).await?.ok_or(ApiError::not_found())?;
    let stored = app.store.checkout(id).await?.ok_or(ApiError::not_found())?;
    if !key.may_access(&stored.checkout.order.cart.sales_unit) {
        return Err(ApiError::not_found());
    }
    Ok(stored)
}

/// The sales unit that a list is of: the one that is asked for, or the key's own, or none for all of them.
fn seen_unit(app: &App, key: &ShopKey, asked: Option<String>) -> Result<Option<String>> {
    match asked {
        Some(unit) if key.may_access(&unit) && app.units.find(Some(&unit)).is_some() => Ok(Some(unit)),
        Some(_) => Err(ApiError::unknown_sales_unit()),
        None => Ok(key.sales_unit.clone()),
    }
}

/// What a query asks for, or the problem with it.
fn query<T>(asked: std::result::Result<Query<T>, QueryRejection>) -> Result<T> {
    let Query(asked) = asked.map_err(|rejection| ApiError::malformed_query(rejection.body_text()))?;
    Ok(asked)
}

/// How many are wanted at most.
fn page_of(asked: Option<u32>, usual: u32, most: u32) -> Result<u32> {
    let wanted = asked.unwrap_or(usual);
    if (1..=most).contains(&wanted) {
        Ok(wanted)
    } else {
        Err(ApiError::malformed_query(format!("limit must be 1 to {most}")))
    }
}

/// An order, with what may be said of its customer.
fn shown(app: &App, checkout: &Checkout, shared: Shared) -> ShopOrder {
    app.captures.for_shop(checkout, shared, clock::now())
}
