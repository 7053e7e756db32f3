//! The server: addresses, limits, and the conditions of readiness.

use std::time::Duration;

use url::Url;

use super::reader::Reader;

/// Addresses and limits of the server.
#[derive(Clone, Debug)]
pub struct Http {
    /// The address and port to listen on.
    pub listen: String,
    /// The URL under which customers and Vipps MobilePay reach the proxy, without a slash at the end.
    pub public_url: String,
    /// The path of the URL, without a slash at the end; empty at the root.
    pub path: String,
    /// The origins whose pages may call the proxy, including its own.
    pub allowed_origins: Vec<String>,
    /// The address for the operators' routes; none: the public address, for clients on this machine.
    pub metrics_listen: Option<String>,
    /// How long what the operators' routes read from the database is kept.
    pub metrics_kept: Duration,
    /// Limits of requests, streams and connections.
    pub limits: Limits,
    /// The conditions of readiness.
    pub ready: Ready,
    /// Whether the demo shop is served.
    pub demo_site: bool,
}

impl Http {
    pub(super) fn read(top: &mut Reader<'_>, public_url: String, allowed_origins: Vec<String>, limits: Limits) -> Self {
        let (metrics_listen, metrics_kept) = top.section("metrics", |metrics| {
            let kept_ms = metrics.between("cache_ms", 0, 3_600_000);
            (metrics.optional_listen("listen"), Duration::from_millis(kept_ms.unsigned_abs()))
        });
        Self {
            listen: top.listen("listen"),
            path: path_of(&public_url),
            public_url,
            allowed_origins,
            metrics_listen,
            metrics_kept,
            limits,
            ready: top.section("ready", Ready::read),
            demo_site: top.section("site", |site| site.flag("demo")),
        }
    }
}

/// The beginnings of the proxy's own paths. Where `public_url` began with one, nobody could tell which of the two is meant.
const OWN: [&str; 7] = ["callbacks", "desk", "docs", "pay", "pkg", "return", "v1"];

/// The path of `public_url`, without a slash at the end.
pub(super) fn path_of(public_url: &str) -> String {
    Url::parse(public_url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// Whether the path of a URL begins like a path of the proxy.
pub(super) fn begins_like_own(public_url: &str) -> bool {
    path_of(public_url).split('/').nth(1).is_some_and(|first| OWN.contains(&first))
}

/// Limits of requests, streams and connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// How long a request waits for Vipps MobilePay.
    pub wait: Duration,
    /// The most open streams of pages in all.
    pub streams: usize,
    /// The most open streams of pages from one client address.
    pub streams_per_address: usize,
    /// The most open streams of the shop's machines and desks.
    pub shop_streams: usize,
    /// The most open streams for one checkout.
    pub streams_per_checkout: usize,
    /// The most open orders of pages that nobody has paid yet, in all.
    pub idle_offers: u32,
    /// The age at which the proxy closes a stream, unless it is that of a paid order.
    pub stream_age: Duration,
    /// The longest time without a byte on a stream.
    pub heartbeat: Duration,
    /// The most open connections.
    pub connections: usize,
    /// How long a client may take to send a request's head, from its first byte, and then its body.
    pub header: Duration,
    /// How long a connection may be without a request.
    pub idle: Duration,
    /// How long a client may take nothing of an answer that waits for it.
    pub write: Duration,
}

impl Limits {
    pub(super) fn read(limits: &mut Reader<'_>) -> Self {
        Self {
            body_bytes: limits.count("body_bytes"),
            wait: limits.duration("wait_ms"),
            streams: limits.count("streams"),
            streams_per_address: limits.count("streams_per_address"),
            shop_streams: limits.count("shop_streams"),
            streams_per_checkout: limits.count("streams_per_checkout"),
            idle_offers: u32::try_from(limits.positive("idle_offers")).unwrap_or(u32::MAX),
            stream_age: limits.duration("stream_age_ms"),
            heartbeat: limits.duration("heartbeat_ms"),
            connections: limits.count("connections"),
            header: limits.duration("header_ms"),
            idle: limits.duration("idle_ms"),
            write: limits.duration("write_ms"),
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
