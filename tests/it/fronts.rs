//! The shop as its customers know it: a name, a front page and terms, which a sales unit may have of its own.

use kvitt_wire::{Cart, DeskSession, ShopOrder};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::shop::{DANISH_FRONT, Shop, log};

#[tokio::test(flavor = "multi_thread")]
async fn a_sales_unit_has_a_shop_name_terms_and_a_front_page_of_its_own() {
    let shop = Shop::open_with(DANISH_FRONT).await;
    let (all, danish) = (shop.key("office").await, shop.key_of("Denmark", Some("dk")).await);
    let cart: Cart = shop.get("/v1/cart?items=mug:1&sales_unit=dk").send().await.unwrap().json().await.unwrap();
    assert_eq!((cart.shop.as_str(), cart.terms_url.as_str()), ("Nordlys Danmark", "https://shop.example/dk/vilkaar"));
    let cart = shop.cart().await;
    assert_eq!((cart.shop.as_str(), cart.terms_url.as_str()), ("Nordlys Keramikk", "https://shop.example/terms"));

    // Priced by the shop, on the pay page, and in the description that the app shows.
    let line = json!({ "sku": "x", "name": "Te", "quantity": 1, "unit_price": 1_000, "vat_rate": 2_500 });
    let mut pages = Vec::new();
    for (unit, currency) in [("dk", "DKK"), ("no", "NOK")] {
        let cart = json!({ "sales_unit": unit, "total": { "value": 1_000, "currency": currency }, "lines": [line] });
        let opening =
            shop.post("/v1/shop/checkouts").bearer_auth(&all).header("idempotency-key", format!("order-{unit}-abcdef"));
        let opened: Value = opening.json(&json!({ "cart": cart })).send().await.unwrap().json().await.unwrap();
        let url = opened["url"].as_str().unwrap();
        log::hide(url.rsplit('/').next().unwrap());
        let page = shop.http.get(url).send().await.unwrap().text().await.unwrap();
        let reference = opened["reference"].as_str().unwrap();
        let shown = shop.get(&format!("/v1/shop/orders/{reference}")).bearer_auth(&all).send().await.unwrap();
        pages.push((page, shown.json::<ShopOrder>().await.unwrap().description));
        let withdraw = format!("/v1/shop/payment-requests/{reference}/withdraw");
        assert_eq!(shop.post(&withdraw).bearer_auth(&all).send().await.unwrap().status(), StatusCode::OK);
        let ended = shop.http.get(url).send().await.unwrap().text().await.unwrap();
        let home = if unit == "dk" { "https://shop.example/dk" } else { "https://shop.example" };
        assert!(ended.contains(&format!("href=\"{home}\"")), "{ended}");
    }
    let [(danish_page, danish_text), (page, text)] = pages.try_into().unwrap();
    assert!(danish_page.contains("Nordlys Danmark") && danish_page.contains("https://shop.example/dk/vilkaar"));
    assert!(page.contains("Nordlys Keramikk") && !page.contains("Danmark"));
    assert_eq!((danish_text.as_str(), text.as_str()), ("Nordlys Danmark Te", "Nordlys Keramikk Te"));

    // The desk of the unit has its name.
    for (key, name) in [(&danish, "Nordlys Danmark"), (&all, "Nordlys Keramikk")] {
        let desk = Desk::opened(&shop, &json!({ "key": key })).await;
        let seen: DeskSession = desk.gets("/desk/session").send().await.unwrap().json().await.unwrap();
        assert_eq!(seen.shop, name);
    }
    shop.close().await;
}
