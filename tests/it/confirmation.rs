//! The confirmation on an open page: what the shop does with a paid order, by the stream and on the plain page, for a day.

use kvitt::checkout::{FOLLOWED_MS, Moment};
use kvitt_wire::{CategoryName, Checkout, State};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::shop::{Database, Order, PHONE_NUMBER, Shop, Stage, Stream, TIMEOUT, brief, eventually, http};

/// An order that is paid, with the number shared.
async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "paid and shared").await;
    order
}

/// Reads on until the snapshot is as wanted.
async fn shows(stream: &mut Stream, wanted: impl Fn(&Checkout) -> bool, what: &str) -> Checkout {
    let reading = async {
        loop {
            let seen = stream.next().await.expect("the stream continues");
            if wanted(&seen) {
                return seen;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, reading).await.unwrap_or_else(|_| panic!("it does not show: {what}"))
}

/// What the shop's backend asks for, which succeeds or is refused by Vipps MobilePay.
async fn asks(shop: &Shop, key: &str, order: &Order<'_>, what: &str, body: &Value) -> StatusCode {
    let request = shop.post(&format!("/v1/shop/orders/{}/{what}", order.reference())).bearer_auth(key);
    let id = uuid::Uuid::new_v4().to_string();
    request.header("idempotency-key", id).json(body).send().await.unwrap().status()
}

fn nok(value: i64) -> Value {
    json!({ "amount": { "value": value, "currency": "NOK" } })
}

#[tokio::test]
async fn an_open_page_and_the_plain_one_show_what_the_shop_does_with_the_order() {
    let shop = Shop::open().await;
    let key = shop.key("warehouse").await;
    let order = paid(&shop).await;
    assert_eq!(order.seen.reference, format!("{}-1", order.seen.order_number));
    let mut stream = Stream::open(&shop, &order.path(), None).await;
    assert_eq!(stream.next().await.unwrap().category, None);
    let plain =
        || async { shop.get(&format!("/pay/{}", order.seen.token)).send().await.unwrap().text().await.unwrap() };
    let page = plain().await;
    for words in [&order.seen.order_number, "Beløpet er reservert."] {
        assert!(page.contains(words), "{words} is not in {page}");
    }

    assert_eq!(asks(&shop, &key, &order, "capture", &nok(24_900)).await, StatusCode::OK);
    shows(&mut stream, |seen| seen.aggregate.captured == 24_900, "a capture").await;
    assert!(plain().await.contains("249,00\u{a0}kr er betalt til Nordlys Keramikk så langt."));

    let url = "https://post.example/parcel/1";
    let parcel = json!({ "category": "delivery", "details_url": url });
    assert_eq!(asks(&shop, &key, &order, "category", &parcel).await, StatusCode::OK);
    let seen = shows(&mut stream, |seen| seen.category.is_some(), "the link").await;
    let link = seen.category.unwrap();
    assert_eq!((link.category, link.details_url.as_str()), (CategoryName::Delivery, url));
    let page = plain().await;
    assert!(page.contains(&format!("href=\"{url}\"")) && page.contains("Spor leveringen"), "{page}");

    assert_eq!(asks(&shop, &key, &order, "cancel", &json!({})).await, StatusCode::OK);
    shows(&mut stream, |seen| seen.aggregate.cancelled == 33_800, "a release").await;
    assert!(plain().await.contains("249,00\u{a0}kr er betalt til Nordlys Keramikk."));
    assert_eq!(asks(&shop, &key, &order, "refund", &nok(900)).await, StatusCode::OK);
    shows(&mut stream, |seen| seen.aggregate.refunded == 900, "a refund").await;
    assert!(plain().await.contains("9,00\u{a0}kr av betalingen er refundert til deg."));

    let text = shop.get(&order.path()).send().await.unwrap().text().await.unwrap();
    let seen: Value = serde_json::from_str(&text).unwrap();
    let fields: Vec<_> = seen.as_object().unwrap().keys().map(String::as_str).collect();
    let known = [
        "aggregate",
        "cart",
        "category",
        "created_at_ms",
        "expires_at_ms",
        "order_number",
        "reference",
        "sharing",
        "state",
        "token",
        "version",
    ];
    assert_eq!(fields, known);
    assert!(!text.contains(PHONE_NUMBER) && !plain().await.contains(PHONE_NUMBER));
    shop.close().await;
}

#[tokio::test]
async fn a_page_gets_no_link_to_itself_and_none_that_was_refused() {
    let shop = Shop::open().await;
    let key = shop.key("warehouse").await;
    let mut order = paid(&shop).await;
    assert_eq!(asks(&shop, &key, &order, "category", &json!({ "category": "receipt" })).await, StatusCode::OK);
    assert_eq!(order.reads().await.category, None, "it is the page's own address");
    let unknown = json!({ "category": "booking", "details_url": "https://shop.example/b", "image_id": "nowhere" });
    assert_eq!(asks(&shop, &key, &order, "category", &unknown).await, StatusCode::CONFLICT);
    assert_eq!(order.reads().await.category, None, "the shop was told that it is not set");
    shop.close().await;
}

#[tokio::test]
async fn a_day_after_the_payment_the_stream_ends_for_good() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    shop.is_quiet().await;
    let end_in = |ms: i64| {
        let paid_at = Moment(kvitt::base::clock::now().0 - FOLLOWED_MS + ms);
        shop.alters(&order, move |attempt| attempt.authorized_at = Some(paid_at))
    };
    end_in(500).await;
    let mut stream = Stream::open(&shop, &order.path(), None).await;
    let last = tokio::time::timeout(TIMEOUT, async {
        let first = stream.next().await.expect("the state comes first");
        assert!(stream.next().await.is_none(), "nothing changes any more");
        first
    });
    let last = last.await.expect("it ends by itself");
    assert!(stream.ended, "the page is told not to come back: {}", brief(&last));

    let id = stream.last_id.clone().unwrap();
    let again = shop.get(&format!("{}/events", order.path())).header("last-event-id", &id).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NO_CONTENT, "so that a browser stops by itself too");
    let mut late = Stream::open(&shop, &order.path(), None).await;
    assert_eq!(late.next().await.unwrap().version, last.version, "a page that has nothing gets the state");
    assert!(late.next().await.is_none() && late.ended);
    shop.close().await;
}

#[tokio::test]
async fn an_open_confirmation_outlives_other_streams_and_reads_nothing() {
    let options = "limits.heartbeat_ms = 20\nlimits.stream_age_ms = 100\nvipps.timeout_ms = 20000";
    let mut stage = Stage::set_with(Database::chosen(), options).await;
    let proxy = stage.start();
    let opened = http().post(format!("{}/v1/checkouts", proxy.url)).json(&crate::shop::two_mugs_and_a_tea()).send();
    let order: Checkout = opened.await.unwrap().json().await.unwrap();
    stage.vipps.approves(&order.reference).await;
    let path = format!("/v1/checkouts/{}", order.token);
    eventually("it is paid", || async {
        let seen: Checkout = http().get(format!("{}{path}", proxy.url)).send().await.ok()?.json().await.ok()?;
        (seen.state == State::Authorized && seen.sharing.phone_number_ending.is_some()).then_some(())
    })
    .await;
    stage.vipps.has_delivered().await;
    let mut stream = Stream::open_at(&proxy.url, &path, None).await;
    stream.next().await.unwrap();
    stream.rests(5).await;
    let before = proxy.log().len();
    stream.rests(30).await;
    let log = proxy.log().split_off(before);
    assert_eq!(crate::costs::reads(&log), 0, "{log}");
    proxy.ends().await;
    stage.vipps.close().await;
}
