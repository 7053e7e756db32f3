//! What merchants send: all that the vendor's files describe, and what the official plugin for WooCommerce sends beyond them.

use std::path::Path;

use kvitt_emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, NORWAY, create_request};

/// The vendor's files, with the path at which the real host serves each API.
const FILES: [(&str, &str); 5] = [
    ("access-token", ""),
    ("epayment", "/epayment"),
    ("order-management", "/order-management"),
    ("qr", "/qr"),
    ("webhooks", "/webhooks"),
];

/// Parts of the paths that the emulator does not serve, as its README says.
const NOT_SERVED: [&str; 9] = [
    "/miami/",
    "/merchant-dynamic-shipping-callback",
    "/order-management/v1/orders/",
    "/order-management/v1/receipts/",
    "/order-management/v3/",
    "/qr/v1/exchange",
    "/qr/v1/merchant-callback",
    "POST /qr/v1\n",
    "/express/",
];

/// Without the vendor's files beside the checkout the test compares nothing.
#[tokio::test]
async fn every_operation_of_the_vendors_files_is_served() {
    let harness = Harness::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vipps/openapi");
    for (file, base) in FILES {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{file}.openapi.yaml"))) else { return };
        let description: Value = serde_norway::from_str(&text).unwrap();
        for (path, methods) in description["paths"].as_object().unwrap() {
            let operations = methods.as_object().unwrap().keys().filter_map(|name| name.to_uppercase().parse().ok());
            for method in operations.filter(|method: &Method| !["PARAMETERS", "SUMMARY"].contains(&method.as_str())) {
                let path = path.split('/').map(|part| if part.starts_with('{') { "ecom" } else { part });
                let path = format!("{base}{}", path.collect::<Vec<_>>().join("/"));
                let name = format!("{method} {path}\n");
                let (status, body) = harness.send(harness.call(method, &path)).await;
                let served = status != 405 && body["message"] != "There is nothing at this path";
                let expected = !NOT_SERVED.iter().any(|part| name.contains(part));
                assert_eq!(served, expected, "{name} {status} {body}");
            }
        }
    }
}

#[tokio::test]
async fn industry_data_is_checked_by_its_schema() {
    let harness = Harness::new().await;
    let airline = json!({ "agencyInvoiceNumber": "1", "airlineCode": "074", "airlineDesignatorCode": "KL", "passengerName": "FLYER / MARY MS." });
    let mut body = create_request("flight-1001", 1000);
    body["industryData"] = json!({ "airlineData": airline });
    assert_eq!(harness.post("/epayment/v1/payments", "right", &body).await.0, 201);
    body["reference"] = json!("flight-1002");
    body["industryData"]["airlineData"]["airlineCode"] = json!("74");
    assert_eq!(harness.post("/epayment/v1/payments", "wrong", &body).await.0, 400);
}

/// A call, and the status of its answer where the emulator is strict and where it is not.
async fn plugin_calls(harness: &Harness) -> Vec<u16> {
    let mut answered = Vec::new();
    let token = harness.token_request().build().unwrap();
    let mut token = reqwest::Request::new(token.method().clone(), harness.emulator.url().parse().unwrap());
    token.url_mut().set_path("/accessToken/get");
    *token.headers_mut() = harness.token_request().build().unwrap().headers().clone();
    answered.push(harness.http.execute(token).await.unwrap().status().as_u16());

    answered.push(harness.post("/epayment/v1/payments/", "slash", &create_request("woo-1001", 1000)).await.0);
    let mut body = create_request("woo-1002", 1000);
    body["metadata"] = json!({ "orderid": 1002, "source": "shop" });
    answered.push(harness.post("/epayment/v1/payments", "metadata", &body).await.0);
    let mut body = create_request("woo-1003", 1000);
    body["customer"] = json!({ "customerInteraction": "CUSTOMER_NOT_PRESENT" });
    answered.push(harness.post("/epayment/v1/payments", "interaction", &body).await.0);
    answered
}

#[tokio::test]
async fn what_the_woocommerce_plugin_sends_is_taken_unless_strict() {
    let harness = Harness::new().await;
    assert_eq!(plugin_calls(&harness).await, [200, 201, 201, 201]);
    assert_eq!(harness.payment("woo-1002").await["metadata"], json!({ "orderid": "1002", "source": "shop" }));
    assert_eq!(harness.get("/epayment/v1/payments/woo-1003/?a=b").await.0, 200);
    // The same request again is the same.
    let mut body = create_request("woo-1002", 1000);
    body["metadata"] = json!({ "orderid": 1002, "source": "shop" });
    assert_eq!(harness.post("/epayment/v1/payments", "metadata", &body).await.0, 201);

    let strict = Harness::with(NORWAY, Options { strict: true, ..Options::default() }).await;
    assert_eq!(plugin_calls(&strict).await, [404, 404, 400, 400]);
}

#[tokio::test]
async fn order_management_takes_longer_names_of_systems() {
    let harness = Harness::new().await;
    for (length, path, expected) in [
        (30, "/epayment/v1/payments/none-1001", 404),
        (31, "/epayment/v1/payments/none-1001", 400),
        (100, "/order-management/v2/ecom/none-1001", 404),
        (101, "/order-management/v2/ecom/none-1001", 400),
    ] {
        let call = harness.call(Method::GET, path).header("Vipps-System-Name", "x".repeat(length));
        assert_eq!(harness.send(call).await.0, expected, "{length} at {path}");
    }
}

#[tokio::test]
async fn a_number_can_be_in_userinfo_only() {
    let harness = Harness::new().await;
    harness.create("user-1001", 1000).await;
    let approval = json!({ "phone_number": "4791231111" });
    assert_eq!(harness.control(Method::POST, "payments/user-1001/approve", approval).await.0, 200);
    let payment = harness.payment("user-1001").await;
    assert!(payment.get("userDetails").is_none(), "{payment}");
    let sub = payment["profile"]["sub"].as_str().unwrap();
    let userinfo = harness.http.get(format!("{}/vipps-userinfo-api/userinfo/{sub}", harness.emulator.url()));
    let (status, info) = harness.send(userinfo.bearer_auth(&harness.token)).await;
    assert_eq!((status, &info["phone_number"]), (200, &json!("4791231111")));
}
