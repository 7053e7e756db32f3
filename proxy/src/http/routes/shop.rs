//! The routes for the shop's backend, which authenticates with a shop key, and for the order desk, which authenticates with a session.
//!
//! [`authorize`] runs before every handler here and leaves the [`ShopKey`] with the request. A handler gets it as a [`Caller`], whose type
//! names the [right](crate::access::rights) that the route asks for. A key of one sales unit sees nothing of the others: their orders are not found.

mod audit;
mod checkouts;
mod customers;
mod details;
mod endpoints;
mod events;
mod operations;
mod orders;
mod requests;
mod warnings;

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kvitt_wire::ShopOrder;
use utoipa_axum::router::OpenApiRouter;

use super::admission;
use crate::access::rights::Right;
use crate::access::session;
use crate::access::shop_key::{Key, ShopKey};
use crate::base::clock;
use crate::checkout::{Checkout, Reference};
use crate::http::app::App;
use crate::http::problem::{ApiError, Result};
use crate::store::{Shared, Stored};

/// The largest body with a cart of the shop's backend: a hundred lines with long addresses.
const MAX_CART_BYTES: usize = 1024 * 1024;

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
        .merge(audit::router())
        .merge(endpoints::router())
}

/// Requires a valid shop key or a session of the order desk, and applies the key's rate limit. A request without either counts against the
/// rate limit of its client address, so that guessing is slow.
pub(super) async fn authorize(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match authenticate(&app, &parts).await {
        Ok(key) => {
            parts.extensions.insert(key);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => ([(header::WWW_AUTHENTICATE, "Bearer")], error).into_response(),
    }
}

async fn authenticate(app: &App, parts: &Parts) -> Result<ShopKey> {
    let key = match parts.headers.get(header::AUTHORIZATION) {
        Some(header) => bearer(app, header).await?,
        None => session::authenticate(&app.desk, &app.store, &parts.method, &parts.headers)
            .await?
            .map(|session| session.shop_key()),
    };
    let Some(key) = key else {
        app.rates.address(admission::peer(parts), &parts.headers)?;
        return Err(ApiError::unauthorized());
    };
    app.rates.key(&key.prefix)?;
    Ok(key)
}

async fn bearer(app: &App, header: &HeaderValue) -> Result<Option<ShopKey>> {
    let credentials = header.to_str().ok().and_then(|value| value.split_once(' '));
    let credentials = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match credentials.and_then(|(_, key)| Key::parse(key.trim())) {
        Some(key) => Ok(key.authenticate(&app.store).await?),
        None => Ok(None),
    }
}

/// The key that [`authorize`] left with the request, if its role has the right `R`. On a route without that layer there is none. Nothing else
/// tells a handler who calls, so each route names what it needs.
struct Caller<R>(ShopKey, PhantomData<fn() -> R>);

impl<R> Deref for Caller<R> {
    type Target = ShopKey;

    fn deref(&self) -> &ShopKey {
        &self.0
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for Caller<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let key = parts.extensions.get::<ShopKey>().cloned().ok_or(ApiError::unauthorized())?;
        if key.role < R::NEEDS {
            return Err(ApiError::role_not_allowed(key.role, R::NEEDS));
        }
        Ok(Self(key, PhantomData))
    }
}

/// Finds the order of a payment. An order of a sales unit that the key has no access to is not found.
async fn find_order(app: &App, key: &ShopKey, reference: &str) -> Result<Stored> {
    let reference = Reference::parse(reference).ok_or(ApiError::not_found())?;
    let id = app.store.checkout_of(reference.as_str()).await?.ok_or(ApiError::not_found())?;
    let stored = app.store.checkout(id).await?.ok_or(ApiError::not_found())?;
    if !key.may_access(&stored.checkout.order.cart.sales_unit) {
        return Err(ApiError::not_found());
    }
    Ok(stored)
}

/// The sales unit to filter a list by: the requested one, otherwise the key's own, or none for all.
fn unit_filter(app: &App, key: &ShopKey, requested: Option<String>) -> Result<Option<String>> {
    match requested {
        Some(unit) if key.may_access(&unit) && app.units.find(Some(&unit)).is_some() => Ok(Some(unit)),
        Some(_) => Err(ApiError::unknown_sales_unit()),
        None => Ok(key.sales_unit.clone()),
    }
}

/// The parsed query, or the problem with it.
fn parse_query<T>(query: std::result::Result<Query<T>, QueryRejection>) -> Result<T> {
    let Query(query) = query.map_err(|rejection| ApiError::malformed_query(rejection.body_text()))?;
    Ok(query)
}

/// The most items on a page: the requested limit, or the default.
fn page_size(limit: Option<u32>, default: u32, max: u32) -> Result<u32> {
    let size = limit.unwrap_or(default);
    if (1..=max).contains(&size) {
        Ok(size)
    } else {
        Err(ApiError::malformed_query(format!("limit must be 1 to {max}")))
    }
}

/// An order as the shop sees it.
fn order_view(app: &App, checkout: &Checkout, shared: Shared) -> ShopOrder {
    app.captures.for_shop(checkout, shared, clock::now())
}
