//! A payment without a fault, from the order to the capture, with its consent and what the customer shares.

use kvitt_vipps::Amount;
use kvitt_wire::State;
use reqwest::StatusCode;
use serde_json::Value;

use crate::shop::{PHONE_NUMBER, SHOP_ORIGIN, Shop, two_mugs_and_a_tea};

fn nok(value: i64) -> Amount {
    Amount { value, currency: "NOK".into() }
}

#[tokio::test]
async fn a_customer_pays_shares_the_number_and_sees_the_order_confirmed() {
    let shop = Shop::open().await;
    assert_eq!(shop.cart().await.total.value, 58_700);
    let mut order = shop.ordered().await;
    assert_eq!(order.seen.state, State::Created);
    assert!(order.seen.redirect_url.as_ref().unwrap().starts_with(&shop.vipps.url));
    assert_eq!(order.seen.sharing.phone_number_ending, None);

    shop.vipps.approves(order.reference()).await;
    let paid = order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    assert_eq!(paid.state, State::Authorized);
    assert_eq!((paid.aggregate.authorized, paid.aggregate.captured), (58_700, 0));
    assert_eq!(paid.sharing.phone_number_ending.as_deref(), Some(&PHONE_NUMBER[PHONE_NUMBER.len() - 2..]));
    assert_eq!(paid.redirect_url, None);
    assert!(!serde_json::to_string(paid).unwrap().contains(PHONE_NUMBER), "the page does not get the number");

    let record = shop.vipps.record(order.reference()).await;
    let request = &record["request"];
    assert_eq!(request["profile"]["scope"], "phoneNumber");
    assert_eq!(request["userFlow"], "WEB_REDIRECT");
    assert_eq!(request["returnUrl"], format!("{}/return/{}", shop.url, order.seen.token));
    let lines = request["receipt"]["orderLines"].as_array().unwrap();
    assert_eq!(lines.iter().map(|line| line["totalAmount"].as_i64().unwrap()).sum::<i64>(), 58_700);
    for line in lines {
        let part = |name: &str| line[name].as_i64().unwrap();
        assert_eq!(part("totalAmount"), part("totalAmountExcludingTax") + part("totalTaxAmount"));
    }
    let creates = shop.vipps.calls("POST", "/epayment/v1/payments").await;
    assert_eq!(creates.len(), 1);
    let header = |name: &str| creates[0]["headers"][name].clone();
    assert_eq!(header("vipps-system-name"), "Kvitt");
    assert_eq!(header("merchant-serial-number"), "123456");
    assert!(header("idempotency-key").as_str().unwrap().len() <= 50);
    shop.close().await;
}

#[tokio::test]
async fn without_consent_nothing_is_requested_or_shared() {
    let shop = Shop::open().await;
    let mut order = shop.order(&kvitt_wire::NewCheckout { consent: None, ..two_mugs_and_a_tea() }).await;
    shop.vipps.approves(order.reference()).await;
    let paid = order.becomes(State::Authorized).await;
    assert!(!paid.sharing.consented && paid.sharing.phone_number_ending.is_none());
    let record = shop.vipps.record(order.reference()).await;
    assert_eq!(record["request"]["profile"], Value::Null);
    shop.close().await;
}

#[tokio::test]
async fn the_shop_captures_a_part_cancels_the_rest_and_refunds_and_the_page_sees_it() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let reference = order.reference().to_owned();
    let vipps = &shop.vipps.client;

    let captured = vipps.capture(&reference, "capture-1", nok(49_800)).await.unwrap();
    assert_eq!(captured.aggregate.captured_amount.value, 49_800);
    order.follows(|checkout| checkout.aggregate.captured == 49_800, "captured").await;

    let scope = kvitt_vipps::CancelScope::Remainder;
    vipps.cancel(&reference, "cancel-rest", scope).await.unwrap();
    order.follows(|checkout| checkout.aggregate.cancelled == 8_900, "rest cancelled").await;

    vipps.refund(&reference, "refund-1", nok(24_900)).await.unwrap();
    let seen = order.follows(|checkout| checkout.aggregate.refunded == 24_900, "refunded").await;
    assert_eq!(seen.state, State::Authorized, "an operation does not change the state");
    let more = vipps.refund(&reference, "refund-2", nok(25_000)).await.unwrap_err();
    assert_eq!(more.code(), Some(6150));
    shop.close().await;
}

#[tokio::test]
async fn the_customer_returns_in_another_browser() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    // A new client, without cookie, storage or header.
    let response = crate::shop::http().get(format!("{}/return/{}", shop.url, order.seen.token)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], format!("{SHOP_ORIGIN}/thanks?from=vipps&kvitt={}", order.seen.token));
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(response.headers().get("set-cookie").is_none());
    shop.close().await;
}

#[tokio::test]
async fn a_shop_that_does_not_want_the_number_never_asks_for_it() {
    let shop = Shop::open_with("shop.asks_phone_number = false").await;
    assert!(!shop.cart().await.asks_phone_number);
    let order = shop.ordered().await;
    assert!(!order.seen.sharing.consented, "a consent that was not requested does not count");
    assert_eq!(shop.vipps.record(order.reference()).await["request"]["profile"], Value::Null);
    shop.close().await;
}

#[tokio::test]
async fn a_consent_is_stored_with_its_wording_and_time() {
    let shop = Shop::open().await;
    let before = kvitt::base::clock::now();
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    let stored = shop.stored(&order).await;
    let consent = stored.current().consent.clone().unwrap();
    assert_eq!((consent.scope.as_str(), consent.wording.as_str()), ("phoneNumber", kvitt_wire::CONSENT_WORDING));
    let text = consent.text.as_deref().unwrap();
    assert!(text.starts_with("Del telefonnummeret mitt med Nordlys Keramikk\nValgfritt."), "{text}");
    assert!(text.contains("rett til Vipps på telefonen"), "{text}");
    assert!(before <= consent.given_at && consent.given_at <= kvitt::base::clock::now());
    assert!(stored.order.terms_accepted_at.is_some_and(|at| before <= at));
    let customer = stored.customer.unwrap();
    assert_eq!(customer.phone_number.unwrap().digits(), PHONE_NUMBER);
    assert!(customer.sub.is_some());
    shop.close().await;
}

#[tokio::test]
async fn a_number_missing_in_the_payment_is_read_from_userinfo() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    // Payments of this customer have the `sub` only.
    shop.vipps.approves_as(order.reference(), "4791231111").await;
    let seen = order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    assert_eq!(seen.sharing.phone_number_ending.as_deref(), Some("11"));
    assert_eq!(shop.vipps.calls("GET", "/vipps-userinfo-api/userinfo/").await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_danish_sales_unit_has_its_own_keys_currency_and_brand() {
    let shop = Shop::open_with("vipps.renamed_at = \"2100-01-01T00:00:00Z\"").await;
    let cart: kvitt_wire::Cart =
        shop.get("/v1/cart?items=mug:1&sales_unit=dk").send().await.unwrap().json().await.unwrap();
    assert_eq!((cart.brand, cart.total.currency), (kvitt_wire::Brand::MobilePay, kvitt_wire::Currency::Dkk));
    let request = kvitt_wire::NewCheckout {
        items: vec![kvitt_wire::Item { sku: "mug".into(), quantity: 1 }],
        signed_cart: None,
        amount: cart.total,
        sales_unit: Some("dk".into()),
        ..two_mugs_and_a_tea()
    };
    let mut order = shop.order(&request).await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let creates = shop.vipps.calls("POST", "/epayment/v1/payments").await;
    assert_eq!(creates[0]["headers"]["merchant-serial-number"], "234567");
    assert_eq!(shop.vipps.record(order.reference()).await["amount"]["currency"], "DKK");
    shop.close().await;
}

#[tokio::test]
async fn debug_output_has_neither_token_nor_number() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    let printed = format!("{:?} {:?}", shop.stored(&order).await, order.seen);
    assert!(!printed.contains(&order.seen.token) && !printed.contains(PHONE_NUMBER), "{printed}");
    shop.close().await;
}
