//! Login and logout at the order desk.
//!
//! The desk's page is a static file. It uses the API of the shop's backend, which accepts its session in place of a shop key.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Response};
use kvitt_wire::{DeskArticle, DeskLogin, DeskSalesUnit, DeskSession, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission;
use super::responses::{ForDesk, JsonBody};
use crate::access::rights;
use crate::access::session::{self, Credential, Session};
use crate::base::clock;
use crate::http::app::App;
use crate::http::extract::Json;
use crate::http::problem::{ApiError, Result};

/// The most articles that the desk lists for selection; others are typed by hand.
const MAX_ARTICLES: usize = 500;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(log_in, show, log_out))
}

/// Answers 404 where the order desk is disabled.
pub(super) async fn is_enabled(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.desk.enabled { next.run(request).await } else { ApiError::not_found().into_response() }
}

/// Logs in at the order desk
///
/// With a shop key, or with a login link from `kvitt desk`. The response sets a session cookie. Together with the header `kvitt-desk`, from the
/// desk's own origin, it is accepted in place of a shop key until logout, until it expires, or until its key is revoked.
#[utoipa::path(post, path = "/desk/session", operation_id = "log_in", tag = "desk", request_body = DeskLogin,
    params(("kvitt-desk" = String, Header, description = "`person` for an action of a person, `page` for a request that the page makes by itself")), responses(
    (status = 200, body = DeskSession, description = "Logged in", headers(("set-cookie" = String, description = "The session cookie"))),
    ForDesk, JsonBody,
    (status = 401, body = Problem, content_type = "application/problem+json",
        description = "`login_refused`: the key is unknown or revoked, the link was used or has expired, or the request is not from the desk's page"),
))]
async fn log_in(
    State(app): State<App>,
    admission::Peer(peer): admission::Peer,
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
    if let Some(previous) = session::authenticate(&app.desk, &app.store, &Method::POST, &headers).await? {
        previous.end(&app.store).await?;
    }
    tracing::info!(by, key = opened.session.key_prefix, "logged in at the order desk");
    let cookie = AppendHeaders([(header::SET_COOKIE, opened.set_cookie(&app.desk))]);
    Ok((cookie, axum::Json(session_view(&app, &opened.session))).into_response())
}

/// Shows the session at the order desk
#[utoipa::path(get, path = "/desk/session", operation_id = "show_session", tag = "desk", security(("desk_session" = [])),
    params(("kvitt-desk" = String, Header, description = "`person` for an action of a person, `page` for a request that the page makes by itself")), responses(
    (status = 200, body = DeskSession, description = "The session"),
    ForDesk,
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`: there is no session"),
))]
async fn show(State(app): State<App>, headers: HeaderMap) -> Result<axum::Json<DeskSession>> {
    let session = session::authenticate(&app.desk, &app.store, &Method::GET, &headers).await?;
    Ok(axum::Json(session_view(&app, &session.ok_or(ApiError::unauthorized())?)))
}

/// Logs out
#[utoipa::path(delete, path = "/desk/session", operation_id = "log_out", tag = "desk", security(("desk_session" = [])),
    params(("kvitt-desk" = String, Header, description = "`person` for an action of a person, `page` for a request that the page makes by itself")), responses(
    (status = 204, description = "Logged out", headers(("set-cookie" = String, description = "Removes the cookie"))),
    ForDesk,
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`: there was no session"),
))]
async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let session = session::authenticate(&app.desk, &app.store, &Method::DELETE, &headers).await?;
    session.ok_or(ApiError::unauthorized())?.end(&app.store).await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, session::remove_cookie(&app.desk))]);
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

fn session_view(app: &App, session: &Session) -> DeskSession {
    let now = clock::now();
    let key = session.shop_key();
    let sales_units = app.units.iter().filter(|unit| key.may_access(&unit.name)).map(|unit| {
        let currency = unit.market.currency();
        let articles = app.shop.catalogue.sold_in(currency).take(MAX_ARTICLES).map(|(article, price)| DeskArticle {
            sku: article.sku.clone(),
            name: article.name.clone(),
            unit_price: price.value,
            vat_rate: price.vat_rate,
        });
        let brand = unit.brand(app.shop.renamed_at, now);
        DeskSalesUnit { name: unit.name.clone(), brand, currency, articles: articles.collect() }
    });
    DeskSession {
        shop: session.sales_unit.as_deref().map_or(&app.shop.front, |unit| app.front(unit)).name.clone(),
        key: session.key_prefix.clone(),
        name: session.name.clone(),
        role: session.role,
        rights: rights::of(&key).map(str::to_owned).collect(),
        sales_unit: session.sales_unit.clone(),
        ends_at_ms: session.ends_at.0,
        sales_units: sales_units.collect(),
    }
}
