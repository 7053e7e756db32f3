//! The audit: who asked for what.

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use kvitt_wire::{AuditEntries, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, page_size, parse_query, unit_filter};
use crate::access::rights::Read;
use crate::checkout::Moment;
use crate::http::app::App;
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::ForShop;
use crate::store::audit::AuditFilter;
use crate::store::cursor::Cursor;

/// The default number of entries on a page.
const PAGE: u32 = 50;
/// The most entries on a page.
const MAX_PAGE: u32 = 1_000;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only entries of this sales unit, by name.
    sales_unit: Option<String>,
    /// Only entries of this time or later, in milliseconds since 1970 (UTC).
    since_ms: Option<i64>,
    /// Only entries before this time, in milliseconds since 1970 (UTC).
    until_ms: Option<i64>,
    /// The most entries to return, 1 to 1000. Default: 50.
    limit: Option<u32>,
    /// Continues after a page: its `next`. Use it with the same filters.
    after: Option<String>,
}

/// Lists who asked for what
///
/// The newest first: captures, releases and refunds, withdrawn requests, links in the app, erasures, redeliveries, and changes of endpoints, keys
/// and logins. An entry is committed together with what it tells of, and the proxy deletes none. A key of one sales
/// unit sees only what concerns that unit.
#[utoipa::path(get, path = "/v1/shop/audit", operation_id = "list_audit", tag = "shop", params(AuditQuery), security(("shop_key" = [])), responses(
    (status = 200, body = AuditEntries, description = "A page of the audit"),
    ForShop<Read>,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`unknown_sales_unit`"),
))]
async fn list(
    State(app): State<App>,
    key: Caller<Read>,
    query: std::result::Result<axum::extract::Query<AuditQuery>, QueryRejection>,
) -> Result<axum::Json<AuditEntries>> {
    let query = parse_query(query)?;
    let size = page_size(query.limit, PAGE, MAX_PAGE)?;
    let wanted = AuditFilter {
        sales_unit: unit_filter(&app, &key, query.sales_unit)?,
        since: query.since_ms.map(Moment),
        until: query.until_ms.map(Moment),
        after: query.after.map(|after| Cursor::decode(&after).ok_or(ApiError::bad_cursor())).transpose()?,
    };
    let page = app.store.audit(&wanted, size).await?;
    Ok(axum::Json(AuditEntries { entries: page.entries, next: page.next.map(|next| next.encode()) }))
}
