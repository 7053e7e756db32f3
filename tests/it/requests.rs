//! Payment requests: by a link, by a QR code, and in the app of a known customer. The records of Vipps MobilePay decide.

use kvitt_wire::{CONSENT_WORDING, SentBy, ShopOrder, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::{PHONE_NUMBER, SENDS_TO_THE_APP, Shop, eventually, http, problem};

/// A payment request for 499 kroner.
fn service() -> Value {
    json!({ "cart": {
        "lines": [{ "sku": "service", "name": "Bike service", "quantity": 1, "unit_price": 49_900, "vat_rate": 2500 }],
        "total": { "value": 49_900, "currency": "NOK" },
    }, "language": "nb" })
}

fn with(field: &str, value: Value) -> Value {
    let mut request = service();
    request[field] = value;
    request
}

/// A request to the emulator's customer, by phone number.
fn to(number: &str) -> Value {
    with("customer", json!({ "phone_number": number, "consent": { "wording": "in-the-shop" } }))
}

/// The shop's office system.
struct Office<'a> {
    shop: &'a Shop,
    key: String,
}

impl<'a> Office<'a> {
    async fn of(shop: &'a Shop) -> Self {
        Self { shop, key: shop.key("office").await }
    }

    async fn posts(&self, path: &str, key: &str, body: &Value) -> Response {
        let request = self.shop.post(path).bearer_auth(&self.key).header("idempotency-key", key);
        request.json(body).send().await.unwrap()
    }

    async fn requests(&self, body: &Value) -> ShopOrder {
        let key = uuid::Uuid::new_v4().to_string();
        let answer = self.posts("/v1/shop/payment-requests", &key, body).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.unwrap()
    }

    async fn withdraws(&self, order: &ShopOrder) -> Response {
        self.posts(&format!("/v1/shop/payment-requests/{}/withdraw", order.reference), "any", &json!({})).await
    }

    async fn reads(&self, order: &ShopOrder) -> ShopOrder {
        let path = format!("/v1/shop/orders/{}", order.reference);
        self.shop.get(&path).bearer_auth(&self.key).send().await.unwrap().json().await.unwrap()
    }

    async fn sees(&self, order: &ShopOrder, state: State) -> ShopOrder {
        eventually(state.as_str(), || async { Some(self.reads(order).await).filter(|order| order.state == state) })
            .await
    }
}

fn url(order: &ShopOrder) -> String {
    order.request.as_ref().unwrap().url.clone()
}

/// The pay page, as anybody with the link sees it.
async fn page(order: &ShopOrder) -> String {
    let answer = http().get(url(order)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

/// Submits the pay page's form.
async fn submits(order: &ShopOrder, fields: &[(&str, &str)]) -> Response {
    let origin = reqwest::Url::parse(&url(order)).unwrap().origin().ascii_serialization();
    http().post(url(order)).header("origin", origin).form(fields).send().await.unwrap()
}

const ACCEPTS: &[(&str, &str)] = &[("terms_accepted", "yes")];

fn leads_to(answer: &Response) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_paid_once_and_may_share_the_number() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let order = office.requests(&service()).await;
    assert_eq!((order.state, order.amount.value), (State::Open, 49_900));
    assert_eq!(order.request.as_ref().unwrap().sent_by, SentBy::Link);
    assert!(
        shop.vipps.records().await.is_empty(),
        "a payment expires after ten minutes: none before the customer pays"
    );

    let shown = page(&order).await;
    for words in
        ["Å betale: 499,00\u{a0}kr", "Bike service", "salgsvilkårene", "Betal med Vipps", "Del telefonnummeret"]
    {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    // All markets are whole hours away from UTC.
    let minute = order.request.as_ref().unwrap().expires_at_ms / 60_000 % 60;
    let due = shown.split("Betales innen ").nth(1).and_then(|rest| rest.split_once(".<")).unwrap().0;
    assert!(due.contains(" kl. ") && due.ends_with(&format!(":{minute:02}")), "the hour is named: {due}");
    let hasty = submits(&order, &[]).await;
    assert_eq!(hasty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(hasty.text().await.unwrap().contains("Godta salgsvilkårene for å gå videre"));

    let fields = [ACCEPTS[0], ("share_phone_number", "yes"), ("wording", CONSENT_WORDING)];
    let answer = submits(&order, &fields).await;
    assert!(leads_to(&answer).starts_with(&shop.vipps.url));
    // A second submit, or another device, gets the same payment.
    let twin = submits(&order, &fields).await;
    assert_eq!(leads_to(&twin), leads_to(&answer));
    shop.vipps.approves(&order.reference).await;
    let paid = office.sees(&order, State::Authorized).await;
    assert_eq!(paid.attempts.len(), 1);
    assert_eq!(shop.vipps.records().await.len(), 1);
    let record = shop.vipps.record(&order.reference).await;
    assert_eq!(record["request"]["amount"]["value"], 49_900);
    assert_eq!(record["request"]["receipt"]["orderLines"][0]["name"], "Bike service");

    eventually("the number", || async { page(&order).await.contains("slutter på 67").then_some(()) }).await;
    let late = submits(&order, ACCEPTS).await;
    assert_eq!(leads_to(&late), url(&order), "a paid order is shown, and not paid again");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_request_can_be_paid_after_all_and_a_withdrawn_one_cannot() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let order = office.requests(&service()).await;
    submits(&order, ACCEPTS).await;
    shop.vipps.customer("reject", &order.reference).await;
    office.sees(&order, State::Aborted).await;
    let again = page(&order).await;
    assert!(again.contains("Det siste forsøket ble ikke fullført") && !again.contains("terms_accepted"), "{again}");
    submits(&order, &[]).await;
    let second = office.sees(&order, State::Created).await;
    assert!(second.reference.ends_with("-2"), "{}", second.reference);

    // Withdrawn while the customer is in the app.
    let answer = office.withdraws(&order).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let after = office.sees(&order, State::Terminated).await;
    assert!(after.request.unwrap().withdrawn_at_ms.is_some());
    assert_eq!(shop.vipps.record(&second.reference).await["state"], "TERMINATED");
    assert!(page(&order).await.contains("Betalingen ble avbrutt"));
    assert_eq!(leads_to(&submits(&order, ACCEPTS).await), url(&order));
    assert_eq!(shop.vipps.records().await.len(), 2, "no other payment is created");

    let paid = office.requests(&service()).await;
    submits(&paid, ACCEPTS).await;
    shop.vipps.approves(&paid.reference).await;
    office.sees(&paid, State::Authorized).await;
    problem(office.withdraws(&paid).await, 409, "not_withdrawable").await;
    let ordinary = shop.ordered().await;
    let path = format!("/v1/shop/payment-requests/{}/withdraw", ordinary.reference());
    problem(office.posts(&path, "any", &json!({})).await, 409, "not_withdrawable").await;
    shop.vipps.customer("reject", ordinary.reference()).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_customer_gets_the_request_in_the_app() {
    let shop = Shop::open_with(SENDS_TO_THE_APP).await;
    shop.vipps.approves_push_messages(true).await;
    let office = Office::of(&shop).await;
    // As it is written in the country of the sales unit.
    let order = office.requests(&to("912 34 567")).await;
    assert_eq!((order.state, order.request.as_ref().unwrap().sent_by), (State::Created, SentBy::App));
    let request = shop.vipps.record(&order.reference).await["request"].clone();
    assert_eq!(request["userFlow"], "PUSH_MESSAGE");
    assert_eq!(request["customer"]["phoneNumber"], PHONE_NUMBER);
    assert!(request["profile"].is_null(), "a known customer is not asked again");
    assert!(
        request["expiresAt"].is_string() && request["receipt"].is_object(),
        "it expires after a week, as the shop's requests do"
    );
    shop.vipps.approves(&order.reference).await;
    office.sees(&order, State::Authorized).await;
    let shown = page(&order).await;
    assert!(shown.contains("Takk for bestillingen") && !shown.contains("67"), "the link does not reveal the number");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_to_requests_is_stored_with_the_text_that_the_shop_registered() {
    let shop = Shop::open_with(SENDS_TO_THE_APP).await;
    shop.vipps.approves_push_messages(true).await;
    let office = Office::of(&shop).await;
    // The text is registered in Norwegian only, and so is what every customer has seen.
    for language in ["nb", "en"] {
        let mut request = to(PHONE_NUMBER);
        request["language"] = json!(language);
        let order = office.requests(&request).await;
        shop.vipps.approves(&order.reference).await;
        let paid = office.sees(&order, State::Authorized).await;
        let consent = paid.request.unwrap().consent.unwrap();
        assert_eq!((consent.scope.as_str(), consent.language.tag()), ("paymentRequests", "nb"));
        assert_eq!(consent.text.as_deref(), Some("Send betalingskrav fra Nordlys Keramikk til Vipps"));
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_living_payment_has_its_receipt_in_one_way() {
    let shop = Shop::open_with(&format!("shop.receipt = \"order-management\"\n{SENDS_TO_THE_APP}")).await;
    shop.vipps.approves_push_messages(true).await;
    let office = Office::of(&shop).await;
    let long = office.requests(&to(PHONE_NUMBER)).await;
    assert!(shop.vipps.record(&long.reference).await["request"]["receipt"].is_object(), "as Vipps MobilePay requires");
    // The customer pays by the link: that payment lives ten minutes, and has its receipt as configured.
    submits(&long, ACCEPTS).await;
    let short = office.sees(&long, State::Created).await;
    shop.vipps.approves(&short.reference).await;
    office.sees(&long, State::Authorized).await;
    let receipts = || async {
        let calls = shop.vipps.calls("POST", "/order-management/v2/ecom/receipts/").await;
        (!calls.is_empty()).then_some(calls)
    };
    let sent = eventually("the receipt", receipts).await;
    shop.is_quiet().await;
    assert_eq!(sent.len(), 1);
    assert!(sent[0]["path"].as_str().unwrap().ends_with(&short.reference), "{sent:?}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returning_customer_is_addressed_by_id() {
    let shop = Shop::open_with(SENDS_TO_THE_APP).await;
    shop.vipps.approves_push_messages(true).await;
    let office = Office::of(&shop).await;
    let bought = shop.ordered().await;
    shop.vipps.approves(bought.reference()).await;
    let path = format!("/v1/shop/orders/{}", bought.reference());
    let id = eventually("the customer", || async {
        let order: ShopOrder = shop.get(&path).bearer_auth(&office.key).send().await.unwrap().json().await.unwrap();
        order.customer_id
    })
    .await;
    let request = with("customer", json!({ "id": id }));
    let order = office.requests(&request).await;
    assert_eq!(order.request.as_ref().unwrap().sent_by, SentBy::App);
    assert_eq!(shop.vipps.record(&order.reference).await["request"]["customer"]["phoneNumber"], PHONE_NUMBER);
    assert_eq!(order.customer_id.as_deref(), Some(id.as_str()), "the same person");

    // The customer is unknown to another sales unit, and after an erasure.
    let mut danish = with("customer", json!({ "id": id }));
    danish["cart"]["sales_unit"] = json!("dk");
    danish["cart"]["total"]["currency"] = json!("DKK");
    problem(office.posts("/v1/shop/payment-requests", "danish", &danish).await, 422, "unknown_customer").await;
    let erased = shop.http.delete(format!("{}/v1/shop/customers/{id}", shop.url)).bearer_auth(&office.key);
    assert_eq!(erased.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(office.posts("/v1/shop/payment-requests", "erased", &request).await, 422, "unknown_customer").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_the_app_can_be_paid_by_its_link() {
    let shop = Shop::open_with(SENDS_TO_THE_APP).await;
    shop.vipps.approves_push_messages(true).await;
    let office = Office::of(&shop).await;
    let order = office.requests(&to(PHONE_NUMBER)).await;
    assert!(page(&order).await.contains("Betal med Vipps"), "the link works without the notification");
    let answer = submits(&order, ACCEPTS).await;
    assert!(leads_to(&answer).starts_with(&shop.vipps.url));
    eventually("the payment in the app is cancelled", || async {
        (shop.vipps.record(&order.reference).await["state"] == "TERMINATED").then_some(())
    })
    .await;
    let second = office.sees(&order, State::Created).await;
    assert_eq!(second.request.as_ref().unwrap().sent_by, SentBy::Link);
    shop.vipps.approves(&second.reference).await;
    office.sees(&order, State::Authorized).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_push_falls_back_to_the_link_with_the_number() {
    let shop = Shop::open_with(SENDS_TO_THE_APP).await;
    let office = Office::of(&shop).await;
    let order = office.requests(&to(PHONE_NUMBER)).await;
    assert_eq!((order.state, order.request.as_ref().unwrap().sent_by), (State::Open, SentBy::Link));
    assert_eq!(order.attempts[0].trouble.as_deref(), Some("vipps_5080"), "the shop sees the reason");
    let answer = submits(&order, ACCEPTS).await;
    assert!(leads_to(&answer).starts_with(&shop.vipps.url));
    let request = shop.vipps.record(&order.reference).await["request"].clone();
    assert_eq!(
        (&request["userFlow"], &request["customer"]["phoneNumber"]),
        (&"WEB_REDIRECT".into(), &PHONE_NUMBER.into())
    );
    shop.vipps.approves(&order.reference).await;
    office.sees(&order, State::Authorized).await;
    shop.close().await;

    // The number has no app, or may not pay this. The customer can pay on the landing page all the same.
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let order = office.requests(&to("4790000000")).await;
    let answer = submits(&order, ACCEPTS).await;
    assert!(leads_to(&answer).starts_with(&shop.vipps.url));
    let now = office.reads(&order).await;
    let troubles: Vec<_> = now.attempts.iter().map(|attempt| attempt.trouble.as_deref()).collect();
    assert_eq!(troubles, [Some("vipps_7010"), None]);
    assert!(shop.vipps.record(&now.reference).await["request"]["customer"].is_null());
    shop.vipps.approves(&now.reference).await;
    office.sees(&order, State::Authorized).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_one_request() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let path = "/v1/shop/payment-requests";
    let first: ShopOrder = office.posts(path, "invoice-7", &service()).await.json().await.unwrap();
    let again = office.posts(path, "invoice-7", &service()).await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<ShopOrder>().await.unwrap().request, first.request);
    let other = with("description", json!("Another service"));
    problem(office.posts(path, "invoice-7", &other).await, 422, "idempotency_key_reused").await;
    let keyless = shop.post(path).bearer_auth(&office.key).json(&service()).send().await.unwrap();
    problem(keyless, 400, "idempotency_key_required").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_requests_are_refused() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let customer = |value: Value| with("customer", value);
    let consent = json!({ "wording": "in-the-shop" });
    for (nth, (request, status, code)) in [
        (with("expires_in_s", json!(59)), 422, "bad_expiry"),
        (with("expires_in_s", json!(15_552_001)), 422, "bad_expiry"),
        (with("description", json!("ab")), 422, "bad_description"),
        (with("description", json!("a\u{0}bc")), 422, "bad_description"),
        (with("return_url", json!("https://evil.example/")), 422, "bad_return_url"),
        (with("surprise", json!(1)), 400, "malformed_json"),
        (customer(json!({ "id": "cus_nobody" })), 422, "unknown_customer"),
        (customer(json!({ "phone_number": "4791234567" })), 422, "no_consent"),
        (customer(json!({ "phone_number": "+47 912", "consent": consent })), 422, "bad_phone_number"),
        (customer(json!({ "phone_number": "[Expired]", "consent": consent })), 422, "bad_phone_number"),
        (customer(json!({ "phone_number": "040 123 4567", "consent": consent })), 422, "bad_phone_number"),
        (customer(json!({ "phone_number": "4791234567", "consent": { "wording": "<b>" } })), 422, "bad_wording"),
        (customer(json!({ "phone_number": "4791234567", "consent": { "wording": "2025-01" } })), 422, "bad_wording"),
        (customer(json!({ "id": "cus_a", "phone_number": "4791234567", "consent": consent })), 422, "bad_addressee"),
        (customer(json!({})), 422, "bad_addressee"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = office.posts("/v1/shop/payment-requests", &format!("bad-{nth}"), &request).await;
        problem(answer, status, code).await;
    }
    let stranger = shop.post("/v1/shop/payment-requests").json(&service()).send().await.unwrap();
    problem(stranger, 401, "unauthorized").await;
    assert_eq!(http().get(format!("{}/pay/nothing", shop.url)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qr_leads_to_the_pay_page_and_never_to_a_payment() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let order = office.requests(&service()).await;
    let request = order.request.as_ref().unwrap();
    let svg = http().get(&request.qr_svg).send().await.unwrap();
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert_eq!(svg.headers()["vary"], "accept-encoding");
    assert_eq!(svg.headers().get("content-encoding"), None);
    let drawn = svg.text().await.unwrap();
    assert_eq!(read_svg(&drawn), request.url);
    let sent = http().get(&request.qr_svg).header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(sent.headers()["content-encoding"], "gzip");
    let sent = sent.bytes().await.unwrap();
    assert!(sent.len() < 1_500, "{} bytes", sent.len());
    assert_eq!(std::io::read_to_string(flate2::read::GzDecoder::new(&sent[..])).unwrap(), drawn);
    let png = http().get(&request.qr_png).send().await.unwrap();
    assert_eq!(png.headers()["content-type"], "image/png");
    assert_eq!(read(&png.bytes().await.unwrap()), request.url);
    shop.close().await;

    let shop = Shop::open_with("requests.qr = \"vipps\"").await;
    let office = Office::of(&shop).await;
    let order = office.requests(&service()).await;
    let request = order.request.as_ref().unwrap();
    for _ in 0..2 {
        let png = http().get(&request.qr_png).send().await.unwrap();
        assert_eq!(png.status(), StatusCode::TEMPORARY_REDIRECT, "to the image of Vipps MobilePay, created once");
        let picture = http().get(png.headers()["location"].to_str().unwrap()).send().await.unwrap();
        let leads_to = http().get(read(&picture.bytes().await.unwrap())).send().await.unwrap();
        assert_eq!(leads_to.headers()["location"].to_str().unwrap(), request.url);
    }
    // The proxy draws its own when Vipps MobilePay cannot.
    shop.vipps.fails("POST", "/qr/", 9, json!({ "status": 503 })).await;
    assert_eq!(http().get(&request.qr_png).send().await.unwrap().status(), StatusCode::OK);
    shop.vipps.nothing_fails().await;
    shop.close().await;
}

/// Decodes the QR code.
fn read(png: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let side = info.width as usize;
    let light = |x: usize, y: usize| match info.bit_depth {
        png::BitDepth::One => bytes[y * info.line_size + x / 8] >> (7 - x % 8) & 1 == 1,
        _ => bytes[y * info.line_size + x] > 127,
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| if light(x, y) { 255 } else { 0 });
    let codes = image.detect_grids();
    codes[0].decode().unwrap().1
}

/// Decodes the QR code of an SVG, whose dark modules are dashes of one stroke.
fn read_svg(svg: &str) -> String {
    let between = |begin: &str, end: char| svg.split_once(begin).unwrap().1.split(end).next().unwrap();
    let side: usize = between("viewBox=\"0 0 ", ' ').parse().unwrap();
    let dashes = ["M", "m", "h"].iter().fold(between("stroke=\"#000\" d=\"", '"').to_owned(), |path, command| {
        path.replace(command, &format!("\n{command} "))
    });
    let (mut dark, mut x, mut y) = (vec![false; side * side], 0, 0);
    for dash in dashes.lines().skip(1) {
        match dash.split(' ').collect::<Vec<_>>()[..] {
            ["M", column, row] => {
                (x, y) = (column.parse().unwrap(), row.strip_suffix(".5").unwrap().parse::<usize>().unwrap());
            }
            ["m", by, "0"] => x += by.parse::<usize>().unwrap(),
            ["h", length] => {
                let end = x + length.parse::<usize>().unwrap();
                dark[y * side + x..y * side + end].fill(true);
                x = end;
            }
            _ => panic!("{dash}"),
        }
    }
    let pixels = side * 8;
    let light = |x: usize, y: usize| if dark[y / 8 * side + x / 8] { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, light);
    let codes = image.detect_grids();
    codes[0].decode().unwrap().1
}
