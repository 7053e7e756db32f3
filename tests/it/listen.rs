//! `kvitt listen` forwards events to a backend on the developer's machine, signed like real deliveries.

use std::process::{Command, Output, Stdio};

use kvitt_wire::State;
use serde_json::Value;

use crate::shop::{Answer, PHONE_NUMBER, Receiver, Shop, eventually, log};

/// The running command, which ends by itself.
struct Listening(std::process::Child);

impl Listening {
    fn to(shop: &Shop, key: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
        command.arg("listen").args(arguments).env("KVITT_URL", &shop.url).env("KVITT_KEY", key);
        // Nothing listens at this address: the command must not use the proxy settings.
        command.env("http_proxy", "http://127.0.0.1:9").env_remove("no_proxy").env_remove("NO_PROXY");
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    async fn ends(self) -> (Output, String, String) {
        let output = tokio::task::spawn_blocking(move || self.0.wait_with_output().unwrap()).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        (output, out, err)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_and_live_events_are_forwarded_in_order_and_signed() {
    // Streams end while it listens, so that it has to resume at its cursor.
    let shop = Shop::open_with("limits.stream_age_ms = 300").await;
    let key = shop.key("laptop").await;
    let receiver = Receiver::answering([Answer::Status(204), Answer::Status(500)]).await;
    let order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    // Not on the stream, which may end first.
    let is_paid = || async { (shop.stored(&order).await.current().state == State::Authorized).then_some(()) };
    eventually("it is paid", is_paid).await;
    let arguments = ["--forward-to", &receiver.url, "--since", "2020-01-01T00:00:00Z", "--count", "4"];
    let listening = Listening::to(&shop, &key, &arguments);
    receiver.receives(2).await;
    let reference = order.reference().to_owned();
    shop.runs(&["orders", "capture", &reference, "--amount", "100.00"]).await.succeeded();
    shop.runs(&["orders", "capture", &reference, "--amount", "200.00"]).await.succeeded();
    let (output, out, err) = listening.ends().await;
    assert!(output.status.success(), "{out}{err}");

    let received = receiver.received();
    let secret = err.lines().find_map(|line| line.strip_prefix("signed with ")).unwrap().to_owned();
    log::hide(&secret);
    assert_eq!(received.len(), 4, "{out}");
    let events: Vec<_> =
        received.iter().map(|event| (event.kind(), event.json()["data"]["aggregate"]["captured"].clone())).collect();
    let paid: Vec<_> = events[..2].iter().map(|(kind, _)| kind.as_str()).collect();
    assert!(paid.contains(&"checkout.authorized") && paid.contains(&"customer.shared"), "{events:?}");
    assert_eq!(
        events[2..],
        [("payment.captured".to_owned(), 10_000.into()), ("payment.captured".to_owned(), 30_000.into())]
    );
    for event in &received {
        assert!(event.is_signed_with(&secret), "{event:?}");
        assert!(!event.body.contains(PHONE_NUMBER));
    }
    let lines: Vec<_> = out.lines().collect();
    assert!(lines.len() == 4 && lines.iter().all(|line| line.contains(&reference)), "{out}");
    assert!(lines[0].contains("204 No Content in ") && lines[1].contains("500 Internal Server Error in "), "{out}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_chosen_events_are_printed_and_a_key_is_required() {
    let shop = Shop::open().await;
    let key = shop.key("laptop").await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.runs(&["orders", "cancel", order.reference()]).await.succeeded();
    let arguments =
        ["--since", "2020-01-01T00:00:00Z", "--events", "payment.cancelled", "--print-json", "--count", "1"];
    let (output, out, _) = Listening::to(&shop, &key, &arguments).ends().await;
    let event: Value = serde_json::from_str(&out).unwrap();
    assert!(output.status.success() && event["type"] == "payment.cancelled", "{out}");
    assert_eq!(event["data"]["reference"], order.reference());

    let (output, _, err) = Listening::to(&shop, "kvitt_abcdefgh_none", &[]).ends().await;
    assert!(output.status.code() == Some(1) && err.contains("does not know the key"), "{err}");
    let (output, _, err) = Listening::to(&shop, &key, &["--secret", "mine"]).ends().await;
    assert!(output.status.code() == Some(1) && err.contains("a secret must be whsec_"), "{err}");
    shop.close().await;
}
