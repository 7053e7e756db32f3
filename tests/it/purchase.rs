//! The purchase, which one page of an order reports to the shop's analytics: once, however many pages there are.

use futures_util::future::join_all;
use kvitt_wire::{Purchase, State};
use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::shop::{Order, SHOP_ORIGIN, Shop, problem};

/// The page that shows the order claims its purchase.
async fn claims(shop: &Shop, order: &Order<'_>, claim: &str) -> Response {
    let request = shop.post(&format!("{}/purchase", order.path())).header("origin", SHOP_ORIGIN);
    request.json(&json!({ "claim": claim })).send().await.unwrap()
}

async fn claimed(response: Response) -> bool {
    assert_eq!(response.status(), StatusCode::OK);
    response.json::<Purchase>().await.unwrap().claimed
}

#[tokio::test]
async fn the_first_page_to_claim_the_purchase_has_it_and_its_repeat_too() {
    let shop = Shop::open().await;
    let key = shop.key("backend").await;
    let mut order = shop.ordered().await;
    problem(claims(&shop, &order, "the-page-in-the-browser").await, 409, "not_paid").await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "paid and shared").await;
    shop.is_quiet().await;
    let events = || async {
        let events = shop.get("/v1/shop/events").bearer_auth(&key).send().await.unwrap();
        events.json::<serde_json::Value>().await.unwrap()["events"].as_array().unwrap().len()
    };
    let calls = || async {
        shop.vipps.calls("GET", "/epayment/").await.len() + shop.vipps.calls("POST", "/epayment/").await.len()
    };
    let (asked, told) = (calls().await, events().await);

    for (claim, has_it) in [
        ("the-page-in-the-browser", true),
        ("the-page-in-another-tab", false),
        ("the-page-after-a-reload", false),
        ("the-page-in-the-browser", true),
    ] {
        assert_eq!(claimed(claims(&shop, &order, claim).await).await, has_it, "{claim}");
    }
    for claim in ["", "short", "with a space in it", &"x".repeat(65)] {
        problem(claims(&shop, &order, claim).await, 422, "bad_claim").await;
    }
    assert_eq!(order.reads().await.state, State::Authorized);
    assert_eq!(calls().await, asked, "Vipps MobilePay is not asked");
    assert_eq!(events().await, told, "the shop is not told");
    let other = shop.ordered().await;
    problem(claims(&shop, &other, "the-page-in-the-browser").await, 409, "not_paid").await;
    let unknown = shop.post("/v1/checkouts/nobody/purchase").json(&json!({ "claim": "the-page-in-the-browser" }));
    problem(unknown.send().await.unwrap(), 404, "not_found").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_pages_that_claim_at_once_one_has_it() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        let mut order = shop.ordered().await;
        shop.vipps.approves(order.reference()).await;
        order.becomes(State::Authorized).await;
        let pages = (0..8).map(|page| format!("the-page-number-{page}"));
        let all = join_all(pages.map(|page| async {
            let answer = claims(&shop, &order, &page).await;
            (claimed(answer).await, page)
        }));
        let winners: Vec<_> = all.await.into_iter().filter_map(|(has_it, page)| has_it.then_some(page)).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert!(claimed(claims(&shop, &order, &winners[0]).await).await, "it stays so");
    }
    shop.close().await;
}
