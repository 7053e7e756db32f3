//! Every problem that the proxy answers with: what it means, what to do, and where it may be met.

use maud::{Markup, html};
use serde_json::Value;

use super::{Heading, guide};
use crate::http::problem::Code;

fn codes() -> Vec<Code> {
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| code.status());
    codes
}

pub(super) fn headings() -> Vec<Heading> {
    let heading = |code: Code| Heading {
        level: 2,
        title: format!("{}: {}", code.as_str(), code.title()),
        anchor: code.as_str().to_owned(),
    };
    codes().into_iter().map(heading).collect()
}

pub(super) fn page(description: &Value) -> Markup {
    html! {
        h1 { "Problems" }
        p.lead {
            "What goes wrong is answered as " code { "application/problem+json" } ", with a status, a stable " code { "code" }
            ", a title, sometimes a " code { "detail" } ", and a " code { "trace_id" } " that finds the request in the proxy's log. "
            "Act on " code { "code" } "; its " code { "type" } " leads to its place on this page."
        }
        pre tabindex="0" { code { (example()) } }
        p {
            "Where the answer has a header " code { "Retry-After" } ", repeat the request after so many seconds, with the same "
            code { "Idempotency-Key" } ": it is done once."
        }
        @for code in codes() {
            section.problem id=(code.as_str()) {
                h2 { code { (code.as_str()) } " " span.status { (code.status().as_u16()) } }
                p { strong { (code.title()) "." } " " (guide::inline(code.remedy())) }
                @let met = met(description, code);
                @if !met.is_empty() {
                    p.met {
                        "Met at "
                        @for (place, (id, name)) in met.iter().enumerate() {
                            @if place > 0 { ", " }
                            a href={ "/docs/api#" (id) } { (name) }
                        }
                        "."
                    }
                }
            }
        }
    }
}

fn example() -> String {
    let code = Code::ExceedsWhatIsLeft;
    let example = serde_json::json!({
        "type": code.url(), "status": code.status().as_u16(), "code": code.as_str(), "title": code.title(),
        "detail": "there is 33800 left, in minor units", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    });
    serde_json::to_string_pretty(&example).expect("plain values are written")
}

/// The operations whose answers name it.
fn met(description: &Value, code: Code) -> Vec<(String, String)> {
    let named = format!("`{}`", code.as_str());
    let mut met = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let answers = operation["responses"].as_object().into_iter().flatten();
            let mut said = answers.filter_map(|(_, answer)| answer["description"].as_str());
            if said.any(|said| said.contains(&named)) {
                let id = operation["operationId"].as_str().unwrap_or_default();
                met.push((id.to_owned(), format!("{} {path}", method.to_uppercase())));
            }
        }
    }
    met
}
