//! Logging in and out at the order desk. The page itself is served with the other files; what it shows and does is the shop's API, where
//! its session counts as a key.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Response};
use kvitt_wire::{DeskArticle, DeskLogin, DeskSalesUnit, DeskSession, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::door;
use crate::access::session::{self, Credential, Session};
use crate::base::clock;
use crate::http::app::App;
use crate::http::extract::Json;
use crate::http::problem::{ApiError, Result};

/// As many articles the desk offers to choose from; whoever sells more types them.
const ARTICLES: usize = 500;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(log_in, show, log_out))
}

/// Where there is no desk, nothing is here.
pub(super) async fn is_enabled(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.desk.enabled { next.run(request).await } else { ApiError::not_found().into_response() }
}

/// Logs in at the order desk
///
/// With a shop key, or a link that `kvitt desk` printed. The answer sets a cookie that, together with the header `kvitt-desk` and from
/// the desk's own origin, counts as a shop key until it is logged out, has been idle for too long, or its key is revoked.
#[utoipa::path(post, path = "/desk/session", operation_id = "log_in", tag = "desk", request_body = DeskLogin,
    params(("kvitt-desk" = String, Header, description = "`person`, or `page` for what the page asks by itself")), responses(
    (status = 200, body = DeskSession, headers(("set-cookie" = String, description = "The session"))),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 401, body = Problem, content_type = "application/problem+json",
        description = "`login_refused`: the key is none or revoked, the link used or too old, or the request is not the desk's own"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`: there is no desk"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`"),
))]
async fn log_in(
    State(app): State<App>,
    door::Peer(peer): door::Peer,
    headers: HeaderMap,
    Json(login): Json<DeskLogin>,
) -> Result<Response> {
    app.rates.login(peer, &headers)?;
    if !session::is_same_origin(&app.desk, &Method::POST, &headers) {
        return Err(ApiError::login_refused());
    }
    let (shown, by) = match &login {
        DeskLogin::Key(key) => (Credential::Key(key.trim()), "key"),
        DeskLogin::Link(link) => (Credential::Link(link.trim()), "link"),
    };
    let opened = session::log_in(&app.desk, &app.store, shown).await?.ok_or(ApiError::login_refused())?;
    if let Some(before) = session::authenticate(&app.desk, &app.store, &Method::POST, &headers).await? {
        before.end(&app.store).await?;
    }
    tracing::info!(by, key = opened.session.key_prefix, "logged in at the desk");
    let cookie = AppendHeaders([(header::SET_COOKIE, opened.set_cookie(&app.desk))]);
    Ok((cookie, axum::Json(shown_to(&app, &opened.session))).into_response())
}

/// Shows the session at the order desk
#[utoipa::path(get, path = "/desk/session", operation_id = "show_session", tag = "desk", security(("desk_session" = [])),
    params(("kvitt-desk" = String, Header, description = "`person`, or `page` for what the page asks by itself")), responses(
    (status = 200, body = DeskSession),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`: there is none"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`: there is no desk"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`"),
))]
async fn show(State(app): State<App>, headers: HeaderMap) -> Result<axum::Json<DeskSession>> {
    let session = session::authenticate(&app.desk, &app.store, &Method::GET, &headers).await?;
    Ok(axum::Json(shown_to(&app, &session.ok_or(ApiError::unauthorized())?)))
}

/// Logs out
#[utoipa::path(delete, path = "/desk/session", operation_id = "log_out", tag = "desk", security(("desk_session" = [])),
    params(("kvitt-desk" = String, Header, description = "`person`, or `page` for what the page asks by itself")), responses(
    (status = 204, description = "There is no session any more", headers(("set-cookie" = String, description = "Takes the cookie away"))),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`: there was none"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`: there is no desk"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`"),
))]
async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let session = session::authenticate(&app.desk, &app.store, &Method::DELETE, &headers).await?;
    session.ok_or(ApiError::unauthorized())?.end(&app.store).await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, session::remove_cookie(&app.desk))]);
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

fn shown_to(app: &App, session: &Session) -> DeskSession {
    let now = clock::now();
    let key = session.shop_key();
    let sales_units = app.units.iter().filter(|unit| key.may_access(&unit.name)).map(|unit| {
        let currency = unit.market.currency();
        let articles = app.shop.catalogue.sold_in(currency).take(ARTICLES).map(|(article, price)| DeskArticle {
            sku: article.sku.clone(),
            name: article.name.clone(),
            unit_price: price.value,
            vat_rate: price.vat_rate,
        });
        let brand = unit.brand(app.shop.renamed_at, now);
        DeskSalesUnit { name: unit.name.clone(), brand, currency, articles: articles.collect() }
    });
    DeskSession {
        shop: app.shop.name.clone(),
        key: session.key_prefix.clone(),
        ends_at_ms: session.ends_at.0,
        sales_units: sales_units.collect(),
    }
}
