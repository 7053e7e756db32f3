//! Traces at a collector: a payment is one trace, from the page's request to the answer of Vipps MobilePay, without personal data.
//!
//! The tests build the proxy with the feature `otlp`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use kvitt_wire::{Checkout, State};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::shop::{Database, HeldAddress, Process, Stage, eventually, http, log, two_mugs_and_a_tea};

/// A collector on loopback, which records all that it receives.
struct Collector {
    address: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let bodies = received.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let bodies = bodies.clone();
                tokio::spawn(async move {
                    let mut connection = BufReader::new(connection);
                    while let Some(body) = request(&mut connection).await {
                        bodies.lock().unwrap().push(body);
                        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                    }
                });
            }
        });
        Self { address, received }
    }

    /// Every received span, and the received bytes as text.
    fn received(&self) -> (Vec<Span>, String) {
        let bodies = self.received.lock().unwrap();
        let text = bodies.iter().map(|body| String::from_utf8_lossy(body)).collect::<Vec<_>>().join("\n");
        let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        (scopes.flat_map(|scope| scope.spans).collect(), text)
    }
}

/// The body of the next request, or none at the end of the connection.
async fn request(connection: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut length, mut line) = (0, String::new());
    while connection.read_line(&mut line).await.ok().filter(|read| *read > 0)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    Some(body)
}

async fn stage(collector: &str) -> Stage {
    let options = format!("telemetry.otlp_endpoint = \"{collector}\"\npolling.first_ms = 200\nvipps.timeout_ms = 500");
    Stage::set_with(Database::chosen(), &options).await
}

/// A payment, and the trace id of its first request.
async fn pays(stage: &mut Stage, proxy: &Process, traceparent: Option<&str>) -> (Checkout, String) {
    let mut request = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea());
    if let Some(traceparent) = traceparent {
        request = request.header("traceparent", traceparent);
    }
    let answer = request.send().await.unwrap();
    let id = answer.headers()["x-trace-id"].to_str().unwrap().to_owned();
    let order: Checkout = answer.json().await.unwrap();
    stage.vipps.approves(&order.reference).await;
    let path = format!("{}/v1/checkouts/{}", proxy.url, order.token);
    eventually("the confirmation", || async {
        let seen: Checkout = http().get(&path).send().await.ok()?.json().await.ok()?;
        (seen.state == State::Authorized && seen.sharing.phone_number_ending.is_some()).then_some(())
    })
    .await;
    stage.vipps.has_delivered().await;
    (order, id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_payment_is_one_trace_without_personal_data() {
    let collector = Collector::start().await;
    let mut stage = stage(&collector.address).await;
    let proxy = stage.start();
    let (order, id) = pays(&mut stage, &proxy, None).await;
    let (_, theirs) = pays(&mut stage, &proxy, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")).await;
    proxy.ends().await;

    let (spans, text) = collector.received();
    let (trace, others): (Vec<_>, Vec<_>) = spans.iter().partition(|span| hex(&span.trace_id) == id);
    let names: BTreeSet<_> = trace.iter().map(|span| span.name.as_str()).collect();
    for name in ["POST /v1/checkouts", "checkout", "webhook", "create_payment", "look", "vipps create", "vipps get"] {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
    let ids: BTreeSet<_> = trace.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), trace.len());
    let (roots, below): (Vec<&Span>, Vec<&Span>) =
        trace.iter().copied().partition(|span| span.parent_span_id.is_empty());
    assert_eq!(roots.len(), 1, "{roots:#?}");
    assert_eq!((roots[0].name.as_str(), roots[0].kind), ("POST /v1/checkouts", SpanKind::Server as i32));
    for span in below {
        assert!(ids.contains(&span.parent_span_id), "the span has no parent: {span:#?}");
    }
    let caller = others.iter().find(|span| hex(&span.parent_span_id) == "b7ad6b7169203331");
    assert_eq!(hex(&caller.expect("a child of the caller's span").trace_id), theirs);
    assert!(others.iter().any(|span| span.name == "GET /v1/checkouts/{token}"), "the route without the token");

    log::is_clean(&text);
    assert!(!text.contains(&order.token));
    stage.vipps.close().await;
}

#[tokio::test]
async fn an_unreachable_collector_delays_nothing() {
    let away = HeldAddress::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for address in [away.to_string(), silent.local_addr().unwrap().to_string()] {
        let mut stage = stage(&format!("http://{address}")).await;
        let proxy = stage.start();
        pays(&mut stage, &proxy, None).await;
        let ending = tokio::time::timeout(std::time::Duration::from_secs(15), proxy.ends());
        let log = ending.await.expect("it stops without a collector");
        assert_eq!(log.matches("traces do not reach the collector").count(), 1, "{log}");
        assert!(!log.contains("panicked"), "{log}");
        stage.vipps.close().await;
    }
}
