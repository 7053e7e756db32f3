//! The proxy below the path of `public_url`, for an operator whose reverse proxy gives it a part of a site.
//!
//! Routes and pages are written as if the proxy were at the root. Where it is not, the path is taken off each request, if the reverse proxy has
//! kept it, and put before each address in a page.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{Uri, header};
use axum::response::Response;
use tower::util::MapRequest;

/// The attributes of our pages that have addresses.
const ATTRIBUTES: [&str; 3] = [" href=\"", " src=\"", " action=\""];

/// A router that answers at the root and below `path`, which has no slash at its end.
pub fn router(path: &str, router: Router) -> Router {
    if path.is_empty() {
        return router;
    }
    let path = path.to_owned();
    Router::new().fallback_service(MapRequest::new(router, move |mut request: Request| {
        if let Some(uri) = without(&path, request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    }))
}

/// The address without the path; none when it does not begin with it.
fn without(path: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(path)?;
    let rest = match rest.bytes().next() {
        None => "/".to_owned(),
        Some(b'?') => format!("/{rest}"),
        Some(b'/') => rest.to_owned(),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(rest).ok()?);
    Uri::from_parts(parts).ok()
}

/// Puts the path before each address in a page that begins at the root.
pub async fn addresses(path: &str, response: Response) -> Response {
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if path.is_empty() || !is_page {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    // The body is in memory already: a page is made whole.
    let page = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for attribute in ATTRIBUTES {
        page = page.replace(&format!("{attribute}/"), &format!("{attribute}{path}/"));
    }
    Response::from_parts(parts, Body::from(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_taken_off_where_it_is_a_whole_part() {
        for (uri, rest) in [
            ("/shop/pay", Some("/pay")),
            ("/shop", Some("/")),
            ("/shop/", Some("/")),
            ("/shop?a=/shop/b", Some("/?a=/shop/b")),
            ("/shop/docs/api?x=1", Some("/docs/api?x=1")),
            ("/shopping", None),
            ("/pay", None),
        ] {
            let found = without("/shop", &uri.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), rest, "{uri}");
        }
    }
}
