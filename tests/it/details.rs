//! The shop's link and picture beside the payment in the app, through Order Management.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvitt_wire::{CategoryName, ShopImage, ShopOrder, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::{Order, Shop, eventually, problem};

/// The header of a PNG of that height.
pub(crate) fn png(height: u32) -> String {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0\0\0\0\0");
    STANDARD.encode(bytes)
}

struct Warehouse<'a> {
    shop: &'a Shop,
    key: String,
}

impl<'a> Warehouse<'a> {
    async fn of(shop: &'a Shop) -> Self {
        Self { shop, key: shop.key("warehouse").await }
    }

    async fn posts(&self, path: &str, body: &Value) -> Response {
        self.shop.post(&format!("/v1/shop/{path}")).bearer_auth(&self.key).json(body).send().await.unwrap()
    }

    async fn categorizes(&self, reference: &str, body: &Value) -> Response {
        self.posts(&format!("orders/{reference}/category"), body).await
    }

    async fn order(&self, reference: &str) -> ShopOrder {
        let shown = self.shop.get(&format!("/v1/shop/orders/{reference}")).bearer_auth(&self.key);
        shown.send().await.unwrap().json().await.unwrap()
    }
}

async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    order
}

/// The category in Order Management's records.
async fn recorded(shop: &Shop, reference: &str) -> kvitt_vipps::Category {
    shop.vipps.client.order_details(reference).await.unwrap().category.unwrap()
}

#[tokio::test]
async fn a_paid_order_gets_a_tracking_link_in_the_app() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let reference = order.reference();
    let confirmed = warehouse.categorizes(reference, &json!({ "category": "order_confirmation" })).await;
    assert_eq!(confirmed.status(), StatusCode::OK);
    let confirmed: ShopOrder = confirmed.json().await.unwrap();
    let category = confirmed.category.unwrap();
    assert_eq!((category.category, category.state.as_str()), (CategoryName::OrderConfirmation, "done"));
    assert_eq!(category.details_url, None, "the address of the order's own page contains its token");
    let record = recorded(&shop, reference).await;
    assert!(record.order_details_url.ends_with(&order.seen.token));

    // With the line breaks of many encoders.
    let broken: Vec<_> =
        png(167).as_bytes().chunks(10).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let image = json!({ "id": "parcel.png", "data": broken.join("\r\n") + "\n" });
    for already_there in [false, true] {
        let uploaded: ShopImage = warehouse.posts("images", &image).await.json().await.unwrap();
        assert_eq!((uploaded.id.as_str(), uploaded.already_there), ("parcel.png", already_there));
    }
    let url = "https://post.example/parcel/1";
    let parcel = json!({ "category": "delivery", "details_url": url, "image_id": "parcel.png" });
    for _ in 0..2 {
        assert_eq!(warehouse.categorizes(reference, &parcel).await.status(), StatusCode::OK);
    }
    assert_eq!(shop.vipps.calls("PUT", "/categories/").await.len(), 2, "an unchanged category is not sent again");
    let record = recorded(&shop, reference).await;
    assert_eq!((record.order_details_url.as_str(), record.image_id.as_deref()), (url, Some("parcel.png")));
    let shown = warehouse.order(reference).await;
    assert_eq!(shown.category.unwrap().details_url.as_deref(), Some(url));
    assert_eq!((shown.state, shown.aggregate.authorized), (State::Authorized, 58_700), "the payment is unchanged");
    shop.close().await;
}

#[tokio::test]
async fn a_link_that_order_management_refuses_is_retried_or_reported() {
    let shop = Shop::open_with("limits.wait_ms = 100").await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    shop.vipps.fails("PUT", "/categories/", 2, json!({ "status": 503 })).await;
    let ticket = json!({ "category": "ticket", "details_url": "https://shop.example/ticket" });
    let pending = warehouse.categorizes(order.reference(), &ticket).await;
    assert_eq!(pending.status(), StatusCode::ACCEPTED);
    let done = || async {
        let category = warehouse.order(order.reference()).await.category.unwrap();
        (category.state == "done").then_some(())
    };
    eventually("it is done", done).await;
    let unknown = json!({ "category": "booking", "details_url": "https://shop.example/b", "image_id": "nowhere" });
    warehouse.categorizes(order.reference(), &unknown).await;
    let refused = || async {
        let category = warehouse.order(order.reference()).await.category.unwrap();
        (category.state == "refused").then_some(category)
    };
    let refused = eventually("it is refused", refused).await;
    assert!(refused.trouble.is_some() && refused.advice.is_some_and(|advice| !advice.is_empty()));
    shop.close().await;
}

#[tokio::test]
async fn an_invalid_link_or_picture_is_not_sent() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let unpaid = shop.ordered().await;
    let plain = json!({ "category": "receipt", "details_url": "https://shop.example/r" });
    problem(warehouse.categorizes(unpaid.reference(), &plain).await, 409, "not_paid").await;
    problem(warehouse.categorizes("nordlys-none-1", &plain).await, 404, "not_found").await;
    let order = paid(&shop).await;
    let of = |field: &str, value: &str| json!({ "category": "delivery", field: value });
    for url in
        ["http://shop.example/", "javascript:alert(1)", "post.example", &format!("https://x/{}", "x".repeat(2_000))]
    {
        let answer = warehouse.categorizes(order.reference(), &of("details_url", url)).await;
        problem(answer, 422, "bad_details_url").await;
    }
    problem(warehouse.categorizes(order.reference(), &of("image_id", "a b")).await, 422, "bad_image").await;
    problem(warehouse.categorizes(order.reference(), &json!({ "category": "party" })).await, 400, "malformed_json")
        .await;

    let large = STANDARD.encode([STANDARD.decode(png(500)).unwrap(), vec![0; 2_000_001]].concat());
    for (id, data, wrong) in [
        ("a b", png(200), "id must be"),
        ("", png(200), "id must be"),
        ("x", "no base64!".to_owned(), "base64"),
        ("x", STANDARD.encode("GIF89a and so on"), "PNG or a JPEG"),
        ("x", STANDARD.encode("\u{89}PNG"), "PNG or a JPEG"),
        ("x", png(166), "167 pixels"),
        ("x", large, "2 MB"),
    ] {
        let refused =
            problem(warehouse.posts("images", &json!({ "id": id, "data": data })).await, 422, "bad_image").await;
        assert!(refused.detail.as_ref().unwrap().contains(wrong), "{refused:?}");
    }
    let enormous = json!({ "id": "x", "data": "A".repeat(3_000_000) });
    problem(warehouse.posts("images", &enormous).await, 413, "body_too_large").await;
    let nowhere = json!({ "id": "x", "data": png(200), "sales_unit": "se" });
    problem(warehouse.posts("images", &nowhere).await, 422, "unknown_sales_unit").await;
    assert!(
        shop.vipps.calls("POST", "/images").await.is_empty()
            && shop.vipps.calls("PUT", "/categories/").await.is_empty()
    );

    let made = shop.runs(&["keys", "add", "Danish", "--sales-unit", "dk"]).await.succeeded();
    let danish = Warehouse { shop: &shop, key: made.out.trim().to_owned() };
    problem(danish.categorizes(order.reference(), &plain).await, 404, "not_found").await;
    let there = json!({ "id": "x", "data": png(200), "sales_unit": "no" });
    problem(danish.posts("images", &there).await, 422, "unknown_sales_unit").await;
    shop.close().await;
}
