//! The HTTP client that sends batches to the collector; it has the same TLS as the calls to Vipps MobilePay.
//!
//! The exporter's thread is not part of the async runtime. It waits while the runtime sends the request.

use std::iter;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// The time limit for one batch, with its retries.
pub(super) const TIMEOUT: Duration = Duration::from_secs(4);

/// The client.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    /// A client for the collector at an address. Must be called within the runtime.
    pub(super) fn new(endpoint: &str) -> anyhow::Result<Self> {
        // It fails when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if endpoint.starts_with("http://") {
            // A collector nearby: it needs no certificates and no proxy.
            http = http.tls_certs_only(iter::empty()).no_proxy();
        }
        Ok(Self { http: http.build()?, runtime: Handle::current() })
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (http, request) = (self.http.clone(), request.try_into()?);
        let answer = self.runtime.spawn(async move {
            let answer = http.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = answer.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}
