//! The customer's pages over plain HTTP, as a browser without JavaScript uses them.

use reqwest::{Method, Response, redirect};
use serde_json::json;

use crate::harness::{Harness, Receiver, create_request};

/// A browser: it keeps one cookie and returns redirects, so that a test sees them.
struct Browser<'a> {
    harness: &'a Harness,
    http: reqwest::Client,
    cookie: String,
    agent: &'static str,
}

const DESK: &str = "Mozilla/5.0 (X11; Linux x86_64)";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148";

impl Browser<'_> {
    fn new<'a>(harness: &'a Harness, agent: &'static str) -> Browser<'a> {
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Browser { harness, http, cookie: String::new(), agent }
    }

    async fn send(&mut self, method: Method, url: &str, form: &str) -> Response {
        let url = if url.starts_with('/') { format!("{}{url}", self.harness.emulator.url()) } else { url.to_owned() };
        let request = self.http.request(method, url).header("user-agent", self.agent).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let response = request.send().await.unwrap();
        if let Some(cookie) = response.headers().get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        response
    }

    async fn get(&mut self, url: &str) -> String {
        let response = self.send(Method::GET, url, "").await;
        assert_eq!(response.status(), 200, "{url}");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        response.text().await.unwrap()
    }

    /// The target of a link or a form.
    async fn follow(&mut self, method: Method, url: &str, form: &str) -> String {
        let response = self.send(method, url, form).await;
        assert_eq!(response.status(), 303, "{url}");
        response.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn post(&mut self, url: &str, form: &str) -> String {
        self.follow(Method::POST, url, form).await
    }
}

async fn landing_of(harness: &Harness, reference: &str) -> (String, String) {
    let (_, created) = harness.create(reference, 58_700).await;
    let url = created["redirectUrl"].as_str().unwrap().to_owned();
    let token = url.split("token=").nth(1).unwrap().to_owned();
    (url, token)
}

#[tokio::test]
async fn a_customer_on_a_computer_pays_on_their_phone() {
    let harness = Harness::new().await;
    let (landing, token) = landing_of(&harness, "order-1001").await;
    let mut desk = Browser::new(&harness, DESK);
    let page = desk.get(&landing).await;
    assert!(page.contains("587\u{a0}kr") && page.contains("Nordlys Keramikk"), "{page}");
    let waiting = desk.post("/landing/number", &format!("token={token}&number=912+34+567")).await;
    assert!(desk.get(&waiting).await.contains("Open Vipps on your phone"));

    let mut phone = Browser::new(&harness, PHONE);
    assert_eq!(phone.post("/phone", "number=4791234567").await, "/phone");
    let payment = format!("/phone/payments/{token}");
    assert!(phone.get("/phone").await.contains(&payment));
    assert!(phone.get(&payment).await.contains("Share information"));
    phone.post(&format!("{payment}/pay"), "").await;
    assert_eq!(harness.payment("order-1001").await["state"], "CREATED", "consent comes first");
    phone.post(&format!("{payment}/share"), "").await;
    assert!(phone.get(&payment).await.contains(">Pay<"));
    phone.post(&format!("{payment}/pay"), "").await;
    assert!(phone.get(&payment).await.contains("Done, go back to where you were."));

    assert_eq!(harness.payment("order-1001").await["userDetails"]["mobileNumber"], "4791234567");
    assert_eq!(desk.follow(Method::GET, &waiting, "").await, "http://127.0.0.1:8080/return");
}

#[tokio::test]
async fn a_phone_switches_to_the_app_and_back() {
    let harness = Harness::new().await;
    let (landing, token) = landing_of(&harness, "order-2001").await;
    let mut phone = Browser::new(&harness, PHONE);
    let open = phone.follow(Method::GET, &landing, "").await;
    let payment = phone.follow(Method::GET, &open, "").await;
    assert_eq!(payment, format!("/phone/payments/{token}"));
    phone.post(&format!("{payment}/share"), "").await;
    phone.post(&format!("{payment}/pay"), "").await;
    assert!(phone.get(&payment).await.contains("href=\"http://127.0.0.1:8080/return\">Back to the shop"));
}

#[tokio::test]
async fn the_customer_cancels_refuses_or_waits_until_it_expires() {
    let harness = Harness::new().await;
    let mut desk = Browser::new(&harness, DESK);
    let (_, token) = landing_of(&harness, "order-3001").await;
    assert_eq!(desk.post(&format!("/landing/cancel?token={token}"), "").await, "http://127.0.0.1:8080/return");
    let (_, token) = landing_of(&harness, "order-3002").await;
    desk.post(&format!("/phone/payments/{token}/cancel"), "").await;
    let (_, token) = landing_of(&harness, "order-3003").await;
    desk.post(&format!("/phone/payments/{token}/expire"), "").await;
    for (reference, state) in [("order-3001", "ABORTED"), ("order-3002", "ABORTED"), ("order-3003", "EXPIRED")] {
        assert_eq!(harness.payment(reference).await["state"], state);
    }
}

#[tokio::test]
async fn leaving_the_landing_page_cancels() {
    let harness = Harness::new().await;
    let mut receiver = Receiver::answering(&[]).await;
    harness.register(&receiver.url, &["aborted"]).await;
    let (_, token) = landing_of(&harness, "order-4001").await;
    let mut desk = Browser::new(&harness, DESK);
    let left = desk.send(Method::POST, &format!("/landing/left?token={token}&view=first"), "").await;
    assert_eq!(left.status(), 204);
    assert_eq!(receiver.next().await.json()["reference"], "order-4001");
}

#[tokio::test]
async fn text_from_a_request_is_escaped() {
    let harness = Harness::new().await;
    let mut body = create_request("order-5001", 1000);
    body["paymentDescription"] = json!("<script>alert(1)</script>");
    body["receipt"] = json!({
        "orderLines": [{ "name": "\"><b>Mug", "id": "mug", "totalAmount": 1000, "totalAmountExcludingTax": 800,
                         "totalTaxAmount": 200, "taxRate": 2500 }],
        "bottomLine": { "currency": "NOK" },
    });
    let (_, created) = harness.post("/epayment/v1/payments", "key", &body).await;
    let landing = created["redirectUrl"].as_str().unwrap();
    let token = landing.split("token=").nth(1).unwrap();
    let mut desk = Browser::new(&harness, DESK);
    let page = desk.get(landing).await;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"), "{page}");
    let details = desk.get(&format!("/phone/payments/{token}/details")).await;
    assert!(details.contains("&quot;&gt;&lt;b&gt;Mug") && details.contains("10,00\u{a0}kr"), "{details}");
    assert!(details.contains("With 25\u{a0}% VAT") && details.contains("2,00\u{a0}kr"), "{details}");
}

#[tokio::test]
async fn the_qr_flow_returns_an_image() {
    let harness = Harness::new().await;
    for (n, (format, kind)) in [("IMAGE/PNG", "image/png"), ("IMAGE/SVG+XML", "image/svg+xml")].into_iter().enumerate()
    {
        let mut body = create_request(&format!("order-600{n}"), 1000);
        body["userFlow"] = json!("QR");
        body["qrFormat"] = json!({ "format": format });
        let (_, created) = harness.post("/epayment/v1/payments", &format!("key-{n}"), &body).await;
        let picture = harness.http.get(created["redirectUrl"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(picture.headers()["content-type"], kind);
    }
}
