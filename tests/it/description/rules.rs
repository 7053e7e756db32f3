//! Rules for the description itself: what a client that is generated from it depends on.

use serde_json::Value;

pub(super) fn description() -> Value {
    serde_json::from_str(include_str!("../../../proxy/openapi.json")).unwrap()
}

/// All operations, each with its name for a failed assertion.
fn operations(description: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = description["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

fn is_said(text: &Value) -> bool {
    text.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn every_operation_says_what_it_takes_and_answers() {
    let description = description();
    for (name, operation) in operations(&description) {
        assert!(is_said(&operation["summary"]), "{name} has no summary");
        assert!(
            operation["security"].is_array(),
            "{name} does not say which credentials it needs, or that it needs none"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(is_said(&parameter["description"]), "{name}: {parameter} has no description");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(is_said(&response["description"]), "{name}: {status} has no description");
            for (kind, content) in response["content"].as_object().into_iter().flatten() {
                let is_text = content["schema"]["format"] != "binary";
                assert_eq!(is_text, kind != "image/png", "{name}: {kind} is {}", content["schema"]);
            }
        }
    }
    assert!(is_said(&description["servers"][0]["url"]));
}

/// A header that may be left out is absent, never `null`.
#[test]
fn an_idempotency_key_is_required_where_the_proxy_requires_it() {
    let description = description();
    let mut found = 0;
    for (name, operation) in operations(&description) {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let Some(key) = parameters.find(|parameter| parameter["name"] == "Idempotency-Key") else { continue };
        let refusals = operation["responses"]["400"]["description"].as_str().unwrap();
        assert_eq!(key["required"], refusals.contains("`idempotency_key_required`"), "{name}");
        assert_eq!(key["schema"]["type"], "string", "{name}");
        found += 1;
    }
    assert!(found >= 7, "only {found} operations take a key");
}

/// The texts of a description, wherever they are.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if matches!(name.as_str(), "description" | "summary") => {
                        found.push(text.clone())
                    }
                    field => texts(field, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn its_texts_lead_to_nothing_of_rust() {
    let mut found = Vec::new();
    texts(&description(), &mut found);
    assert!(found.len() > 100, "the texts are not found");
    for text in found {
        // Without the quoted words, so that `[[cart_key]]` may be named.
        let plain: String = text.split('`').step_by(2).collect();
        let links = plain.split("](").skip(1);
        assert!(links.into_iter().all(|target| target.starts_with("http")), "{text}");
        assert!(!text.contains("::") && !plain.contains("[]"), "{text}");
    }
}
