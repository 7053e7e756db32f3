//! What the shop's own machines call, with a key of theirs.

mod money;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kvitt_wire::{CaptureDeadline, Problem, ShopOrder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::door;
use crate::app::App;
use crate::checkout::{Checkout, Reference};
use crate::error::{ApiError, Path, Result};
use crate::shop_key::{Key, ShopKey};
use crate::{captures, clock};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).merge(money::router())
}

/// Lets in who shows a key, and not too often. Whoever shows none, or not one of ours, is counted by address: guessing is slow.
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
    let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown =
        shown.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let key = match shown.and_then(|(_, key)| Key::read(key.trim())) {
        Some(key) => key.recognize(&app.store).await?,
        None => None,
    };
    let Some(key) = key else {
        app.rates.address(door::peer(parts), &parts.headers)?;
        return Err(ApiError::unauthorized());
    };
    app.rates.key(&key.prefix)?;
    Ok(key)
}

/// Whose request it is. A route that nobody guards has nobody's.
impl<S: Send + Sync> FromRequestParts<S> for ShopKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::unauthorized())
    }
}

/// Shows an order
///
/// By the reference of any of its payments. What its customer shared is not in it.
#[utoipa::path(get, path = "/v1/shop/orders/{reference}", operation_id = "show_order", tag = "shop", params(("reference" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrder),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn show(State(app): State<App>, _: ShopKey, Path(reference): Path<String>) -> Result<axum::Json<ShopOrder>> {
    let reference = Reference::parse(&reference).ok_or(ApiError::not_found())?;
    let id = app.store.checkout_of(reference.as_str()).await?.ok_or(ApiError::not_found())?;
    let stored = app.store.checkout(id).await?.ok_or(ApiError::not_found())?;
    Ok(shown(&app, &stored.checkout))
}

fn shown(app: &App, checkout: &Checkout) -> axum::Json<ShopOrder> {
    let deadline = captures::deadline(checkout, &app.config, clock::now()).map(|deadline| CaptureDeadline {
        capture_by_ms: deadline.capture_by.0,
        released_at_ms: deadline.released_at.0,
    });
    axum::Json(checkout.for_shop(deadline))
}
