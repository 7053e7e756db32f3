//! The API, read off its own description: operations by group, then the types that travel.

use maud::{Markup, html};
use serde_json::Value;

use super::{Heading, guide, schema};

pub(super) fn page(description: &Value) -> Markup {
    let tags: Vec<&Value> = description["tags"].as_array().into_iter().flatten().collect();
    html! {
        h1 { "API" }
        (guide::html(text(&description["info"]["description"])))
        nav.contents aria-label="Operations" {
            @for tag in &tags {
                @let name = text(&tag["name"]);
                h2 { a href={ "#tag-" (name) } { (name) } }
                ul {
                    @for (method, path, operation) in operations(description, name) {
                        li { a href={ "#" (text(&operation["operationId"])) } { (method) " " (path) } }
                    }
                }
            }
        }
        @for tag in &tags {
            @let name = text(&tag["name"]);
            section.group aria-labelledby={ "tag-" (name) } {
                h2 id={ "tag-" (name) } { (name) }
                (guide::html(text(&tag["description"])))
                @for (method, path, operation) in operations(description, name) {
                    (one(description, &method, path, operation))
                }
            }
        }
        h2 #types { "Types" }
        @for (name, schema) in schema::all(description) {
            (kind(name, schema))
        }
    }
}

pub(super) fn headings(description: &Value) -> Vec<Heading> {
    let mut headings = Vec::new();
    for tag in description["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        headings.push(Heading { level: 2, title: name.to_owned(), anchor: format!("tag-{name}") });
        for (method, path, operation) in operations(description, name) {
            let summary = text(&operation["summary"]).trim_end_matches('.');
            let title = format!("{summary}: {method} {path}");
            headings.push(Heading { level: 3, title, anchor: text(&operation["operationId"]).to_owned() });
        }
    }
    let types = schema::all(description).keys();
    headings.extend(types.map(|name| Heading { level: 3, title: name.clone(), anchor: format!("type-{name}") }));
    headings
}

/// The operations of a group, in the order of their paths.
fn operations<'a>(description: &'a Value, tag: &str) -> Vec<(String, &'a str, &'a Value)> {
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|own| own == tag)) {
                found.push((method.to_uppercase(), path.as_str(), operation));
            }
        }
    }
    found
}

fn one(description: &Value, method: &str, path: &str, operation: &Value) -> Markup {
    let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
    let parameters: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
    html! {
        article id=(text(&operation["operationId"])) {
            h3 { span.method { (method) } " " code { (path) } }
            p.lead { (text(&operation["summary"])) }
            (guide::html(text(&operation["description"])))
            @if operation["security"][0]["shop_key"].is_array() { p.key { "With a key of the shop." } }
            @if !parameters.is_empty() {
                div.wide tabindex="0" { table {
                    thead { tr { th { "Parameter" } th { "In" } th { "Type" } th { "Meaning" } } }
                    tbody { @for parameter in parameters { tr {
                        td { code { (text(&parameter["name"])) } @if parameter["required"] == true { " " span.required { "required" } } }
                        td { (text(&parameter["in"])) }
                        td { (named(&parameter["schema"])) }
                        td { (guide::inline(text(&parameter["description"]))) }
                    } } }
                } }
            }
            @if let Some((media, content)) = body {
                h4 { "Body" }
                p { (named(&content["schema"])) " as " code { (media) } }
                @if media.contains("json") { (example(description, &content["schema"])) }
            }
            h4 { "Answers" }
            div.wide tabindex="0" { table {
                thead { tr { th { "Status" } th { "Body" } th { "Meaning" } } }
                tbody { @for (status, answer) in operation["responses"].as_object().into_iter().flatten() { tr {
                    td { code { (status) } }
                    td { @for (_, content) in answer["content"].as_object().into_iter().flatten() { (named(&content["schema"])) } }
                    td { (said(text(&answer["description"]), status)) }
                } } }
            } }
            @if let Some(schema) = success(operation) { (example(description, schema)) }
        }
    }
}

/// What an answer means; codes of problems lead to what to do about them.
fn said(description: &str, status: &str) -> Markup {
    if status < "400" {
        return guide::inline(description);
    }
    let linked = description.split('`').enumerate().map(|(place, part)| match place % 2 {
        1 if crate::http::problem::Code::ALL.iter().any(|code| code.as_str() == part) => {
            format!("[`{part}`](/docs/problems#{part})")
        }
        1 => format!("`{part}`"),
        _ => part.to_owned(),
    });
    guide::inline(&linked.collect::<String>())
}

/// What a JSON answer that is none of a problem looks like.
fn success(operation: &Value) -> Option<&Value> {
    let mut answers = operation["responses"].as_object()?.iter().filter(|(status, _)| status.as_str() < "300");
    answers.find_map(|(_, answer)| answer["content"]["application/json"].get("schema"))
}

fn example(description: &Value, schema: &Value) -> Markup {
    let example = schema::example(description, schema);
    let written = serde_json::to_string_pretty(&example).unwrap_or_default();
    html! { @if example.is_object() { pre tabindex="0" { code { (written) } } } }
}

fn kind(name: &str, schema: &Value) -> Markup {
    let words: Vec<_> = variants(schema);
    let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
    let properties: Vec<_> = parts
        .flat_map(|part| {
            part["properties"].as_object().into_iter().flatten().map(move |(name, property)| (part, name, property))
        })
        .collect();
    html! {
        section.type id={ "type-" (name) } {
            h3 { (name) }
            (guide::html(text(&schema["description"])))
            @if !words.is_empty() {
                ul.words { @for (word, about) in words { li { code { (word) } @if !about.is_empty() { " " (guide::inline(about)) } } } }
            }
            @if !properties.is_empty() {
                div.wide tabindex="0" { table {
                    thead { tr { th { "Field" } th { "Type" } th { "Meaning" } } }
                    tbody { @for (part, field, property) in properties { tr {
                        td { code { (field) } @if !required(part, field) { " " span.optional { "optional" } } }
                        td { (named(property)) }
                        td { (guide::inline(text(&property["description"]).trim_end())) }
                    } } }
                } }
            }
        }
    }
}

/// The words that a closed list has, with what each means.
fn variants(schema: &Value) -> Vec<(&str, &str)> {
    let plain = schema["enum"].as_array().into_iter().flatten().map(|word| (text(word), ""));
    let told = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|part| Some((part["enum"].get(0)?.as_str()?, text(&part["description"]))));
    plain.chain(told).collect()
}

fn required(schema: &Value, field: &str) -> bool {
    schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == field))
}

/// What a value is, in a word or two.
fn named(schema: &Value) -> Markup {
    let meant = schema::meant(schema);
    if let Some(name) = schema::name(meant) {
        return html! { a href={ "#type-" (name) } { (name) } };
    }
    let kinds = schema::kinds(meant);
    html! {
        @if kinds.first() == Some(&"array") { "list of " (named(&meant["items"])) }
        @else { (kinds.join(" or ")) }
        (limits(meant))
    }
}

/// The limits of a value: `, 1 to 9999`, `, 64 characters at most`.
fn limits(schema: &Value) -> String {
    let pair = |least: &str, most: &str| (schema[least].as_i64(), schema[most].as_i64());
    let said = |(least, most): (Option<i64>, Option<i64>), unit: &str| match (least, most) {
        (Some(least), Some(most)) => format!(", {least} to {most}{unit}"),
        (None, Some(most)) => format!(", {most}{unit} at most"),
        (Some(least), None) => format!(", {least}{unit} at least"),
        (None, None) => String::new(),
    };
    [
        said(pair("minimum", "maximum"), ""),
        said(pair("minLength", "maxLength"), " characters"),
        said(pair("minItems", "maxItems"), ""),
    ]
    .concat()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
