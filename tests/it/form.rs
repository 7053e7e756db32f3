//! Paying without JavaScript: a form, a redirect, and the proxy's own pages.

use kvitt_wire::State;
use reqwest::{Response, StatusCode};

use crate::shop::{PHONE_NUMBER, SHOP_ORIGIN, Shop, eventually, problem, two_mugs_and_a_tea};

const FIELDS: [(&str, &str); 8] = [
    ("items", "mug:2,tea:1"),
    ("amount", "58700"),
    ("currency", "NOK"),
    ("terms_accepted", "yes"),
    ("share_phone_number", "yes"),
    ("wording", "2026-11"),
    ("language", "nb-NO"),
    ("return_url", ""),
];

async fn submit(shop: &Shop, change: &[(&str, &str)]) -> Response {
    let mut fields: Vec<_> = FIELDS.to_vec();
    for (name, value) in change {
        fields.retain(|(field, _)| field != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    shop.post("/pay").header("origin", SHOP_ORIGIN).form(&fields).send().await.unwrap()
}

async fn page(response: Response, status: StatusCode) -> String {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_form_leads_to_the_payment_and_the_return_shows_the_order() {
    let shop = Shop::open().await;
    let response = submit(&shop, &[]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(response.headers()["location"].to_str().unwrap().starts_with(&shop.vipps.url));
    let record = shop.vipps.records().await.remove(0);
    let reference = record["reference"].as_str().unwrap();
    let back = record["request"]["returnUrl"].as_str().unwrap().to_owned();

    let waiting = page(shop.http.get(&back).send().await.unwrap(), StatusCode::OK).await;
    assert!(waiting.contains("<html lang=\"nb\">") && waiting.contains("http-equiv=\"refresh\""), "{waiting}");
    shop.vipps.approves(reference).await;
    let paid = eventually("the confirmation", || async {
        let text = page(shop.http.get(&back).send().await.unwrap(), StatusCode::OK).await;
        text.contains("Telefonnummer").then_some(text)
    })
    .await;
    for words in ["Takk for bestillingen", reference, "587,00\u{a0}kr", "slutter på 67"] {
        assert!(paid.contains(words), "{words} is not in {paid}");
    }
    assert!(!paid.contains(PHONE_NUMBER) && !paid.contains("refresh"));
    shop.close().await;
}

#[tokio::test]
async fn what_is_wrong_is_shown_as_a_page() {
    let shop = Shop::open().await;
    for (change, status, code) in [
        (("terms_accepted", ""), StatusCode::UNPROCESSABLE_ENTITY, "terms_not_accepted"),
        (("amount", "58699"), StatusCode::CONFLICT, "price_changed"),
        (("amount", "lots"), StatusCode::BAD_REQUEST, "malformed_body"),
        (("items", "cup:1"), StatusCode::UNPROCESSABLE_ENTITY, "unknown_sku"),
        (("items", "<script>:1"), StatusCode::UNPROCESSABLE_ENTITY, "unknown_sku"),
        (("return_url", "https://evil.example/"), StatusCode::UNPROCESSABLE_ENTITY, "bad_return_url"),
    ] {
        let text = page(submit(&shop, &[change]).await, status).await;
        assert!(text.contains(code) && !text.contains("<script>"), "{change:?}: {text}");
    }
    let lost = shop.get("/return/AaIJOzrZdw67fpqWX6IZiwVMTXKP1SLJc5kg9PUzpXgQ").send().await.unwrap();
    assert!(page(lost, StatusCode::NOT_FOUND).await.contains("not_found"));
    assert_eq!(shop.vipps.records().await.len(), 0);
    shop.close().await;
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let shop = Shop::open().await;
    for origin in ["https://evil.example", "null"] {
        let response = shop.post("/pay").header("origin", origin).form(&FIELDS).send().await.unwrap();
        assert!(page(response, StatusCode::FORBIDDEN).await.contains("origin_not_allowed"));
    }
    assert_eq!(shop.vipps.records().await.len(), 0);
    shop.close().await;
}

#[tokio::test]
async fn an_expired_payment_is_shown_as_expired() {
    let shop = Shop::open().await;
    submit(&shop, &[("language", "fi")]).await;
    let record = shop.vipps.records().await.remove(0);
    shop.vipps.customer("expire", record["reference"].as_str().unwrap()).await;
    let back = record["request"]["returnUrl"].as_str().unwrap().to_owned();
    let state = format!("data-state=\"{}\"", State::Expired.as_str());
    let text = eventually("the page of the expired payment", || async {
        let text = page(shop.http.get(&back).send().await.unwrap(), StatusCode::OK).await;
        text.contains(&state).then_some(text)
    })
    .await;
    assert!(text.contains("Maksun aika päättyi") && text.contains(SHOP_ORIGIN), "{text}");
    shop.close().await;
}

#[tokio::test]
async fn only_an_explicit_yes_is_consent() {
    let shop = Shop::open().await;
    let refused = submit(&shop, &[("terms_accepted", "no")]).await;
    assert!(page(refused, StatusCode::UNPROCESSABLE_ENTITY).await.contains("terms_not_accepted"));
    let wordless = submit(&shop, &[("wording", "")]).await;
    assert!(page(wordless, StatusCode::UNPROCESSABLE_ENTITY).await.contains("bad_wording"));
    assert_eq!(submit(&shop, &[("share_phone_number", "no")]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(shop.vipps.records().await[0]["request"]["profile"], serde_json::Value::Null);
    shop.close().await;
}

#[tokio::test]
async fn a_customer_who_waits_for_a_slow_answer_leaves_nothing_behind() {
    let shop = Shop::open_with("limits.wait_ms = 20").await;
    let slow = serde_json::json!({ "delay_ms": 500 });
    shop.vipps.fails("POST", "/epayment/v1/payments", 1, slow).await;
    let back = submit(&shop, &[]).await.headers()["location"].to_str().unwrap().to_owned();
    assert!(back.starts_with(&shop.url), "to the order's own page: {back}");
    let waiting = page(shop.http.get(&back).send().await.unwrap(), StatusCode::OK).await;
    assert!(waiting.contains("data-state=\"starting\"") && waiting.contains("refresh"), "{waiting}");
    eventually("the link to the payment", || async {
        let text = page(shop.http.get(&back).send().await.unwrap(), StatusCode::OK).await;
        text.contains(&format!("href=\"{}/landing", shop.vipps.url)).then_some(())
    })
    .await;
    shop.close().await;
}

#[tokio::test]
async fn a_return_url_comes_back_byte_for_byte_with_one_token() {
    let shop = Shop::open().await;
    for (query, kept) in [
        ("", "?"),
        ("?navn=B%E6r", "?navn=B%E6r&"),
        ("?a=b%20c&flag", "?a=b%20c&flag&"),
        ("?a=1;b=2", "?a=1;b=2&"),
        ("?lang=nb&kvitt=of-an-earlier-order", "?lang=nb&"),
    ] {
        let mut request = two_mugs_and_a_tea();
        request.return_url = Some(format!("{SHOP_ORIGIN}/takk%2Fb/{query}#top?x"));
        let token = shop.order(&request).await.seen.token;
        let sent_on = shop.get(&format!("/return/{token}")).send().await.unwrap();
        assert_eq!(sent_on.headers()["location"], format!("{SHOP_ORIGIN}/takk%2Fb/{kept}kvitt={token}#top?x"));
    }
    shop.close().await;
}
