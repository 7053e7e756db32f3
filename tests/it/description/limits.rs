//! The limits in the description are those of the proxy: a value just outside is refused, and not for the reason of one just inside.

use std::collections::BTreeSet;

use kvitt_wire::State;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::rules::description;
use crate::carts::with;
use crate::details::png;
use crate::shop::{LOCAL_RELAY, Receiver, SHOP_ORIGIN, Shop, two_mugs_and_a_tea};

/// A value just inside a limit, and one just outside.
type Edge = (Value, Value);

/// Where an edge is in a body.
type Place = (String, Edge);

/// The edges of a value. `one` is an item, if it is a list.
fn edges(schema: &Value, one: &Value) -> Vec<Edge> {
    let limit = |name: &str| schema[name].as_i64();
    let text = |length: i64| {
        let start = if schema["format"] == "uri" { "https://shop.example/" } else { "" };
        // A character of two bytes where any character may be: a length is one in characters.
        let letter = if start.is_empty() && schema["pattern"].is_null() { "å" } else { "x" };
        json!(format!("{start}{}", letter.repeat(usize::try_from(length).unwrap() - start.len())))
    };
    let list = |length: i64| json!(vec![one; usize::try_from(length).unwrap()]);
    let mut edges = Vec::new();
    edges.extend(limit("minimum").map(|least| (json!(least), json!(least - 1))));
    edges.extend(limit("maximum").map(|most| (json!(most), json!(most + 1))));
    edges.extend(limit("minLength").map(|least| (text(least), text(least - 1))));
    edges.extend(limit("maxLength").map(|most| (text(most), text(most + 1))));
    edges.extend(limit("minItems").map(|least| (list(least), list(least - 1))));
    edges.extend(limit("maxItems").map(|most| (list(most), list(most + 1))));
    edges.extend(schema["pattern"].as_str().map(|pattern| {
        let right = "x".repeat(usize::try_from(limit("minLength").unwrap_or(1)).unwrap());
        match pattern {
            "^https:" => (json!("https://shop.example/"), json!("http://shop.example/")),
            _ => (json!(right), json!(format!("x {right}"))),
        }
    }));
    edges
}

/// The schema that is meant by a reference, and its name.
fn meant<'a>(description: &'a Value, schema: &'a Value) -> (&'a str, &'a Value) {
    let alternative = schema["oneOf"].as_array().and_then(|parts| parts.iter().find(|part| part["$ref"].is_string()));
    let schema = alternative.unwrap_or(schema);
    match schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
        Some(name) => (name, &description["components"]["schemas"][name]),
        None => ("", schema),
    }
}

/// The edges of everything in a body, each field of a type once.
fn places(
    description: &Value,
    schema: &Value,
    body: &Value,
    pointer: &str,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Place>,
) {
    let (name, schema) = meant(description, schema);
    match body {
        Value::Object(fields) => {
            for (field, value) in fields {
                let (property, inside) = (&schema["properties"][field], format!("{pointer}/{field}"));
                assert!(property.is_object(), "{name} has no {field}");
                if seen.insert(format!("{name}.{field}")) {
                    found.extend(edges(property, &value[0]).into_iter().map(|edge| (inside.clone(), edge)));
                }
                places(description, property, value, &inside, seen, found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                places(description, &schema["items"], item, &format!("{pointer}/{place}"), seen, found);
            }
        }
        _ => {}
    }
}

/// All fields with a limit that requests may have.
fn limited(description: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    let (name, schema) = meant(description, schema);
    for (field, property) in schema["properties"].as_object().into_iter().flatten() {
        if !edges(property, &Value::Null).is_empty() {
            found.insert(format!("{name}.{field}"));
        }
        limited(description, property, found);
    }
    if schema["items"].is_object() {
        limited(description, &schema["items"], found);
    }
}

async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

async fn is_an_edge(place: &str, inside: RequestBuilder, outside: RequestBuilder) {
    let (inside, outside) = (answer(inside).await, answer(outside).await);
    assert!((400..500).contains(&outside.0), "{place}: outside of its limit is answered {outside:?}");
    assert_ne!(inside.1, outside.1, "{place}: just inside is {inside:?}, just outside {outside:?}");
}

#[tokio::test]
async fn its_limits_are_those_of_the_proxy() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let key = shop.key("limits").await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let orders = format!("/v1/shop/orders/{}", order.reference());
    let endpoint = shop.adds_endpoint(&Receiver::answering([]).await).await.id;
    let description = description();

    let cart = json!({
        "lines": [
            { "sku": "mug", "name": "Krus", "quantity": 2, "unit_price": 24_900, "vat_rate": 2500,
              "picture": "https://shop.example/mug.webp", "url": "https://shop.example/mug" },
            { "sku": "tea", "name": "Te", "quantity": 1, "unit_price": 8_900, "vat_rate": 1500, "discount": 0 },
        ],
        "total": { "value": 58_700, "currency": "NOK" },
        "payment_sources": { "gift_card": 0, "voucher": 0, "card": 0, "cash": 0 },
    });
    let open =
        json!({ "cart": cart, "description": "To krus", "expires_in_s": 60, "return_url": "https://shop.example/" });
    let mut page = serde_json::to_value(two_mugs_and_a_tea()).unwrap();
    page["consent"] = json!({ "wording": "2026-11" });
    page["cart_id"] = json!("0123456789abcdef");
    page["return_url"] = json!("https://shop.example/");
    let claim = json!({ "claim": "0123456789abcdef" });
    let moved = json!({ "lines": [{ "sku": "mug", "quantity": 1 }] });
    let category = json!({ "category": "delivery", "details_url": "https://shop.example/", "image_id": "parcel" });
    let image = json!({ "id": "parcel", "data": png(200) });

    let mut seen = BTreeSet::from(["Amount.value".to_owned()]);
    for (path, called, body) in [
        ("/v1/checkouts", "/v1/checkouts", page),
        ("/v1/checkouts/{token}/purchase", &format!("{}/purchase", order.path()), claim),
        ("/v1/shop/checkouts", "/v1/shop/checkouts", open.clone()),
        ("/v1/shop/payment-requests", "/v1/shop/payment-requests", open),
        ("/v1/shop/orders/{reference}/capture", &format!("{orders}/capture"), moved),
        ("/v1/shop/orders/{reference}/category", &format!("{orders}/category"), category),
        ("/v1/shop/images", "/v1/shop/images", image),
    ] {
        let operation = &description["paths"][path]["post"];
        let call = |body: &Value, key_of_request: &str| {
            let call = shop.post(called).header("idempotency-key", key_of_request).json(body);
            if path.contains("/shop/") { call.bearer_auth(&key) } else { call.header("origin", SHOP_ORIGIN) }
        };
        let fresh = || uuid::Uuid::new_v4().to_string();
        let (mut found, schema) = (Vec::new(), &operation["requestBody"]["content"]["application/json"]["schema"]);
        places(&description, schema, &body, "", &mut seen, &mut found);
        for (pointer, (inside, outside)) in found {
            let changed = |value| call(&with(body.clone(), &pointer, value), &fresh());
            is_an_edge(&format!("{path} {pointer}"), changed(inside), changed(outside)).await;
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            for (inside, outside) in edges(&parameter["schema"], &Value::Null) {
                let keyed = |key_of_request: &Value| call(&body, key_of_request.as_str().unwrap());
                is_an_edge(&format!("{path} {parameter}"), keyed(&inside), keyed(&outside)).await;
            }
        }
    }
    for (path, called) in [
        ("/v1/shop/orders", "/v1/shop/orders"),
        ("/v1/shop/events", "/v1/shop/events"),
        ("/v1/shop/endpoints/{id}/deliveries", &format!("/v1/shop/endpoints/{endpoint}/deliveries")),
    ] {
        for parameter in description["paths"][path]["get"]["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            for (inside, outside) in edges(&parameter["schema"], &Value::Null) {
                let call = |value: Value| {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let call = shop.http.request(Method::GET, format!("{}{called}", shop.url));
                    call.bearer_auth(&key).query(&[(name, text)])
                };
                is_an_edge(&format!("{path} {name}"), call(inside), call(outside)).await;
            }
        }
    }

    let mut all = BTreeSet::new();
    for methods in description["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            limited(&description, &operation["requestBody"]["content"]["application/json"]["schema"], &mut all);
        }
    }
    assert!(all.is_subset(&seen), "limits that were not tried: {:?}", all.difference(&seen));
    shop.close().await;
}
