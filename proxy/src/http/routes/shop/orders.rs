//! The shop's orders: some at a time, or one with all that has happened to it.

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use kvitt_wire::{Problem, ShopOrder, ShopOrders, State as OrderState};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{order_of, page_of, query, seen_unit, shown};
use crate::access::shop_key::ShopKey;
use crate::checkout::Moment;
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::problem::{ApiError, Result};
use crate::store::events::HistoryEvent;
use crate::store::orders::{OrderCursor, OrderFilter};

/// Orders on a page, unless more or fewer are asked for.
const PAGE: u32 = 50;
/// More than this are no page.
const MOST: u32 = 200;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only those whose payment that counts stands there; several are separated by commas.
    #[param(example = "starting,created")]
    state: Option<String>,
    /// Only those of this sales unit, by name.
    sales_unit: Option<String>,
    /// Only those that were opened then or later, in milliseconds since 1970 (UTC).
    since_ms: Option<i64>,
    /// Only those that were opened before that.
    until_ms: Option<i64>,
    /// With `true` only those that have money reserved which is neither captured nor let go, with `false` only those that have none.
    to_capture: Option<bool>,
    /// Only those with a payment whose reference begins like this, such as an order number: letters, digits and hyphens.
    reference: Option<String>,
    /// How many at most: 1 to 200, 50 when absent.
    limit: Option<u32>,
    /// Those that follow a page: its `next`. To be asked with the same filters.
    after: Option<String>,
}

/// Lists orders
///
/// The newest first. Orders that a page has offered and that nobody has pressed pay on are left out.
#[utoipa::path(get, path = "/v1/shop/orders", operation_id = "list_orders", tag = "shop", params(Asked),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrders),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`unknown_sales_unit`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn list(
    State(app): State<App>,
    key: ShopKey,
    asked: std::result::Result<axum::extract::Query<Asked>, QueryRejection>,
) -> Result<axum::Json<ShopOrders>> {
    let asked = query(asked)?;
    let most = page_of(asked.limit, PAGE, MOST)?;
    let plain =
        |text: &String| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !asked.reference.as_ref().is_none_or(plain) {
        return Err(ApiError::malformed_query("reference must be letters, digits and hyphens"));
    }
    let wanted = OrderFilter {
        states: asked.state.as_deref().map_or(Ok(Vec::new()), states)?,
        sales_unit: seen_unit(&app, &key, asked.sales_unit)?,
        since: asked.since_ms.map(Moment),
        until: asked.until_ms.map(Moment),
        to_capture: asked.to_capture,
        reference: asked.reference,
        after: asked.after.map(|after| OrderCursor::decode(&after).ok_or(ApiError::bad_cursor())).transpose()?,
    };
    let page = app.store.orders(&wanted, most).await?;
    let orders = page.orders.into_iter().map(|(checkout, shared)| shown(&app, &checkout, shared)).collect();
    Ok(axum::Json(ShopOrders { orders, next: page.next.map(OrderCursor::encode) }))
}

/// The states of a list of them.
fn states(text: &str) -> Result<Vec<OrderState>> {
    let read = |word: &str| OrderState::deserialize(StrDeserializer::<ValueError>::new(word));
    text.split(',')
        .map(|word| read(word).map_err(|error| ApiError::malformed_query(format!("state: {error}"))))
        .collect()
}

/// Shows an order
///
/// By the reference of any of its payments, with all that has happened to it. What its customer shared is not in it.
#[utoipa::path(get, path = "/v1/shop/orders/{reference}", operation_id = "show_order", tag = "shop", params(("reference" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrder),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn show(State(app): State<App>, key: ShopKey, Path(reference): Path<String>) -> Result<axum::Json<ShopOrder>> {
    let stored = order_of(&app, &key, &reference).await?;
    let happened = app.store.order_events(stored.checkout.id).await?;
    let events = happened.iter().map(HistoryEvent::for_shop).collect::<std::result::Result<_, _>>()?;
    Ok(axum::Json(ShopOrder { events: Some(events), ..shown(&app, &stored.checkout, stored.shared()) }))
}
