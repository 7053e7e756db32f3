//! Every call: the request that is sent, and the meaning of its answers.

use std::time::Duration;

use kvitt_vipps::{
    Added, Amount, CancelScope, Category, CategoryName, Cause, Client, Config, CreatePayment, Error, EventName,
    PaymentState, PhoneNumber, QrImage, UserFlow,
};
use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{
    files::raw_body,
    stub::{Reply, Stub, config},
    writing::receipt,
};

fn file(name: &str) -> Reply {
    Reply::ok(String::from_utf8(raw_body(name)).unwrap())
}

fn request() -> CreatePayment {
    CreatePayment::new(Amount::new(49900, "NOK"), "acme-7-1", UserFlow::WebRedirect)
}

#[tokio::test]
async fn a_payment_is_created() {
    let stub = Stub::start(|_| {
        Reply::new(201, r#"{"redirectUrl":"https://landing.vipps.no?token=a-token","reference":"acme-7-1","new":1}"#)
    })
    .await;
    let created = stub.client().create_payment("create-acme-7-1", &request()).await.unwrap();
    assert_eq!(created.reference, "acme-7-1");
    assert_eq!(created.redirect_url.as_deref(), Some("https://landing.vipps.no?token=a-token"));
    assert!(!format!("{created:?}").contains("a-token"));

    let call = stub.call();
    assert_eq!((&*call.method, &*call.path), ("POST", "/epayment/v1/payments"));
    assert_eq!(call.json(), serde_json::to_value(request()).unwrap());
    for (name, value) in [
        ("authorization", "Bearer token-1"),
        ("content-type", "application/json"),
        ("idempotency-key", "create-acme-7-1"),
        ("ocp-apim-subscription-key", "the-subscription-key"),
        ("merchant-serial-number", "123456"),
        ("vipps-system-name", "A shop system with a name that"),
    ] {
        assert_eq!(call.header(name), Some(value), "{name}");
    }
    assert_eq!((call.header("client_secret"), call.header("client_id")), (None, None));
}

#[tokio::test]
async fn a_push_has_no_redirect_url() {
    let stub = Stub::start(|_| Reply::new(201, r#"{"reference":"acme-7-1"}"#)).await;
    let created = stub.client().create_payment("key", &request()).await.unwrap();
    assert_eq!(created.redirect_url, None);
}

#[tokio::test]
async fn a_payment_and_its_events_are_read() {
    let stub =
        Stub::start(|call| file(if call.path.ends_with("/events") { "events.json" } else { "payment.json" })).await;
    let client = stub.client();
    assert_eq!(client.payment("acme-7-1").await.unwrap().state, PaymentState::Authorized);
    assert_eq!(client.events("acme-7-1").await.unwrap().len(), 3);
    let asked: Vec<_> = stub.calls().iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    assert_eq!(asked, ["GET /epayment/v1/payments/acme-7-1", "GET /epayment/v1/payments/acme-7-1/events"]);
}

#[tokio::test]
async fn payments_are_captured_refunded_and_cancelled() {
    // The specification describes these answers as problems; the status decides.
    let stub = Stub::start(|_| file("adjustment.json").header("content-type", "application/problem+json")).await;
    let client = stub.client();
    client.capture("acme-7-1", "k1", Amount::new(100, "NOK")).await.unwrap();
    client.refund("acme-7-1", "k2", Amount::new(50, "NOK")).await.unwrap();
    client.cancel("acme-7-1", "k3", CancelScope::UnlessAuthorized).await.unwrap();
    client.cancel("acme-7-1", "k4", CancelScope::Remainder).await.unwrap();
    let asked: Vec<_> = stub
        .calls()
        .iter()
        .map(|call| {
            let verb = call.path.strip_prefix("/epayment/v1/payments/acme-7-1/").unwrap().to_owned();
            (call.method.clone(), verb, call.header("idempotency-key").unwrap().to_owned(), call.json())
        })
        .collect();
    let expected = [
        ("capture", "k1", json!({ "modificationAmount": { "value": 100, "currency": "NOK" } })),
        ("refund", "k2", json!({ "modificationAmount": { "value": 50, "currency": "NOK" } })),
        ("cancel", "k3", json!({ "cancelTransactionOnly": true })),
        ("cancel", "k4", json!({ "cancelTransactionOnly": false })),
    ]
    .map(|(verb, key, body)| ("POST".to_owned(), verb.to_owned(), key.to_owned(), body));
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_payment_is_force_approved() {
    let stub = Stub::start(|_| Reply::ok("")).await;
    let number = PhoneNumber::parse("4791234567").unwrap();
    stub.client().force_approve("acme-7-1", &number).await.unwrap();
    assert_eq!(stub.call().path, "/epayment/v1/test/payments/acme-7-1/approve");
    assert_eq!(stub.call().json(), json!({ "customer": { "phoneNumber": "4791234567" } }));
}

#[tokio::test]
async fn a_receipt_is_added_once() {
    for (reply, expected) in [
        (Reply::new(201, r#""16328cb8-d769-4c53-90ad-e19777823f0a""#), Added::Now),
        (Reply::new(409, r#"{"title":"Conflict","detail":"There is one.","instance":""}"#), Added::Already),
    ] {
        let stub = Stub::start(move |_| reply.clone()).await;
        assert_eq!(stub.client().add_receipt("acme-7-1", &receipt()).await.unwrap(), expected);
        let call = stub.call();
        assert_eq!((&*call.method, &*call.path), ("POST", "/order-management/v2/ecom/receipts/acme-7-1"));
        assert_eq!(call.json(), serde_json::to_value(receipt()).unwrap());
        assert_eq!(call.header("idempotency-key"), None);
    }
    let stub = Stub::start(|_| Reply::new(400, "")).await;
    assert!(matches!(stub.client().add_receipt("acme-7-1", &receipt()).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn an_order_gets_its_category_and_its_image() {
    let stub = Stub::start(|call| match &*call.method {
        "GET" => file("order-details.json"),
        "PUT" => Reply::ok(""),
        _ => Reply::new(409, ""),
    })
    .await;
    let client = stub.client();
    let category = Category {
        category: CategoryName::Delivery,
        order_details_url: "https://shop.example/orders/7".to_owned(),
        image_id: Some("mug".to_owned()),
    };
    client.put_category("acme-7-1", &category).await.unwrap();
    assert!(client.order_details("acme-7-1").await.unwrap().receipt.is_some());
    assert_eq!(client.add_image("mug", b"\x89PNG").await.unwrap(), Added::Already);
    let calls = stub.calls();
    assert_eq!(calls[0].path, "/order-management/v2/ecom/categories/acme-7-1");
    assert_eq!(
        calls[0].json(),
        json!({ "category": "DELIVERY", "orderDetailsUrl": "https://shop.example/orders/7", "imageId": "mug" })
    );
    assert_eq!(calls[1].path, "/order-management/v2/ecom/acme-7-1");
    assert_eq!(calls[2].path, "/order-management/v1/images");
    assert_eq!(calls[2].json(), json!({ "imageId": "mug", "src": "iVBORw==", "type": "base64" }));
}

#[tokio::test]
async fn webhooks_are_registered_listed_and_removed() {
    let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    let stub = Stub::start(move |call| match &*call.method {
        "POST" => Reply::new(201, format!(r#"{{"id":"{id}","secret":"a-secret"}}"#)),
        "GET" => Reply::ok(format!(
            r#"{{"webhooks":[{{"id":"{id}","url":"https://shop.example/hooks","events":["epayments.payment.created.v1","user.checked-in.v1"]}}]}}"#
        )),
        _ => Reply::new(204, ""),
    })
    .await;
    let client = stub.client();
    let registration = client
        .register_webhook("https://shop.example/hooks", &[EventName::Authorized, EventName::Cancelled])
        .await
        .unwrap();
    assert_eq!(registration.id, id);
    assert!(!format!("{registration:?}").contains("a-secret"));
    let registered = client.webhooks().await.unwrap();
    assert_eq!(registered[0].events, [EventName::Created, EventName::Other("user.checked-in.v1".to_owned())]);
    client.remove_webhook(id).await.unwrap();

    let calls = stub.calls();
    assert_eq!(calls[0].path, "/webhooks/v1/webhooks");
    assert_eq!(
        calls[0].json(),
        json!({
            "url": "https://shop.example/hooks",
            "events": ["epayments.payment.authorized.v1", "epayments.payment.cancelled.v1"]
        })
    );
    assert_eq!(
        (&*calls[2].method, &*calls[2].path),
        ("DELETE", "/webhooks/v1/webhooks/497f6eca-6276-4993-bfeb-53cbbbba6f08")
    );
    assert_eq!(calls[2].header("content-length"), Some("0"));
}

#[tokio::test]
async fn userinfo_is_requested_without_the_subscription_key() {
    let stub = Stub::start(|_| file("userinfo.json")).await;
    let userinfo = stub.client().userinfo("126684df").await.unwrap();
    assert_eq!(userinfo.phone_number.unwrap().as_str(), "4791234567");
    assert_eq!(stub.call().path, "/vipps-userinfo-api/userinfo/126684df");
    assert_eq!(stub.call().header("ocp-apim-subscription-key"), None);
}

#[tokio::test]
async fn userinfo_is_requested_with_the_key_when_it_is_required_and_the_client_remembers_it() {
    let stub = Stub::start(|call| match call.header("ocp-apim-subscription-key") {
        Some(_) => file("userinfo.json"),
        None => Reply::new(401, ""),
    })
    .await;
    let client = stub.client();
    assert!(client.userinfo("126684df").await.is_ok());
    assert_eq!((stub.calls().len(), stub.token_calls().len()), (2, 1));
    assert!(client.userinfo("126684df").await.is_ok());
    assert_eq!((stub.calls().len(), stub.token_calls().len()), (3, 1));
}

#[tokio::test]
async fn userinfo_is_retried_with_a_new_token_when_the_old_one_has_expired() {
    let stub = Stub::start(|call| match (call.header("ocp-apim-subscription-key"), call.header("authorization")) {
        (None, Some("Bearer token-2")) => file("userinfo.json"),
        _ => Reply::new(401, ""),
    })
    .await;
    assert!(stub.client().userinfo("126684df").await.is_ok());
    assert_eq!((stub.calls().len(), stub.token_calls().len()), (3, 2));
}

#[tokio::test]
async fn userinfo_that_is_refused_stays_refused() {
    let stub = Stub::start(|_| Reply::new(401, "")).await;
    assert!(matches!(stub.client().userinfo("126684df").await, Err(Error::Refused(_))));
    assert_eq!((stub.calls().len(), stub.token_calls().len()), (4, 2));
}

#[tokio::test]
async fn a_qr_code_is_created_and_its_target_is_changed() {
    let stub = Stub::start(|_| {
        Reply::ok(r#"{"id":"bill-7","url":"https://qr.vipps.no/x.svg","redirectUrl":"https://shop.example/pay/7","expiresIn":-1}"#)
    })
    .await;
    let client = stub.client();
    let qr = client.merchant_redirect_qr("bill-7", "https://shop.example/pay/7", None, QrImage::Svg).await.unwrap();
    assert_eq!((&*qr.url, qr.expires_in), ("https://qr.vipps.no/x.svg", Some(-1)));
    let png = QrImage::Png { size: 400 };
    let day = Some(Duration::from_secs(86400));
    client.merchant_redirect_qr("bill-7", "https://shop.example/pay/7", day, png).await.unwrap();
    client.move_merchant_redirect_qr("bill 7/8", "https://shop.example/pay/8", QrImage::Svg).await.unwrap();

    let calls = stub.calls();
    assert_eq!((&*calls[0].path, calls[0].header("accept")), ("/qr/v1/merchant-redirect", Some("image/svg+xml")));
    assert_eq!(calls[0].json(), json!({ "id": "bill-7", "redirectUrl": "https://shop.example/pay/7" }));
    assert_eq!((calls[1].header("accept"), calls[1].header("size")), (Some("image/png"), Some("400")));
    assert_eq!(calls[1].json()["ttl"], 86400);
    assert_eq!((&*calls[2].method, &*calls[2].path), ("PUT", "/qr/v1/merchant-redirect/bill%207%2F8"));
}

#[tokio::test]
async fn a_reference_is_escaped_in_the_path() {
    let stub = Stub::start(|_| file("payment.json")).await;
    let client = stub.client();
    for (reference, path) in [
        ("a/../b?c#d", "/epayment/v1/payments/a%2F..%2Fb%3Fc%23d"),
        ("50% off", "/epayment/v1/payments/50%25%20off"),
        ("blå", "/epayment/v1/payments/bl%C3%A5"),
    ] {
        client.payment(reference).await.unwrap();
        assert_eq!(stub.calls().last().unwrap().path, path);
    }
    let sent = stub.calls().len();
    for reference in ["", ".", ".."] {
        assert!(matches!(client.payment(reference).await, Err(Error::Refused(_))));
    }
    assert_eq!(stub.calls().len(), sent);
}

#[tokio::test]
async fn a_key_that_cannot_be_sent_is_refused_at_once() {
    let stub = Stub::start(|_| Reply::new(201, r#"{"reference":"acme-7-1"}"#)).await;
    let client = stub.client();
    for key in ["", "line\nbreak", &"k".repeat(51)] {
        match client.create_payment(key, &request()).await {
            Err(Error::Refused(problem)) => assert_eq!(problem.status, 0),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((stub.calls().len(), stub.token_calls().len()), (0, 0));
    assert!(client.create_payment(&"k".repeat(50), &request()).await.is_ok());
}

#[tokio::test]
async fn a_timeout_leaves_the_outcome_unknown() {
    let stub = Stub::start(|_| Reply::never()).await;
    let client = Client::new(Config { timeout: Duration::from_secs(1), ..config(&stub.url) }).unwrap();
    client.warm_up().await.unwrap();
    let error = client.capture("acme-7-1", "k1", Amount::new(100, "NOK")).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(Cause::Transport(_))), "{error:?}");
    assert_eq!(stub.calls().len(), 1);
}

#[tokio::test]
async fn an_unreadable_answer_leaves_the_outcome_unknown() {
    for body in ["", "<html>", r#"{"state":"AUTHORIZED"}"#, r#"{"amount":{"value":4791234567.5,"currency":"NOK"}}"#] {
        let stub = Stub::start(move |_| Reply::ok(body)).await;
        let error = stub.client().capture("acme-7-1", "k1", Amount::new(100, "NOK")).await.unwrap_err();
        assert!(matches!(error, Error::Unknown(Cause::Unreadable(_))), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("4791234567"), "{error:?}");
    }
}

#[tokio::test]
async fn a_closed_connection_leaves_the_outcome_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let token = r#"{"expires_in":"3600","access_token":"t"}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{token}", token.len());
        for answer in [answer.as_bytes(), b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"amount\":"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let read = socket.read(&mut [0; 4096]).await.unwrap();
            assert!(read > 0);
            tokio::io::AsyncWriteExt::write_all(&mut socket, answer).await.unwrap();
        }
    });
    let client = Client::new(config(&url)).unwrap();
    client.warm_up().await.unwrap();
    let error = client.payment("acme-7-1").await.unwrap_err();
    assert!(matches!(error, Error::Unknown(Cause::Transport(_))), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_is_retried() {
    let stub = Stub::start(|_| Reply::ok("")).await;
    let client = stub.client();
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let error = Client::new(config(&refused)).unwrap().payment("acme-7-1").await.unwrap_err();
    assert!(matches!(error, Error::Retry { cause: Cause::Transport(_), .. }), "{error:?}");
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");

    // The same for the call itself, once there is a token.
    client.warm_up().await.unwrap();
    drop(stub);
    let error = client.payment("acme-7-1").await.unwrap_err();
    assert!(matches!(error, Error::Retry { .. } | Error::Unknown(_)), "{error:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let stub = Stub::start(|_| Reply::new(307, "").header("location", "/elsewhere")).await;
    let error = stub.client().payment("acme-7-1").await.unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error:?}");
    assert_eq!(stub.calls().len(), 1);
}
