//! How batches get to the collector: by the HTTP client and the TLS that the calls to Vipps MobilePay use too.
//!
//! The exporter's thread is none of the runtime's and only waits; the sending itself runs there.

use std::iter;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// How long a batch may take, tried again or not.
pub(super) const TIMEOUT: Duration = Duration::from_secs(4);

/// Sends batches.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    /// For a collector at an address; must be called in the runtime.
    pub(super) fn new(endpoint: &str) -> anyhow::Result<Self> {
        // Losing the race against another installer is as good as winning it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if endpoint.starts_with("http://") {
            // One near by: no certificates have to be installed for it, and no proxy leads there.
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
