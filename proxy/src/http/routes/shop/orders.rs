//! The shop's orders: a list, page by page, and one order with its events.
//!
//! These routes only read. What the customer shared is not part of an order: see the routes for customers.

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use kvitt_wire::{Problem, ShopOrder, ShopOrders, State as OrderState};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, find_order, order_view, page_size, parse_query, unit_filter};
use crate::access::rights::Read;
use crate::checkout::Moment;
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::{ForShop, NotFound};
use crate::store::events::HistoryEvent;
use crate::store::orders::{OrderCursor, OrderFilter};

/// The default number of orders on a page.
const PAGE: u32 = 50;
/// The most orders on a page.
const MAX_PAGE: u32 = 200;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OrdersQuery {
    /// Only orders in this state, or in one of several, separated by commas. The state is that of the payment that counts.
    #[param(example = "starting,created")]
    state: Option<String>,
    /// Only orders of this sales unit, by name.
    sales_unit: Option<String>,
    /// Only orders opened at this time or later, in milliseconds since 1970 (UTC).
    since_ms: Option<i64>,
    /// Only orders opened before this time, in milliseconds since 1970 (UTC).
    until_ms: Option<i64>,
    /// `true`: only orders with reserved money that is neither captured nor released; `false`: only orders without.
    to_capture: Option<bool>,
    /// Only orders with a payment whose reference begins with this, such as an order number: letters, digits and hyphens.
    #[param(max_length = 64, pattern = "^[A-Za-z0-9-]*$")]
    reference: Option<String>,
    /// The most orders to return, 1 to 200. Default: 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Continues after a page: its `next`. Use it with the same filters.
    after: Option<String>,
}

/// Lists orders
///
/// The newest first. The list omits orders that a page has opened and nobody has tried to pay.
#[utoipa::path(get, path = "/v1/shop/orders", operation_id = "list_orders", tag = "shop", params(OrdersQuery),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrders, description = "A page of orders"),
    ForShop<Read>,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`unknown_sales_unit`"),
))]
async fn list(
    State(app): State<App>,
    key: Caller<Read>,
    query: std::result::Result<axum::extract::Query<OrdersQuery>, QueryRejection>,
) -> Result<axum::Json<ShopOrders>> {
    let query = parse_query(query)?;
    let size = page_size(query.limit, PAGE, MAX_PAGE)?;
    let plain =
        |text: &String| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !query.reference.as_ref().is_none_or(plain) {
        return Err(ApiError::malformed_query("reference must be letters, digits and hyphens"));
    }
    let wanted = OrderFilter {
        states: query.state.as_deref().map_or(Ok(Vec::new()), states)?,
        sales_unit: unit_filter(&app, &key, query.sales_unit)?,
        since: query.since_ms.map(Moment),
        until: query.until_ms.map(Moment),
        to_capture: query.to_capture,
        reference: query.reference,
        after: query.after.map(|after| OrderCursor::decode(&after).ok_or(ApiError::bad_cursor())).transpose()?,
    };
    let page = app.store.orders(&wanted, size).await?;
    let orders = page.orders.into_iter().map(|(checkout, shared)| order_view(&app, &checkout, shared)).collect();
    Ok(axum::Json(ShopOrders { orders, next: page.next.map(OrderCursor::encode) }))
}

/// Parses a list of states.
fn states(text: &str) -> Result<Vec<OrderState>> {
    let read = |word: &str| OrderState::deserialize(StrDeserializer::<ValueError>::new(word));
    text.split(',')
        .map(|word| read(word).map_err(|error| ApiError::malformed_query(format!("state: {error}"))))
        .collect()
}

/// Shows an order
///
/// Found by the reference of any of its payments; the response includes the order's events, and who asked for what. It does not contain what the
/// customer shared.
#[utoipa::path(get, path = "/v1/shop/orders/{reference}", operation_id = "show_order", tag = "shop", params(("reference" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrder, description = "The order"),
    ForShop<Read>, NotFound,
))]
async fn show(
    State(app): State<App>,
    key: Caller<Read>,
    Path(reference): Path<String>,
) -> Result<axum::Json<ShopOrder>> {
    let stored = find_order(&app, &key, &reference).await?;
    let happened = app.store.order_events(stored.checkout.id).await?;
    let events = happened.iter().map(HistoryEvent::for_shop).collect::<std::result::Result<_, _>>()?;
    let audit = Some(app.store.order_audit(stored.checkout.id).await?);
    Ok(axum::Json(ShopOrder { events: Some(events), audit, ..order_view(&app, &stored.checkout, stored.shared()) }))
}
