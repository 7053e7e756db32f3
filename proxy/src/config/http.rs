//! How requests are answered: addresses, limits, and what it takes to be ready.

use std::time::Duration;

use super::reader::Reader;

/// How requests are answered.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where to listen.
    pub listen: String,
    /// How customers and Vipps MobilePay reach the proxy, without a slash at the end.
    pub public_url: String,
    /// The origins whose pages may call the proxy, its own included.
    pub allowed_origins: Vec<String>,
    /// Where operators are answered; none: where the public is.
    pub metrics_listen: Option<String>,
    /// What a request or connection may take at most.
    pub limits: Limits,
    /// What it takes to be ready.
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

/// What a request or connection may take at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// How long a request waits for Vipps MobilePay.
    pub wait: Duration,
    /// Open streams in all.
    pub streams: usize,
    /// Open streams on one checkout.
    pub streams_per_checkout: usize,
    /// The age at which a stream is closed.
    pub stream_age: Duration,
    /// The interval of a stream's heartbeats.
    pub heartbeat: Duration,
    /// Open connections.
    pub connections: usize,
    /// How long a request's head may take, and then its body.
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

/// What it takes to be ready.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// How late the most overdue effect may be, in milliseconds.
    pub outbox_overdue_ms: i64,
    /// How much room there must be beside the SQLite file, in bytes.
    pub free_bytes: u64,
}

impl Ready {
    pub(super) fn read(ready: &mut Reader<'_>) -> Self {
        let free_bytes = ready.between("free_bytes", 1, i64::MAX).unsigned_abs();
        Self { outbox_overdue_ms: ready.positive("outbox_overdue_ms"), free_bytes }
    }
}
