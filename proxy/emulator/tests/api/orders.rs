//! Order Management and QR codes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, create_request};

fn receipt() -> Value {
    json!({
        "orderLines": [
            { "name": "Stoneware mug", "id": "mug", "totalAmount": 49800, "totalAmountExcludingTax": 39840,
              "totalTaxAmount": 9960, "taxRate": 2500,
              "unitInfo": { "unitPrice": 24900, "quantity": "2", "quantityUnit": "PCS" } },
            { "name": "Loose-leaf tea", "id": "tea", "totalAmount": 8900, "totalAmountExcludingTax": 7739,
              "totalTaxAmount": 1161, "taxRate": 1500 },
        ],
        "bottomLine": { "currency": "NOK", "receiptNumber": "527" },
    })
}

#[tokio::test]
async fn a_receipt_is_added_once() {
    let harness = Harness::new().await;
    let path = "/order-management/v2/ecom/receipts/order-1001";
    let add = || harness.call(Method::POST, path).json(&receipt());
    let (status, id) = harness.send(add()).await;
    assert!(status == 201 && id.is_string(), "{status} {id}");
    let (status, problem) = harness.send(add()).await;
    assert_eq!((status, &problem["invalidParams"]), (409, &json!([])));
    assert_eq!(harness.get("/order-management/v2/ecom/order-1001").await.1["receipt"], receipt());
}

#[tokio::test]
async fn a_receipt_in_the_create_request_is_the_orders_receipt() {
    let harness = Harness::new().await;
    let mut body = create_request("order-1101", 58_700);
    body["receipt"] = receipt();
    assert_eq!(harness.post("/epayment/v1/payments", "key", &body).await.0, 201);
    let again = harness.call(Method::POST, "/order-management/v2/ecom/receipts/order-1101").json(&receipt());
    assert_eq!(harness.send(again).await.0, 409);
    assert!(harness.payment("order-1101").await.get("receipt").is_none(), "a GET has no receipt");
}

#[tokio::test]
async fn a_line_without_its_tax_rate_is_refused() {
    let harness = Harness::new().await;
    let mut wrong = receipt();
    wrong["orderLines"][1].as_object_mut().unwrap().remove("taxRate");
    let add = harness.call(Method::POST, "/order-management/v2/ecom/receipts/order-1201").json(&wrong);
    let (status, problem) = harness.send(add).await;
    assert_eq!((status, &problem["invalidParams"][0]["name"]), (400, &json!("orderLines[1].taxRate")));
}

#[tokio::test]
async fn a_category_is_overwritten_and_an_image_is_not() {
    let harness = Harness::new().await;
    let path = "/order-management/v2/ecom/categories/order-1301";
    let put = |body: Value| harness.call(Method::PUT, path).json(&body);
    let url = "https://shop.example/orders/1";
    assert_eq!(harness.send(put(json!({ "category": "GENERAL", "orderDetailsUrl": url }))).await.0, 200);
    assert_eq!(
        harness.send(put(json!({ "category": "RECEIPT", "orderDetailsUrl": url, "imageId": "none" }))).await.0,
        400
    );
    let image = json!({ "imageId": "mug", "src": "iVBORw0KGgo=", "type": "base64" });
    let add = || harness.call(Method::POST, "/order-management/v1/images").json(&image);
    assert_eq!(harness.send(add()).await, (200, json!({ "imageId": "mug" })));
    assert_eq!(harness.send(add()).await.0, 409);
    let wish = json!({ "category": "RECEIPT", "orderDetailsUrl": url, "imageId": "mug" });
    assert_eq!(harness.send(put(wish.clone())).await.0, 200);
    assert_eq!(harness.get("/order-management/v2/ecom/order-1301").await.1["category"], wish);
}

#[tokio::test]
async fn a_redirect_qr_points_to_the_merchants_target() {
    let harness = Harness::new().await;
    let wish = json!({ "id": "poster_1", "redirectUrl": "https://shop.example/pay/1" });
    let add = || harness.call(Method::POST, "/qr/v1/merchant-redirect").header("Accept", "image/svg+xml").json(&wish);
    let (status, code) = harness.send(add()).await;
    assert_eq!((status, &code["expiresIn"]), (200, &json!(-1)));
    assert_eq!(harness.send(add()).await.0, 409);
    let picture = harness.http.get(code["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    assert!(picture.text().await.unwrap().starts_with("<svg"));
}
