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

#[tokio::test]
async fn a_redirect_qr_is_listed_changed_and_deleted() {
    let harness = Harness::new().await;
    for (id, target) in [("poster_2", "https://shop.example/pay/2"), ("poster_1", "https://shop.example/pay/1")] {
        let add = harness.call(Method::POST, "/qr/v1/merchant-redirect");
        assert_eq!(harness.send(add.json(&json!({ "id": id, "redirectUrl": target, "ttl": 300 }))).await.0, 200);
    }
    let (status, codes) = harness.get("/qr/v1/merchant-redirect").await;
    assert_eq!((status, &codes[0]["id"], &codes[1]["id"]), (200, &json!("poster_1"), &json!("poster_2")));

    let change =
        |id: &str, body: Value| harness.call(Method::PUT, &format!("/qr/v1/merchant-redirect/{id}")).json(&body);
    let moved = json!({ "redirectUrl": "https://shop.example/pay/3" });
    let (status, code) = harness.send(change("poster_1", moved.clone())).await;
    assert_eq!((status, &code["redirectUrl"], &code["url"]), (200, &moved["redirectUrl"], &codes[0]["url"]));
    assert_eq!(harness.get("/qr/v1/merchant-redirect/poster_1").await, (200, code));
    for wrong in
        [json!({}), json!({ "redirectUrl": "shop" }), json!({ "redirectUrl": "https://shop.example/", "id": "x" })]
    {
        assert_eq!(harness.send(change("poster_1", wrong)).await.0, 400);
    }
    assert_eq!(harness.send(change("poster_3", moved)).await.0, 404);

    let plain = harness.call(Method::GET, "/qr/v1/merchant-redirect/poster_1").header("Accept", "text/targetUrl");
    let (_, code) = harness.send(plain).await;
    assert!(code["url"].as_str().unwrap().contains("/qr?"), "{code}");

    let delete = || harness.send(harness.call(Method::DELETE, "/qr/v1/merchant-redirect/poster_1"));
    assert_eq!((delete().await.0, delete().await.0), (200, 404));
    assert_eq!(harness.get("/qr/v1/merchant-redirect").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn deprecated_fields_of_a_receipt_are_checked_by_their_own_schema() {
    let harness = Harness::new().await;
    let shipping = json!({ "amount": 1000, "amountExcludingTax": 800, "taxAmount": 200, "taxPercentage": 25 });
    for (order, field, right, wrong) in [
        ("old-1", "giftCardAmount", json!(100), json!(-1)),
        ("old-2", "shippingAmount", json!(100), json!("1")),
        ("old-3", "shippingInfo", shipping, json!({ "amount": 1000 })),
        ("old-4", "terminalId", json!("7"), json!(7)),
        ("old-5", "totalAmount", json!(58_700), json!("58700")),
        ("old-6", "totalDiscount", json!(0), json!(-1)),
        ("old-7", "totalTax", json!(11_121), json!(-1)),
    ] {
        let add = |value: &Value| {
            let mut body = receipt();
            body["bottomLine"][field] = value.clone();
            harness.send(harness.call(Method::POST, &format!("/order-management/v2/ecom/receipts/{order}")).json(&body))
        };
        let (status, problem) = add(&wrong).await;
        assert_eq!(status, 400, "{field} {problem}");
        assert_eq!(add(&right).await.0, 201, "{field}");
    }
}
