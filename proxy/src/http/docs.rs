//! The documentation under `/docs`, as pages without a script: guides, which are files of Markdown in `www/docs`, the API, which is read off
//! its own description, and the problems, which are read off their table. Also the types of the shop's API for TypeScript.
//!
//! It knows no request and no order; the proxy's routes hand it the description and serve what it makes.

mod guide;
mod problems;
mod reference;
mod schema;
mod typescript;

use maud::{DOCTYPE, Markup, html};
use rust_embed::RustEmbed;
use serde_json::Value;

pub use typescript::types;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../www/docs"]
#[allow_missing = true]
struct Guides;

/// What there is to read, in that order: the address below `/docs/`, and what it is called.
const PAGES: [(&str, &str); 7] = [
    ("", "Quick start"),
    ("embedding", "Embedding"),
    ("backend", "The shop's backend"),
    ("webhooks", "Webhooks"),
    ("going-live", "Going live"),
    ("api", "API"),
    ("problems", "Problems"),
];

/// A page by its address below `/docs/`; none where there is none.
pub fn page(name: &str, description: &Value) -> Option<String> {
    let (_, title) = PAGES.iter().find(|(page, _)| *page == name)?;
    let content = match name {
        "api" => reference::page(description),
        "problems" => problems::page(description),
        name => {
            let file = Guides::get(&format!("{}.md", if name.is_empty() { "quick-start" } else { name }))?;
            guide::html(std::str::from_utf8(&file.data).ok()?)
        }
    };
    Some(shell(name, title, &content).into_string())
}

fn shell(name: &str, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Kvitt" }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/docs/docs.css";
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    a.wordmark href="/docs" { "Kvitt" }
                    nav aria-label="Documentation" {
                        ul {
                            @for (page, title) in PAGES {
                                li {
                                    a href={ "/docs" @if !page.is_empty() { "/" (page) } } aria-current=[(page == name).then_some("page")] { (title) }
                                }
                            }
                        }
                    }
                }
                main id="content" class=[name.is_empty().then_some("first")] { (content) }
                footer {
                    p {
                        "For programs: " a href="/openapi.json" { "openapi.json" } " and "
                        a href="/docs/kvitt-shop.d.ts" { "kvitt-shop.d.ts" } "."
                    }
                }
            }
        }
    }
}
