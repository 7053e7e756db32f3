//! Static files: the widget at `/pkg/`, the order desk at `/desk/`, the style of the proxy's pages, and in the demo the shop itself.
//!
//! A release has the files embedded; a debug build reads them from `www/`. Files outside `www/`, and those with a leading dot, are never
//! served.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha384};
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
    let (file, coding) = find(path, request.headers(), Files::get).ok_or_else(|| {
        let missing = ApiError::not_found();
        if path.ends_with(".html") || !path.contains('.') { missing.as_page() } else { missing }
    })?;
    let mut headers = file_headers(&app, path, &file);
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
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

/// The codings in which files lie beside the plain ones, smallest first, and how their names end.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The file, in the smallest coding that there is of it and that the browser accepts.
fn find<F>(path: &str, headers: &HeaderMap, get: impl Fn(&str) -> Option<F>) -> Option<(F, Option<&'static str>)> {
    if CODINGS.iter().any(|(_, end)| path.ends_with(end)) || path.split('/').any(|part| part.starts_with('.')) {
        return None;
    }
    let compressed = CODINGS.iter().filter(|(coding, _)| files::accepts(headers, coding));
    let mut compressed = compressed.filter_map(|(coding, end)| Some((get(&format!("{path}{end}"))?, Some(*coding))));
    compressed.next().or_else(|| Some((get(path)?, None)))
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
    let name = path.rsplit('/').next().unwrap_or_default();
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    path.starts_with("pkg/")
        && stem
            .rsplit('-')
            .next()
            .is_some_and(|hash| hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The widget's script of this release and no other.
#[derive(Debug)]
pub struct Script {
    /// Its address. The name has the version, and a hash.
    pub src: String,
    /// The whole hash, by which a browser checks it.
    pub integrity: String,
}

impl Script {
    fn new(public_url: &str, path: &str, content: &[u8]) -> Self {
        let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(content)));
        Self { src: format!("{public_url}/{path}"), integrity }
    }

    /// The tag that loads it.
    pub fn tag(&self) -> String {
        let Self { src, integrity } = self;
        format!("<script type=\"module\" src=\"{src}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>")
    }
}

/// The script of this release at a proxy with that `public_url`; `None` where the widget is not built.
pub fn script(public_url: &str) -> Option<Script> {
    let begin = concat!("pkg/kvitt-", env!("CARGO_PKG_VERSION"), "-");
    let path = Files::iter().find(|path| path.starts_with(begin) && path.ends_with(".js"))?;
    Some(Script::new(public_url, &path, &Files::get(&path)?.data))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_coding_is_sent_that_there_is_and_that_is_accepted() {
        let there = ["pkg/app.js", "pkg/app.js.br", "pkg/app.js.gz", "pkg/words.js", "pkg/words.js.gz"];
        let get = |path: &str| there.iter().find(|name| **name == path).copied();
        for (path, accepted, sent) in [
            ("pkg/app.js", "gzip, deflate, br, zstd", Some(("pkg/app.js.br", Some("br")))),
            ("pkg/app.js", "gzip", Some(("pkg/app.js.gz", Some("gzip")))),
            ("pkg/app.js", "br;q=0, gzip", Some(("pkg/app.js.gz", Some("gzip")))),
            ("pkg/app.js", "identity", Some(("pkg/app.js", None))),
            ("pkg/words.js", "br, gzip", Some(("pkg/words.js.gz", Some("gzip")))),
            ("pkg/app.js.gz", "gzip", None),
            ("pkg/app.js.br", "br", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(find(path, &headers, get), sent, "{path} {accepted}");
        }
    }

    #[test]
    fn the_tag_of_a_release_has_the_hash_of_its_script() {
        let script = Script::new("https://pay.example/a", "pkg/kvitt-0.1.0-0123abcd.js", b"abc");
        // The hash of `abc` in FIPS 180-2, appendix D.
        let hash = "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn";
        let tag = format!(
            "<script type=\"module\" src=\"https://pay.example/a/pkg/kvitt-0.1.0-0123abcd.js\" integrity=\"{hash}\" \
             crossorigin=\"anonymous\"></script>"
        );
        assert_eq!(script.tag(), tag);
    }

    #[test]
    fn files_with_their_hash_in_the_name_are_cached_for_good() {
        for (path, hashed) in [
            ("pkg/app-0123abcd.js", true),
            ("pkg/kvitt-0.1.0-0123abcd.js", true),
            ("pkg/kvitt.js", false),
            ("pkg/kvitt-0.1.0.js", false),
            ("desk/app-0123abcd.js", false),
        ] {
            assert_eq!(is_hashed(path), hashed, "{path}");
        }
    }
}
