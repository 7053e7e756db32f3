//! What the log contains about a call, and what it must never contain.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use kvitt_vipps::{CreatePayment, Customer, PhoneNumber, UserFlow};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt};

use crate::{
    files::raw_body,
    stub::{Reply, Stub},
};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_call_logs_one_line_without_personal_data_or_secrets() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let everything = Targets::new().with_target("kvitt_vipps", tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer).with(everything));

    let number = PhoneNumber::parse("4791234567").unwrap();
    let problem = r#"{"title":"Invalid phone number 4791234567","status":400,
        "extraDetails":[{"name":"ErrorCode","reason":"4070"}],"traceId":"00-813b63975adcaaeef2b0ec7c103c40e3-706492e906541d31-01"}"#;
    let stub = Stub::start(move |call| {
        if call.path.contains("userinfo") {
            Reply::ok(String::from_utf8(raw_body("userinfo.json")).unwrap())
        } else {
            Reply::new(400, problem)
        }
    })
    .await;
    let request = CreatePayment {
        customer: Some(Customer::PhoneNumber(number)),
        ..CreatePayment::new(kvitt_vipps::Amount::new(100, "NOK"), "acme-7-1", UserFlow::PushMessage)
    };
    // Once before it counts: a line that another test was first to reach, just now, may be taken for one that nobody wants.
    for _ in 0..2 {
        tracing::callsite::rebuild_interest_cache();
        lines.0.lock().unwrap().clear();
        let client = stub.client();
        client.userinfo("126684df-c056-4625-821d-f2905febe3f9").await.unwrap();
        client.create_payment("key", &request).await.unwrap_err();
    }

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    for (line, words) in [
        (lines[0], &["DEBUG", "method=\"POST\"", "path=\"/accesstoken/get\"", "status=200", "latency_ms="][..]),
        (lines[1], &["DEBUG", "method=\"GET\"", "path=\"/vipps-userinfo-api/userinfo/{sub}\"", "status=200"]),
        (
            lines[2],
            &[
                "WARN",
                "path=\"/epayment/v1/payments\"",
                "status=400",
                "code=4070",
                "vipps_trace_id=\"00-813b63975adcaaeef2b0ec7c103c40e3",
            ],
        ),
    ] {
        for word in words {
            assert!(line.contains(word), "{word} in {line}");
        }
    }
    for private in ["4791234567", "126684df", "token-1", "the-client", "the-subscription", "kari@"] {
        assert!(!log.contains(private), "{private} in {log}");
    }
}
