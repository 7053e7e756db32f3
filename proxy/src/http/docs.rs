//! The documentation under `/docs`: guides, which are files of Markdown in `www/docs`, the API, which is read off its own description, and
//! the problems, which are read off their table. Also the types of the shop's API for TypeScript.
//!
//! Every page works without a script. With one there is a search over all headings and a button that copies code. It knows no request and no
//! order; the proxy's routes hand it the description and serve what it makes.

mod guide;
mod problems;
mod reference;
mod schema;
mod shell;
mod typescript;

use maud::Markup;
use rust_embed::RustEmbed;
use serde_json::Value;

pub use guide::anchors;
pub use typescript::types;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../www/docs"]
#[allow_missing = true]
struct Guides;

/// A page: its address below `/docs/`, and its title.
pub type Page = (&'static str, &'static str);

/// Every page by group, in the order of the navigation.
pub const GROUPS: [(&str, &[Page]); 4] = [
    ("Start", &[("", "Quick start")]),
    (
        "For the shop",
        &[
            ("embedding", "Embedding"),
            ("prices", "Prices"),
            ("payment-requests", "Payment requests"),
            ("backend", "The shop's backend"),
            ("webhooks", "Webhooks"),
            ("desk", "The order desk"),
        ],
    ),
    (
        "Operations",
        &[
            ("going-live", "Going live"),
            ("operating", "Operating"),
            ("configuration", "Configuration"),
            ("command-line", "Command line"),
            ("privacy", "Privacy"),
        ],
    ),
    ("Reference", &[("api", "API"), ("problems", "Problems")]),
];

/// A heading that can be linked to.
struct Heading {
    level: u8,
    title: String,
    anchor: String,
}

/// Every page of the documentation.
pub fn pages() -> impl Iterator<Item = Page> {
    GROUPS.iter().flat_map(|(_, pages)| pages.iter().copied())
}

/// The address of a page.
pub fn address(name: &str) -> String {
    if name.is_empty() { "/docs".to_owned() } else { format!("/docs/{name}") }
}

/// A page by its address below `/docs/`; none where there is none.
pub fn page(name: &str, description: &Value) -> Option<String> {
    let (_, title) = pages().find(|(page, _)| *page == name)?;
    let content = content(name, description)?;
    // The API has contents of its own, and the problems are a list.
    let contents = match name {
        "api" | "problems" => Vec::new(),
        name => headings(name, description),
    };
    Some(shell::page(name, title, &content, &contents).into_string())
}

/// What can be searched, as JSON: a list of title, page and address, for each page and each of its headings.
pub fn index(description: &Value) -> String {
    let mut entries = Vec::new();
    for (name, title) in pages().filter(|(name, _)| content(name, description).is_some()) {
        entries.push([title.to_owned(), title.to_owned(), address(name)]);
        for heading in headings(name, description) {
            entries.push([heading.title, title.to_owned(), format!("{}#{}", address(name), heading.anchor)]);
        }
    }
    serde_json::to_string(&entries).expect("plain texts are written")
}

fn content(name: &str, description: &Value) -> Option<Markup> {
    match name {
        "api" => Some(reference::page(description)),
        "problems" => Some(problems::page(description)),
        name => Some(guide::html(&markdown(name)?)),
    }
}

fn headings(name: &str, description: &Value) -> Vec<Heading> {
    match name {
        "api" => reference::headings(description),
        "problems" => problems::headings(),
        name => markdown(name).map(|text| guide::headings(&text)).unwrap_or_default(),
    }
}

fn markdown(name: &str) -> Option<String> {
    let file = Guides::get(&format!("{}.md", if name.is_empty() { "quick-start" } else { name }))?;
    String::from_utf8(file.data.into_owned()).ok()
}
