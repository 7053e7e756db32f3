//! Requests generated from `openapi.json`, valid and invalid: every answer is described there, and none is a 500.
//!
//! Each request is generated from a tape of bytes, so that proptest can shrink one that fails.

mod generate;
mod limits;
mod rules;

use std::collections::BTreeSet;

use kvitt::http::problem::Code;
use kvitt_wire::{NewCheckout, Problem, ShopOrder, State};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reqwest::Response;
use serde_json::Value;

use crate::carts;
use crate::orders::a_danish_mug;
use crate::shop::{LOCAL_RELAY, Receiver, Shop, two_mugs_and_a_tea};
use generate::{Known, Operation, Tape};

const REQUESTS: u32 = 1_500;
const MORE_REQUESTS: u32 = 500;

/// Checks an answer against the description. Returns its status.
async fn is_described(operation: &Operation, response: Response, request: &str) -> u16 {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let described = &operation.description["responses"][status.to_string()];
    assert!(described.is_object(), "{status} is not described: {request}");
    match described["content"].as_object() {
        Some(content) => {
            let known = content.keys().any(|known| kind.split(';').next() == Some(known.as_str()));
            assert!(known, "{status} with a body of type {kind:?}: {request}");
        }
        None => assert!(kind.is_empty(), "{status} has a body that is not described: {request}"),
    }
    match kind.as_str() {
        // A stream does not end.
        "text/event-stream" => {}
        "application/problem+json" => {
            let problem: Problem = response.json().await.unwrap();
            assert!(problem.status == status && problem.trace_id.len() == 32, "{request}");
            let named = format!("`{}`", problem.code);
            assert!(described["description"].as_str().unwrap().contains(&named), "{named} is not described: {request}");
            assert_eq!(problem.kind, format!("/docs/problems#{}", problem.code));
        }
        "application/json" => drop(response.json::<Value>().await.unwrap()),
        _ => drop(response.text().await.unwrap()),
    }
    status
}

/// Logs in at the order desk. Returns the session's cookie.
async fn session(shop: &Shop, key: &str) -> String {
    let login = shop.post("/desk/session").header("kvitt-desk", "person").header("origin", &shop.url);
    let login = login.json(&serde_json::json!({ "key": key })).send().await.unwrap();
    login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn operations_have_names_of_their_own() {
    let description: Value = serde_json::from_str(include_str!("../../proxy/openapi.json")).unwrap();
    let paths = description["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    let names: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

/// The words in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split('`').enumerate().filter_map(|(place, words)| (place % 2 == 1).then_some(words))
}

#[test]
fn every_code_is_described_by_its_routes_and_has_one_status() {
    let description: Value = serde_json::from_str(include_str!("../../proxy/openapi.json")).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().values().map(move |operation| (path, operation["responses"].as_object().unwrap()))
    });
    // Any operation may answer these, and none should.
    let mut described = BTreeSet::from(["bad_host", "head_too_large", "internal", "method_not_allowed"]);
    for (path, responses) in operations {
        for (status, response) in responses {
            if status.as_str() < "400" {
                continue;
            }
            let named = quoted(response["description"].as_str().unwrap());
            let codes: Vec<_> =
                Code::ALL.iter().filter(|code| named.clone().any(|word| word == code.as_str())).collect();
            assert!(!codes.is_empty(), "{path} {status} names no code");
            for code in codes {
                assert_eq!(code.status().as_str(), status, "{path}: {code:?}");
                described.insert(code.as_str());
            }
        }
    }
    let listed: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed, described, "left: the table, right: the operations");
    let published = &description["components"]["schemas"]["ProblemCode"]["enum"];
    assert_eq!(published, &Code::ALL.iter().map(|code| code.as_str()).collect::<Value>());
}

/// A customer who shares a number with this order. Returns the customer's id.
async fn customer(shop: &Shop, key: &str, checkout: &NewCheckout) -> String {
    let mut order = shop.order(checkout).await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    let shown = shop.get(&format!("/v1/shop/orders/{}", order.reference())).bearer_auth(key).send().await.unwrap();
    shown.json::<ShopOrder>().await.unwrap().customer_id.unwrap()
}

#[test]
fn every_answer_matches_the_description() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (shop, known) = runtime.block_on(async {
        let shop = carts::signed::open_shop_with_options(LOCAL_RELAY).await;
        let token = shop.ordered().await.seen.token;
        let key = shop.key("described").await;
        let authorization = format!("Bearer {key}");
        let cookies = [session(&shop, &key).await, session(&shop, &key).await];
        let (mut references, mut paid) = (Vec::new(), String::new());
        for end in ["/capture", "/cancel", "/refund", ""] {
            let mut order = shop.ordered().await;
            shop.vipps.approves(order.reference()).await;
            order.becomes(State::Authorized).await;
            references.push((end, order.reference().to_owned()));
            paid = order.seen.token;
        }
        let request = shop.post("/v1/shop/payment-requests").header("authorization", &authorization);
        let request = request.header("idempotency-key", "request");
        let request =
            request.json(&serde_json::json!({ "cart": crate::carts::mugs_and_freight() })).send().await.unwrap();
        let opened: kvitt_wire::ShopOrder = request.json().await.unwrap();
        references.insert(0, ("/withdraw", opened.reference));
        let captured = format!("/v1/shop/orders/{}/capture", references[3].1);
        let captured = shop.post(&captured).header("authorization", &authorization).header("idempotency-key", "first");
        assert_eq!(captured.json(&serde_json::json!({})).send().await.unwrap().status(), 200);
        let signed_cart = carts::signed::signed(&shop, &carts::mugs_and_freight());
        let customers =
            [customer(&shop, &key, &two_mugs_and_a_tea()).await, customer(&shop, &key, &a_danish_mug()).await];
        let receiver = Receiver::answering([]).await;
        let endpoints = [
            shop.adds_endpoint(&receiver).await.id,
            shop.adds_endpoint(&receiver).await.id,
            shop.adds_endpoint(&receiver).await.id,
        ];
        let tested = shop.runs(&["endpoints", "test", &endpoints[0]]).await.succeeded();
        let event = tested.out.trim().to_owned();
        (shop, Known { endpoints, event, token, paid, references, customers, authorization, key, cookies, signed_cart })
    });
    let description: Value = serde_json::from_str(include_str!("../../proxy/openapi.json")).unwrap();
    let operations = Operation::all(&description);
    assert!(operations.len() >= 12, "the description is not read as it should be");
    let mut runner =
        TestRunner::new(ProptestConfig { cases: REQUESTS, failure_persistence: None, ..ProptestConfig::default() });
    let seen = std::cell::RefCell::new(BTreeSet::new());
    let call = |operation: &Operation, tape: &mut Tape<'_>| {
        let (call, request) = generate::request(&shop, operation, &description, &known, tape);
        let status = runtime.block_on(async {
            let response = call.send().await.unwrap_or_else(|error| panic!("{error:?}: {request}"));
            is_described(operation, response, &request).await
        });
        seen.borrow_mut().insert((operation.name.clone(), status));
        status
    };
    let run = runner.run(&prop::collection::vec(any::<u8>(), 4..160), |tape| {
        let mut tape = Tape(tape.iter());
        call(&operations[tape.below(operations.len())], &mut tape);
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
    for operation in &operations {
        // An operation that never succeeded by chance is called until it does.
        let mut worked = seen.borrow().iter().any(|(name, status)| *name == operation.name && *status < 400);
        for _ in 0..MORE_REQUESTS {
            if worked || operation.name.contains("/callbacks/") {
                break;
            }
            let dice = [(); 10].map(|()| *uuid::Uuid::new_v4().as_bytes()).concat();
            worked = call(operation, &mut Tape(dice.iter())) < 400;
        }
        let seen = seen.borrow();
        // These requests cannot sign a webhook.
        assert!(worked || operation.name.contains("/callbacks/"), "{} never worked: {seen:?}", operation.name);
    }
    runtime.block_on(shop.close());
}
