//! The types of the shop's API for TypeScript, made from the description: what a backend sends and is answered, and nothing that runs.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::schema;

const HEAD: &str = "\
// The types of Kvitt's API for the shop's own backend, made from its description by `cargo xtask openapi`.
// Amounts are minor units (øre, cent), times milliseconds since 1970 in UTC. Fields may be added: read what you know.

";

/// The file, as it is committed.
pub fn types(description: &Value) -> String {
    let mut text = HEAD.to_owned();
    let schemas = schema::all(description);
    for name in reached(description, schemas) {
        comment(&mut text, &schemas[&name]["description"], "");
        declare(&mut text, &name, &schemas[&name]);
    }
    operations(&mut text, description);
    text
}

/// The operations of the shop, by name.
fn shop(description: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"][0] == "shop" {
                found.push((method.as_str(), path.as_str(), operation));
            }
        }
    }
    found
}

/// All types that the shop's operations name, and those that these name.
fn reached(description: &Value, schemas: &Map<String, Value>) -> BTreeSet<String> {
    let mut reached = BTreeSet::from(["Problem".to_owned(), "ProblemCode".to_owned()]);
    let mut waiting: Vec<&Value> = shop(description).into_iter().map(|(_, _, operation)| operation).collect();
    waiting.push(&schemas["Problem"]);
    while let Some(value) = waiting.pop() {
        if let Some(name) = schema::name(value).filter(|name| !reached.contains(*name)) {
            reached.insert(name.to_owned());
            waiting.extend(schemas.get(name));
        }
        match value {
            Value::Object(fields) => waiting.extend(fields.values()),
            Value::Array(values) => waiting.extend(values),
            _ => {}
        }
    }
    reached
}

fn declare(text: &mut String, name: &str, schema: &Value) {
    let plain = schema["properties"].is_object() && schema["allOf"].is_null();
    if !plain {
        let _ = writeln!(text, "export type {name} = {};\n", kind(schema));
        return;
    }
    let _ = writeln!(text, "export interface {name} {{");
    fields(text, schema);
    text.push_str("}\n\n");
}

fn fields(text: &mut String, schema: &Value) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        comment(text, &property["description"], "  ");
        let mark = if required { "" } else { "?" };
        let _ = writeln!(
            text,
            "  {name}{mark}: {};",
            if name == "code" && schema["title"].is_null() && is_problem(schema) {
                // Open, so that a program lives with new codes.
                "ProblemCode | (string & {})".to_owned()
            } else {
                kind(property)
            }
        );
    }
}

fn is_problem(schema: &Value) -> bool {
    schema["properties"]["trace_id"].is_object()
}

fn kind(schema: &Value) -> String {
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" & ");
    }
    let null = if schema::may_be_null(schema) { " | null" } else { "" };
    let schema = schema::meant(schema);
    if let Some(name) = schema::name(schema) {
        return format!("{name}{null}");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(parts) = schema["oneOf"].as_array() {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" | ");
    }
    let kinds = schema::kinds(schema).into_iter().map(|one| match one {
        "integer" | "number" => "number".to_owned(),
        "array" => match kind(&schema["items"]) {
            items if items.contains(' ') => format!("({items})[]"),
            items => format!("{items}[]"),
        },
        "object" if schema["properties"].is_object() => {
            let mut inner = String::from("{\n");
            fields(&mut inner, schema);
            inner + "}"
        }
        "object" => "Record<string, unknown>".to_owned(),
        other => other.to_owned(),
    });
    let kinds: Vec<_> = kinds.collect();
    if kinds.is_empty() { "unknown".to_owned() } else { kinds.join(" | ") + null }
}

/// Method, path, body and answer of each operation, so that a client of three lines is typed throughout.
fn operations(text: &mut String, description: &Value) {
    text.push_str("/** Every operation, by its name in the description. */\nexport interface Operations {\n");
    for (method, path, operation) in shop(description) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let body =
            operation["requestBody"]["content"]["application/json"].get("schema").map_or("undefined".to_owned(), kind);
        let answers = operation["responses"].as_object().into_iter().flatten();
        let good = answers.filter(|(status, _)| status.as_str() < "300");
        let kinds: BTreeSet<_> = good
            .map(|(_, answer)| answer["content"]["application/json"].get("schema").map_or("undefined".to_owned(), kind))
            .collect();
        let kinds: Vec<_> = kinds.into_iter().collect();
        comment(text, &operation["summary"], "  ");
        let method = method.to_uppercase();
        let query: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| one["in"] == "query")
            .map(|one| {
                let mark = if one["required"] == true { "" } else { "?" };
                format!("{}{mark}: {}", one["name"].as_str().unwrap_or_default(), kind(&one["schema"]))
            })
            .collect();
        let query = if query.is_empty() { "undefined".to_owned() } else { format!("{{ {} }}", query.join("; ")) };
        let _ = writeln!(
            text,
            "  {id}: {{ method: \"{method}\"; path: \"{path}\"; query: {query}; body: {body}; answer: {} }};",
            kinds.join(" | ")
        );
    }
    text.push_str("}\n");
}

fn comment(text: &mut String, description: &Value, indent: &str) {
    let Some(description) = description.as_str().filter(|description| !description.is_empty()) else { return };
    let lines: Vec<_> = description.lines().collect();
    match lines.as_slice() {
        [only] => drop(writeln!(text, "{indent}/** {} */", only.replace("*/", "* /"))),
        lines => {
            let _ = writeln!(text, "{indent}/**");
            for line in lines {
                let _ = writeln!(text, "{indent} * {}", line.replace("*/", "* /"));
            }
            let _ = writeln!(text, "{indent} */");
        }
    }
}
