//! The server: addresses, limits, and the conditions of readiness.

use std::time::Duration;

use super::reader::Reader;

/// Addresses and limits of the server.
#[derive(Clone, Debug)]
pub struct Http {
    /// The address and port to listen on.
    pub listen: String,
    /// The URL under which customers and Vipps MobilePay reach the proxy, without a slash at the end.
    pub public_url: String,
    /// The origins whose pages may call the proxy, including its own.
    pub allowed_origins: Vec<String>,
    /// The address for the operators' routes; none: the public address.
    pub metrics_listen: Option<String>,
    /// Limits of requests, streams and connections.
    pub limits: Limits,
    /// The conditions of readiness.
    pub ready: Ready,
    /// Whether the demo shop is served.
    pub demo_site: bool,
}

impl Http {
    pub(super) fn read(top: &mut Reader<'_>, public_url: String, allowed_origins: Vec<String>, limits: Limits) -> Self {
        Self {
            listen: top.listen("listen"),
            public_url,
            allowed_origins,
            metrics_listen: top.section("metrics", |metrics| metrics.optional_listen("listen")),
            limits,
            ready: top.section("ready", Ready::read),
            demo_site: top.section("site", |site| site.flag("demo")),
        }
    }
}

/// Limits of requests, streams and connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// How long a request waits for Vipps MobilePay.
    pub wait: Duration,
    /// The most open streams in all.
    pub streams: usize,
    /// The most open streams for one checkout.
    pub streams_per_checkout: usize,
    /// The age at which the proxy closes a stream.
    pub stream_age: Duration,
    /// The interval of a stream's heartbeats.
    pub heartbeat: Duration,
    /// The most open connections.
    pub connections: usize,
    /// How long a client may take to send a request's head, and then its body.
    pub header: Duration,
}

impl Limits {
    pub(super) fn read(limits: &mut Reader<'_>) -> Self {
        Self {
            body_bytes: limits.count("body_bytes"),
            wait: limits.duration("wait_ms"),
            streams: limits.count("streams"),
            streams_per_checkout: limits.count("streams_per_checkout"),
            stream_age: limits.duration("stream_age_ms"),
            heartbeat: limits.duration("heartbeat_ms"),
            connections: limits.count("connections"),
            header: limits.duration("header_ms"),
        }
    }
}

/// The conditions of readiness.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// How long the most overdue effect may be overdue, in milliseconds.
    pub outbox_overdue_ms: i64,
    /// The least free space on the disk of the SQLite file, in bytes.
    pub free_bytes: u64,
}

impl Ready {
    pub(super) fn read(ready: &mut Reader<'_>) -> Self {
        let free_bytes = ready.between("free_bytes", 1, i64::MAX).unsigned_abs();
        Self { outbox_overdue_ms: ready.positive("outbox_overdue_ms"), free_bytes }
    }
}
