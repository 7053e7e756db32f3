//! The description's schemas, read: what a value is called, and an example of it.

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";
/// Deeper than that no example goes.
const DEEPEST: u8 = 8;

/// The schemas of a description, by name.
pub(super) fn all(description: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    description["components"]["schemas"].as_object().unwrap_or(&NONE)
}

/// The name of the schema that is referred to.
pub(super) fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(SCHEMAS)
}

/// The one that is meant where the other is nothing, and the only one that there is.
pub(super) fn meant(schema: &Value) -> &Value {
    let parts = schema["oneOf"].as_array().or(schema["allOf"].as_array());
    let Some(parts) = parts else { return schema };
    let mut real = parts.iter().filter(|part| part["type"] != "null");
    match (real.next(), real.next()) {
        (Some(only), None) => only,
        _ => schema,
    }
}

/// The types that a schema names, without `null`.
pub(super) fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect(),
        _ => Vec::new(),
    }
}

/// Whether it may be `null`.
pub(super) fn may_be_null(schema: &Value) -> bool {
    let null = json!("null");
    let listed = schema["type"].as_array().is_some_and(|kinds| kinds.contains(&null));
    listed || schema["oneOf"].as_array().is_some_and(|parts| parts.iter().any(|part| part["type"] == null))
}

/// An example of what a schema describes; what may be left out is, where it has none of its own.
pub(super) fn example(description: &Value, schema: &Value) -> Value {
    sample(all(description), schema, 0)
}

fn sample(schemas: &Map<String, Value>, schema: &Value, depth: u8) -> Value {
    if let Some(example) = schema["examples"].get(0).or(schema.get("example")) {
        return example.clone();
    }
    let schema = meant(schema);
    if let Some(named) = name(schema).and_then(|name| schemas.get(name)) {
        return if depth < DEEPEST { sample(schemas, named, depth + 1) } else { Value::Null };
    }
    if let Some(first) = schema["enum"].get(0).or(schema["oneOf"].get(0).and_then(|part| part["enum"].get(0))) {
        return first.clone();
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return sample(schemas, first, depth + 1);
    }
    match kinds(schema).first().copied() {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let required =
                |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let shown = |(name, property): &(&String, &Value)| required(name) || property.get("examples").is_some();
            let fields = properties.filter(shown);
            fields
                .map(|(name, property)| (name.clone(), sample(schemas, property, depth + 1)))
                .collect::<Map<_, _>>()
                .into()
        }
        Some("array") if depth < DEEPEST => json!([sample(schemas, &schema["items"], depth + 1)]),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        Some("string") => json!("…"),
        _ => Value::Null,
    }
}
