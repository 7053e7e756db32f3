//! Static files: the widget at `/pkg/`, the order desk at `/desk/`, the style of the proxy's pages, and in the demo the shop itself.
//!
//! A release has the files embedded; a debug build reads them from `www/`. Files outside `www/`, and those with a leading dot, are never
//! served.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use url::Url;

use crate::http::app::App;
use crate::http::files;
use crate::http::problem::{ApiError, Result};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../www"]
#[allow_missing = true]
struct Files;

pub(super) fn router() -> Router<App> {
    Router::new().fallback(serve)
}

async fn serve(State(app): State<App>, request: Request) -> Result<Response> {
    if let Some(address) = without_slash(request.uri()) {
        return Ok(Redirect::permanent(&address).into_response());
    }
    let path = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        "desk" | "desk/" => "desk/index.html",
        path => path,
    };
    let widget = path.starts_with("pkg/");
    let style = matches!(path, "pages.css" | "favicon.svg");
    let desk = path.starts_with("desk/");
    let served = if desk { app.desk.enabled } else { widget || style || app.http.demo_site };
    if !served {
        return Err(ApiError::not_found());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allowed = [(header::ALLOW, "GET,HEAD")];
        return Ok((allowed, ApiError::method_not_allowed()).into_response());
    }
    let (file, compressed) = find(path, request.headers()).ok_or_else(|| {
        let missing = ApiError::not_found();
        if path.ends_with(".html") || !path.contains('.') { missing.as_page() } else { missing }
    })?;
    let mut headers = file_headers(&app, path, &file);
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Ok(files::response(request.headers(), headers, file.data))
}

/// The relative address of a customer's page that was opened with a slash at its end.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?;
    let (folder, page) = path.rsplit_once('/')?;
    let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
    (matches!(folder, "/pay" | "/return") || matches!(path, "/pay" | "/return")).then(|| format!("../{page}{query}"))
}

/// The file, or its brotli version when the browser accepts it; true for the latter.
fn find(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, bool)> {
    if path.ends_with(".br") || path.split('/').any(|part| part.starts_with('.')) {
        return None;
    }
    let compressed =
        files::accepts(headers, "br").then(|| Files::get(&format!("{path}.br"))).flatten().map(|file| (file, true));
    compressed.or_else(|| Files::get(path).map(|file| (file, false)))
}

fn file_headers(app: &App, path: &str, file: &EmbeddedFile) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let charset = if kind.type_() == mime_guess::mime::TEXT { "; charset=utf-8" } else { "" };
    set(header::CONTENT_TYPE, &format!("{}{charset}", kind.essence_str()));
    set(header::ETAG, &files::etag(&file.metadata.sha256_hash()));
    set(header::VARY, "accept-encoding");
    if path.starts_with("pkg/") {
        // Any shop's page may load the widget; the origin check decides which may call the API.
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    if path.starts_with("pkg/") || kind.type_() == mime_guess::mime::IMAGE {
        // Pages on other origins may also show the pictures of articles.
        set(header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    }
    let immutable = is_hashed(path);
    set(header::CACHE_CONTROL, if immutable { "public, max-age=31536000, immutable" } else { "public, no-cache" });
    if kind.essence_str() == "text/html" {
        if path.starts_with("desk/") {
            set(header::CONTENT_SECURITY_POLICY, DESK_POLICY);
        } else {
            set(header::CONTENT_SECURITY_POLICY, &shop_policy(app));
            // Under `no-referrer` the browser would send the origin `null` with the shop's form, which the origin check refuses.
            set(header::REFERRER_POLICY, "same-origin");
        }
    }
    headers
}

/// Whether the file's name contains the hash of its contents, so that a browser may cache it for good.
fn is_hashed(path: &str) -> bool {
    let stem = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    path.starts_with("pkg/")
        && stem
            .rsplit('-')
            .next()
            .is_some_and(|hash| hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The content security policy of the order desk: its own files, its own proxy, and no way to turn text into script.
const DESK_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The content security policy of the demo shop, as a careful shop would set it. The form leads to Vipps MobilePay's landing page.
fn shop_policy(app: &App) -> String {
    let landing = Url::parse(&app.vipps.base_url).map(|url| url.origin().ascii_serialization());
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        landing.unwrap_or_default()
    )
}
