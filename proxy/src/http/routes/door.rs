//! Who is let in to what pages call: not from a page on somebody else's origin, and nobody too often.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::token;
use crate::http::app::App;
use crate::http::problem::ApiError;

/// Refuses who asks too often, by address and by checkout.
pub(super) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut counted = app.rates.address(peer(&parts), &parts.headers);
    if let Ok(params) = RawPathParams::from_request_parts(&mut parts, &()).await {
        let token = params.iter().find_map(|(name, value)| (name == "token").then_some(value));
        if let Some((checkout, _)) = token.and_then(token::decode) {
            counted = counted.and_then(|()| app.rates.checkout(checkout));
        }
    }
    match counted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(too_often) => refuse(too_often.into(), parts.uri.path()),
    }
}

/// The other end of the connection, for a handler.
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

/// The other end of the connection, as the accept loop has it.
pub(super) fn peer(parts: &axum::http::request::Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip())
}

/// A page on another origin than the shop's is refused outright, not only by what its browser makes of the CORS headers.
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

/// What a browser opens is refused with a page.
fn refuse(error: ApiError, path: &str) -> Response {
    let opened =
        path == "/pay" || (path.starts_with("/pay/") && !path.contains("/qr.")) || path.starts_with("/return/");
    if opened { error.as_page().into_response() } else { error.into_response() }
}
