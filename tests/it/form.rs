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
async fn what_is_wrong_is_shown_as_a_page_in_the_customer_s_words() {
    let shop = Shop::open().await;
    for (change, status, code, words) in [
        (("terms_accepted", ""), StatusCode::UNPROCESSABLE_ENTITY, "terms_not_accepted", "Godta salgsvilkårene"),
        (("amount", "58699"), StatusCode::CONFLICT, "price_changed", "587,00\u{a0}kr"),
        (("items", "cup:1"), StatusCode::UNPROCESSABLE_ENTITY, "unknown_sku", "kontakt butikken"),
        (("items", "<script>:1"), StatusCode::UNPROCESSABLE_ENTITY, "unknown_sku", "kontakt butikken"),
        (
            ("return_url", "https://evil.example/"),
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_return_url",
            "kontakt butikken",
        ),
    ] {
        let text = page(submit(&shop, &[change]).await, status).await;
        for expected in
            [code, words, "<html lang=\"nb\">", "Du har ikke betalt noe.", &format!("href=\"{SHOP_ORIGIN}\"")]
        {
            assert!(text.contains(expected), "{change:?}: {expected} is not in {text}");
        }
        // The words for developers are in the JSON.
        assert!(!text.contains("<script>") && !text.contains("sales unit") && !text.contains("cup"), "{text}");
    }
    let text = page(submit(&shop, &[("amount", "lots")]).await, StatusCode::BAD_REQUEST).await;
    assert!(text.contains("malformed_body") && !text.contains("amount:"), "{text}");
    assert_eq!(shop.vipps.records().await.len(), 0);
    shop.close().await;
}

#[tokio::test]
async fn people_get_pages_in_their_language_and_programs_get_json() {
    let shop = Shop::open().await;
    let nowhere = "AaIJOzrZdw67fpqWX6IZiwVMTXKP1SLJc5kg9PUzpXgQ";
    let browser = |path: &str| {
        let request =
            shop.get(path).header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        request.header("accept-language", "de-AT,fi-FI;q=0.9,en;q=0.5")
    };
    for (path, status) in [
        (format!("/return/{nowhere}"), StatusCode::NOT_FOUND),
        (format!("/pay/{nowhere}"), StatusCode::NOT_FOUND),
        ("/pay/%FF".to_owned(), StatusCode::NOT_FOUND),
        ("/return".to_owned(), StatusCode::NOT_FOUND),
        ("/".to_owned(), StatusCode::NOT_FOUND),
        ("/kvittering".to_owned(), StatusCode::NOT_FOUND),
        ("/pay".to_owned(), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let text = page(browser(&path).send().await.unwrap(), status).await;
        for expected in
            ["<html lang=\"fi\">", "Sivua ei löydy", "Takaisin kauppaan", &format!("href=\"{SHOP_ORIGIN}\"")]
        {
            assert!(text.contains(expected), "{path}: {expected} is not in {text}");
        }
        let code = if status == StatusCode::NOT_FOUND { "not_found" } else { "method_not_allowed" };
        problem(shop.get(&path).header("accept", "application/json").send().await.unwrap(), status.as_u16(), code)
            .await;
    }
    problem(browser(&format!("/v1/checkouts/{nowhere}")).send().await.unwrap(), 404, "not_found").await;
    problem(shop.get("/").send().await.unwrap(), 404, "not_found").await;
    let lost = page(shop.get(&format!("/return/{nowhere}")).send().await.unwrap(), StatusCode::NOT_FOUND).await;
    assert!(lost.contains("not_found") && lost.contains("<html lang=\"en\">"), "{lost}");
    shop.close().await;
}

#[tokio::test]
async fn a_customer_s_page_is_found_with_a_slash_at_its_end() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    for page in ["pay", "return"] {
        let path = format!("/{page}/{}", order.seen.token);
        let moved = shop.get(&format!("{path}/?from=mail")).send().await.unwrap();
        assert_eq!(moved.status(), StatusCode::PERMANENT_REDIRECT);
        let there = moved.url().join(moved.headers()["location"].to_str().unwrap()).unwrap();
        assert_eq!(there.as_str(), format!("{}{path}?from=mail", shop.url));
    }
    problem(shop.get("/pay/a/b/").send().await.unwrap(), 404, "not_found").await;
    shop.close().await;
}

#[tokio::test]
async fn a_return_page_without_javascript_links_to_the_order() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    let token = &order.seen.token;
    let follow = async |referer: &str| shop.get("/return").header("referer", referer).send().await.unwrap();
    let sent_on = follow(&format!("{SHOP_ORIGIN}/thanks?from=vipps&kvitt={token}")).await;
    assert_eq!(sent_on.status(), StatusCode::SEE_OTHER);
    let there = sent_on.url().join(sent_on.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(there.as_str(), format!("{}/pay/{token}", shop.url));
    let shown = page(shop.http.get(there).send().await.unwrap(), StatusCode::OK).await;
    assert!(shown.contains(order.reference()), "{shown}");
    for referer in [format!("{SHOP_ORIGIN}/"), format!("{SHOP_ORIGIN}/?kvitt=../../evil"), token.clone()] {
        assert!(page(follow(&referer).await, StatusCode::NOT_FOUND).await.contains("not_found"));
    }
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
