//! The contracts: the JSON Schemas of request bodies, and the validator.
//!
//! Each body has one JSON Schema (draft 2020-12), embedded from `contract/` and written from the API's documentation: names, types, limits,
//! patterns. The validator supports the keywords that those files use and panics on any other, so no rule of a contract is silently ignored.
//! Unknown fields are refused, which reveals a client that misreads the documentation.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// The embedded contracts, by name.
pub const CONTRACTS: &[(&str, &str)] = &[
    ("cancel", include_str!("../contract/cancel.json")),
    ("category", include_str!("../contract/category.json")),
    ("create-payment", include_str!("../contract/create-payment.json")),
    ("force-approve", include_str!("../contract/force-approve.json")),
    ("image", include_str!("../contract/image.json")),
    ("merchant-redirect-qr", include_str!("../contract/merchant-redirect-qr.json")),
    ("merchant-redirect-qr-update", include_str!("../contract/merchant-redirect-qr-update.json")),
    ("modification", include_str!("../contract/modification.json")),
    ("receipt", include_str!("../contract/receipt.json")),
    ("webhook-registration", include_str!("../contract/webhook-registration.json")),
];

static PARSED: LazyLock<HashMap<&str, Value>> = LazyLock::new(|| {
    CONTRACTS
        .iter()
        .map(|(name, text)| (*name, serde_json::from_str(text).expect("an embedded contract is valid JSON")))
        .collect()
});

/// One violation of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The dotted path of the field, such as `amount.value` or `receipt.orderLines[0].name`; empty for the whole body.
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// All violations of the contract in `body`.
pub(crate) fn violations(contract: &str, body: &Value) -> Vec<Violation> {
    let root = &PARSED[contract];
    let mut check = Check { root, found: Vec::new() };
    check.value(root, body, "");
    check.found
}

struct Check<'a> {
    root: &'a Value,
    found: Vec<Violation>,
}

impl Check<'_> {
    fn fail(&mut self, path: &str, reason: impl Into<String>) {
        self.found.push(Violation { name: path.to_owned(), reason: reason.into() });
    }

    fn value(&mut self, schema: &Value, value: &Value, path: &str) {
        let schema = schema.as_object().expect("a schema is an object");
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return match reference.strip_prefix('#') {
                Some(pointer) => {
                    let target = self.root.pointer(pointer).expect("a contract's $ref has a target");
                    self.value(target, value, path);
                }
                None => {
                    let mut other = Check { root: &PARSED[reference], found: Vec::new() };
                    other.value(other.root, value, path);
                    self.found.append(&mut other.found);
                }
            };
        }
        if let Some(types) = schema.get("type")
            && !has_type(types, value)
        {
            return self.fail(path, format!("must be {}", name_of(types)));
        }
        for (keyword, wanted) in schema {
            self.keyword(schema, keyword, wanted, value, path);
        }
    }

    fn keyword(&mut self, schema: &Map<String, Value>, keyword: &str, wanted: &Value, value: &Value, path: &str) {
        match (keyword, value) {
            ("$schema" | "$defs" | "title" | "type", _) => {}
            ("enum", _) => {
                let allowed = wanted.as_array().expect("enum is a list");
                if !allowed.contains(value) {
                    let values: Vec<String> = allowed.iter().map(Value::to_string).collect();
                    self.fail(path, format!("must be one of {}", values.join(", ")));
                }
            }
            ("pattern", Value::String(text)) => {
                let pattern = wanted.as_str().expect("pattern is a string");
                if !matches(pattern, text) {
                    self.fail(path, format!("must match '{pattern}'"));
                }
            }
            ("minLength", Value::String(text)) if text.chars().count() < limit(wanted) => {
                self.fail(path, format!("must have at least {wanted} characters"));
            }
            ("maxLength", Value::String(text)) if text.chars().count() > limit(wanted) => {
                self.fail(path, format!("must have at most {wanted} characters"));
            }
            ("minimum", Value::Number(number)) if number.as_f64() < wanted.as_f64() => {
                self.fail(path, format!("must be at least {wanted}"));
            }
            ("maximum", Value::Number(number)) if number.as_f64() > wanted.as_f64() => {
                self.fail(path, format!("must be at most {wanted}"));
            }
            ("minItems", Value::Array(items)) if items.len() < limit(wanted) => {
                self.fail(path, format!("must have at least {wanted} items"));
            }
            ("items", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(wanted, item, &format!("{path}[{index}]"));
                }
            }
            ("minProperties", Value::Object(fields)) if fields.len() < limit(wanted) => {
                self.fail(path, format!("must have at least {wanted} fields"));
            }
            ("maxProperties", Value::Object(fields)) if fields.len() > limit(wanted) => {
                self.fail(path, format!("must have at most {wanted} fields"));
            }
            ("propertyNames", Value::Object(fields)) => {
                for name in fields.keys() {
                    self.value(wanted, &Value::String(name.clone()), &inside(path, name));
                }
            }
            ("required", Value::Object(fields)) => {
                for name in wanted.as_array().expect("required is a list").iter().filter_map(Value::as_str) {
                    if !fields.contains_key(name) {
                        self.fail(&inside(path, name), "is required");
                    }
                }
            }
            ("properties", Value::Object(fields)) => {
                for (name, schema) in wanted.as_object().expect("properties is an object") {
                    if let Some(field) = fields.get(name) {
                        self.value(schema, field, &inside(path, name));
                    }
                }
            }
            ("additionalProperties", Value::Object(fields)) => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (name, field) in fields.iter().filter(|(name, _)| !known.is_some_and(|k| k.contains_key(*name))) {
                    match wanted {
                        Value::Bool(true) => {}
                        Value::Bool(false) => self.fail(&inside(path, name), "is not a known field"),
                        schema => self.value(schema, field, &inside(path, name)),
                    }
                }
            }
            (
                "pattern"
                | "minLength"
                | "maxLength"
                | "minimum"
                | "maximum"
                | "minItems"
                | "items"
                | "minProperties"
                | "maxProperties"
                | "propertyNames"
                | "required"
                | "properties"
                | "additionalProperties",
                _,
            ) => {}
            (unknown, _) => panic!("a contract uses `{unknown}`, which the validator does not check"),
        }
    }
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn limit(wanted: &Value) -> usize {
    wanted.as_u64().and_then(|n| usize::try_from(n).ok()).expect("a limit is a small number")
}

fn has_type(types: &Value, value: &Value) -> bool {
    match types {
        Value::Array(several) => several.iter().any(|one| has_type(one, value)),
        Value::String(name) => match name.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "null" => value.is_null(),
            unknown => panic!("a contract has the type `{unknown}`"),
        },
        _ => panic!("`type` is a string or a list"),
    }
}

fn name_of(types: &Value) -> String {
    match types {
        Value::Array(several) => several.iter().map(name_of).collect::<Vec<_>>().join(" or "),
        one => one.as_str().unwrap_or_default().to_owned(),
    }
}

/// The patterns are compiled once: a contract is checked at every request.
fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<HashMap<String, Regex>> = LazyLock::new(|| {
        let mut patterns = Vec::new();
        PARSED.values().for_each(|contract| collect_patterns(contract, &mut patterns));
        patterns
            .into_iter()
            .map(|pattern| {
                let regex = Regex::new(&pattern).expect("a contract's pattern is a valid expression");
                (pattern, regex)
            })
            .collect()
    });
    COMPILED.get(pattern).is_some_and(|regex| regex.is_match(text))
}

fn collect_patterns(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            into.extend(fields.get("pattern").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect_patterns(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_patterns(item, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(contract: &str, body: Value) -> Vec<String> {
        let mut names: Vec<String> = violations(contract, &body).into_iter().map(|found| found.name).collect();
        names.sort();
        names.dedup();
        names
    }

    fn create() -> Value {
        json!({
            "amount": { "currency": "NOK", "value": 58700 },
            "paymentMethod": { "type": "WALLET" },
            "reference": "acme-order-1",
            "userFlow": "WEB_REDIRECT",
            "returnUrl": "https://shop.example/return",
        })
    }

    /// Checks a wrong value against every schema of every contract, so that the validator meets every keyword.
    #[test]
    fn every_contract_uses_only_keywords_the_validator_knows() {
        fn walk(schema: &Value, root: &Value) {
            let sample = |types: &Value| match types.as_str().or_else(|| types[0].as_str()) {
                Some("object") => json!({ "x": 1 }),
                Some("array") => json!([]),
                Some("string") => json!(""),
                Some("boolean") => json!(true),
                _ => json!(-1),
            };
            if let Some(types) = schema.get("type") {
                let mut check = Check { root, found: Vec::new() };
                check.value(schema, &sample(types), "");
            }
            for key in ["properties", "$defs"] {
                schema.get(key).and_then(Value::as_object).into_iter().flatten().for_each(|(_, s)| walk(s, root));
            }
            schema.get("items").into_iter().for_each(|items| walk(items, root));
        }
        for contract in PARSED.values() {
            walk(contract, contract);
        }
    }

    #[test]
    fn a_valid_body_has_no_violations() {
        assert_eq!(violations("create-payment", &create()), []);
    }

    #[test]
    fn every_invalid_field_is_reported() {
        let mut body = create();
        body["reference"] = json!("short");
        body["amount"]["value"] = json!(12.5);
        body["customer"] = json!({ "phoneNumber": "+4791234567" });
        body["phone"] = json!(1);
        body["metadata"] = json!({ "a": "x".repeat(501) });
        body["receipt"] = json!({ "orderLines": [{ "name": "Mug", "vat": 1 }], "bottomLine": {} });
        assert_eq!(
            names("create-payment", body),
            [
                "amount.value",
                "customer.phoneNumber",
                "metadata.a",
                "phone",
                "receipt.bottomLine.currency",
                "receipt.orderLines[0].id",
                "receipt.orderLines[0].totalAmount",
                "receipt.orderLines[0].totalAmountExcludingTax",
                "receipt.orderLines[0].totalTaxAmount",
                "receipt.orderLines[0].vat",
                "reference",
            ]
        );
    }

    #[test]
    fn a_customer_is_identified_in_exactly_one_way() {
        let mut body = create();
        body["customer"] = json!({ "phoneNumber": "4791234567", "personalQr": "https://qr.example/1" });
        assert_eq!(names("create-payment", body), ["customer"]);
    }
}
