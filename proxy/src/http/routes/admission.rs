//! Who may come in: the check of the head, and the layers around the routes that pages call: the rate limits and the origin check.
//!
//! A refusal is a problem, or a page where a browser opened the address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::token;
use crate::engine::sightings::UNTRUSTED_FORWARDER;
use crate::http::app::App;
use crate::http::problem::{ApiError, Code, Result};

/// The largest head of a request, in bytes. A browser that comes back from paying may have many cookies of the shop's domain.
const HEAD_BYTES: usize = 32 * 1024;

/// Refuses a head that is too large, and one that does not name one host, which HTTP/1.1 requires
/// ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_head(app: &App, request: &Request) -> Result<()> {
    let headers = request.headers();
    // A line of a header has a colon, a space and a line break besides.
    let lines: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if lines + target > HEAD_BYTES {
        app.metrics.head_too_large();
        return Err(ApiError::head_too_large());
    }
    if request.version() == Version::HTTP_11 && headers.get_all(header::HOST).iter().count() != 1 {
        return Err(Code::BadHost.into());
    }
    Ok(())
}

/// Applies the rate limits by client address and by checkout.
pub(super) async fn limit_rate(State(app): State<App>, request: Request, next: Next) -> Response {
    match within_rates(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused,
    }
}

/// The same, and refuses requests of pages on other origins than the allowed ones. CORS headers alone would leave that to the browser.
pub(super) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let request = match within_rates(&app, request).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    let allowed = request
        .headers()
        .get(header::ORIGIN)
        .is_none_or(|origin| app.http.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()));
    if allowed {
        return next.run(request).await;
    }
    refuse(ApiError::origin_not_allowed(), request.uri().path())
}

/// The request if the rate limits allow it, else the refusal.
async fn within_rates(app: &App, request: Request) -> std::result::Result<Request, Response> {
    let (mut parts, body) = request.into_parts();
    warn_of_forwarder(app, &parts).await;
    let mut limit = app.rates.address(peer(&parts), &parts.headers);
    if let Ok(params) = RawPathParams::from_request_parts(&mut parts, &()).await {
        let token = params.iter().find_map(|(name, value)| (name == "token").then_some(value));
        if let Some((checkout, _)) = token.and_then(token::decode) {
            limit = limit.and_then(|()| app.rates.checkout(checkout));
        }
    }
    match limit {
        Ok(()) => Ok(Request::from_parts(parts, body)),
        Err(too_often) => Err(refuse(too_often.into(), parts.uri.path())),
    }
}

/// Hides what is for operators from everybody who is not on this machine, also from those for whom a reverse proxy on this machine asks.
pub(super) async fn is_on_this_machine(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let is_forwarded =
        ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| parts.headers.contains_key(*name));
    if peer(&parts).to_canonical().is_loopback() && !is_forwarded {
        return next.run(Request::from_parts(parts, body)).await;
    }
    ApiError::not_found().into_response()
}

/// Says so when a reverse proxy is not among the trusted ones: all its clients then share one count. Its address is logged only where it
/// is private, since it may be a customer's, who sends the header by themselves.
async fn warn_of_forwarder(app: &App, parts: &Parts) {
    let peer = peer(parts);
    if app.rates.is_untrusted_forwarder(peer, &parts.headers) && app.sightings.saw(UNTRUSTED_FORWARDER, "").await {
        let peer = if is_private(peer) { peer.to_string() } else { "a public address".to_owned() };
        tracing::warn!(
            peer,
            "X-Forwarded-For is ignored: limits.trusted_proxies does not have this peer, so all behind it count as one"
        );
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    }
}

/// The client's address, as an extractor.
pub(super) struct Peer(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Self::Rejection> {
        Ok(Self(peer(parts)))
    }
}

/// Limits how many orders a client may open, and how many may wait for a customer who perhaps never comes.
///
/// # Errors
/// The limit that is reached.
pub(super) async fn limit_orders(app: &App, peer: IpAddr, headers: &HeaderMap, waits: bool) -> Result<()> {
    app.rates.opening(peer, headers)?;
    if waits {
        app.rates.offer(peer, headers)?;
        let most = app.http.limits.idle_offers;
        if app.idle_offers.get(app.store.idle_orders(most)).await? >= i64::from(most) {
            return Err(ApiError::busy());
        }
    }
    Ok(())
}

/// The client's address of a connection, as the accept loop recorded it.
pub(super) fn peer(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip())
}

/// The response to a refused request: a page where a browser opens the address, otherwise a problem.
fn refuse(error: ApiError, path: &str) -> Response {
    let is_page = matches!(path, "/pay" | "/return")
        || (path.starts_with("/pay/") && !path.contains("/qr."))
        || path.starts_with("/return/");
    if is_page { error.as_page().into_response() } else { error.into_response() }
}
