//! The frame of every page, the parts that several pages share, and the escaping.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::sales_units::{Brand, SalesUnit};

/// Without `form-action`: a form that ends a payment is redirected to the merchant, who may redirect it further.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Escapes text for HTML and for a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A page. An open one is replaced when its `version` changes.
pub(super) struct Page {
    pub(super) brand: Brand,
    pub(super) title: String,
    pub(super) version: String,
    /// The HTML in `<main>`.
    pub(super) main: String,
    /// The URL that an open page navigates to when this page replaces it.
    pub(super) next_url: Option<String>,
    /// The URL that an open page sends a beacon to when it is left.
    pub(super) leave_url: Option<String>,
    /// Browsers without JavaScript reload the page after so many seconds.
    pub(super) refresh_seconds: Option<u8>,
}

impl Page {
    pub(super) fn new(brand: Brand, title: &str, version: impl Into<String>, main: String) -> Page {
        Page {
            brand,
            title: title.to_owned(),
            version: version.into(),
            main,
            next_url: None,
            leave_url: None,
            refresh_seconds: None,
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let attribute = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!(" data-{name}=\"{}\"", escaped(value))).unwrap_or_default()
        };
        let refresh = self
            .refresh_seconds
            .map(|seconds| format!("<noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>"));
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title} · {brand}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/_page/style.css\">\n\
             <script src=\"/_page/live.js\" defer></script>\n{refresh}</head>\n\
             <body class=\"{class}\">\n<main data-version=\"{version}\"{go}{left}>\n{main}\n</main>\n\
             <footer class=\"note\">{brand} emulator: no money moves.</footer>\n</body>\n</html>\n",
            title = escaped(&self.title),
            brand = self.brand.name(),
            class = self.brand.class(),
            version = escaped(&self.version),
            go = attribute("go", &self.next_url),
            left = attribute("left", &self.leave_url),
            refresh = refresh.unwrap_or_default(),
            main = self.main,
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (StatusCode::OK, headers, page).into_response()
    }
}

/// The page for a link to an unknown payment.
pub(super) fn unknown_payment() -> Response {
    let main = format!(
        "{}<div class=\"end\">{CROSS}<h1 tabindex=\"-1\">No payment here</h1>\
         <p>The link is wrong, or the emulator was started anew. Begin again in the shop.</p></div>",
        bar(Brand::Vipps, "")
    );
    let mut response = Page::new(Brand::Vipps, "No payment here", "unknown", main).into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The top of a page: the brand in the middle, and the HTML of a cancel button on the right.
pub(super) fn bar(brand: Brand, right: &str) -> String {
    let word = brand.name().to_lowercase();
    format!(
        "<div class=\"bar\"><span></span><span class=\"word\" aria-hidden=\"true\">{word}</span><div>{right}</div></div>"
    )
}

/// A form of one button that posts to `action`.
pub(super) fn button(action: &str, class: &str, name: &str) -> String {
    format!("<form method=\"post\" action=\"{}\"><button class=\"{class}\">{name}</button></form>", escaped(action))
}

/// The merchant: a picture, the name as the heading, the company.
pub(super) fn merchant(unit: &SalesUnit, small: bool) -> String {
    format!(
        "<div class=\"merchant{}\">{MERCHANT}<h1 tabindex=\"-1\">{}</h1><p class=\"quiet\">{}</p></div>",
        if small { " small" } else { "" },
        escaped(unit.merchant),
        escaped(unit.company),
    )
}

/// A bowl in a circle: all the merchants here sell pottery.
const MERCHANT: &str = "<svg viewBox=\"0 0 84 84\" aria-hidden=\"true\"><circle cx=\"42\" cy=\"42\" r=\"42\" fill=\"#fff\"/>\
    <circle cx=\"42\" cy=\"42\" r=\"30\" fill=\"#e6ece9\"/><path d=\"M22 40h40c0 12-7 21-15 22v3H37v-3c-8-1-15-10-15-22z\" fill=\"#3f6f66\"/>\
    <path d=\"M22 40h40l-.6 5H22.6z\" fill=\"#2f564f\"/><path d=\"M36 20c4 4-4 6 0 12M48 20c4 4-4 6 0 12\" fill=\"none\" stroke=\"#3f6f66\" stroke-width=\"3\" stroke-linecap=\"round\"/></svg>";

pub(super) const TICK: &str = "<svg class=\"tick\" viewBox=\"0 0 84 84\" aria-hidden=\"true\"><circle cx=\"42\" cy=\"42\" r=\"42\" fill=\"#3f7d6e\"/>\
    <path d=\"M25 43l12 12 23-25\" fill=\"none\" stroke=\"#fff\" stroke-width=\"7\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>";

pub(super) const CROSS: &str = "<svg class=\"tick\" viewBox=\"0 0 84 84\" aria-hidden=\"true\"><circle cx=\"42\" cy=\"42\" r=\"42\" fill=\"#8d8a9a\"/>\
    <path d=\"M29 29l26 26M55 29L29 55\" fill=\"none\" stroke=\"#fff\" stroke-width=\"7\" stroke-linecap=\"round\"/></svg>";

pub(super) const PHONE: &str = "<svg viewBox=\"0 0 26 26\" aria-hidden=\"true\"><rect x=\"7\" y=\"2\" width=\"12\" height=\"22\" rx=\"3\" fill=\"none\" stroke=\"#5c586b\" stroke-width=\"1.8\"/>\
    <path d=\"M11.5 20.5h3\" stroke=\"#5c586b\" stroke-width=\"1.8\" stroke-linecap=\"round\"/></svg>";

pub(super) const PERSON: &str = "<svg viewBox=\"0 0 26 26\" aria-hidden=\"true\"><circle cx=\"13\" cy=\"8.5\" r=\"4.5\" fill=\"none\" stroke=\"#5c586b\" stroke-width=\"1.8\"/>\
    <path d=\"M4.5 23c.8-5 4.2-7.5 8.5-7.5s7.7 2.5 8.5 7.5\" fill=\"none\" stroke=\"#5c586b\" stroke-width=\"1.8\" stroke-linecap=\"round\"/></svg>";

pub(super) const CARD: &str = "<svg viewBox=\"0 0 26 26\" aria-hidden=\"true\"><rect x=\"1\" y=\"5\" width=\"24\" height=\"16\" rx=\"3\" fill=\"#24463f\"/>\
    <path d=\"M1 9.5h24\" stroke=\"#8fb8ae\" stroke-width=\"2.5\"/><path d=\"M4.5 17h6\" stroke=\"#fff\" stroke-width=\"1.8\" stroke-linecap=\"round\"/></svg>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_character_is_escaped() {
        assert_eq!(escaped("<b a=\"1\" b='2'>&"), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
    }
}
