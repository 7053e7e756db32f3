//! The layers around the routes that pages call: the rate limits and the origin check.
//!
//! A refusal is a problem, or a page where a browser opened the address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::token;
use crate::http::app::App;
use crate::http::problem::ApiError;

/// Applies the rate limits by client address and by checkout.
pub(super) async fn limit_rate(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut limit = app.rates.address(peer(&parts), &parts.headers);
    if let Ok(params) = RawPathParams::from_request_parts(&mut parts, &()).await {
        let token = params.iter().find_map(|(name, value)| (name == "token").then_some(value));
        if let Some((checkout, _)) = token.and_then(token::decode) {
            limit = limit.and_then(|()| app.rates.checkout(checkout));
        }
    }
    match limit {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(too_often) => refuse(too_often.into(), parts.uri.path()),
    }
}

/// The client's address, as an extractor.
pub(super) struct Peer(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> std::result::Result<Self, Self::Rejection> {
        Ok(Self(peer(parts)))
    }
}

/// The client's address of a connection, as the accept loop recorded it.
pub(super) fn peer(parts: &axum::http::request::Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip())
}

/// Refuses requests of pages on other origins than the allowed ones. CORS headers alone would leave that to the browser.
pub(super) async fn check_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let allowed = request
        .headers()
        .get(header::ORIGIN)
        .is_none_or(|origin| app.http.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()));
    if allowed {
        return next.run(request).await;
    }
    refuse(ApiError::origin_not_allowed(), request.uri().path())
}

/// The response to a refused request: a page where a browser opens the address, otherwise a problem.
fn refuse(error: ApiError, path: &str) -> Response {
    let is_page = matches!(path, "/pay" | "/return")
        || (path.starts_with("/pay/") && !path.contains("/qr."))
        || path.starts_with("/return/");
    if is_page { error.as_page().into_response() } else { error.into_response() }
}
