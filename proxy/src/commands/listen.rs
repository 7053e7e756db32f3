//! `kvitt listen`: what happens at a running proxy, printed as it does, and forwarded to a backend on this machine: signed as the relay
//! signs it, one at a time and in order. What the backend says changes nothing at the proxy.
//!
//! It follows the stream of events with a shop key, and goes on after the last one that it has seen when the stream is closed or lost.

mod stream;

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Instant;

use super::caller::{self, Proxy};
use super::serve::stop_on_signal;
use super::shown::{BAD, GOOD, QUIET, styled};
use crate::base::clock;
use crate::checkout::Moment;
use crate::shop::relay;
use stream::{Frame, Frames};

/// How long to wait before the stream is opened again: the first time, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// What is followed, and where it goes.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    proxy: Proxy,
    /// Post each event there, signed by Standard Webhooks.
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// What is forwarded is signed with it; a new one, which is printed, when absent.
    #[arg(long, value_name = "WHSEC", env = "KVITT_SECRET", hide_env_values = true)]
    secret: Option<SecretString>,
    /// Only these kinds, separated by commas.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    events: Vec<String>,
    /// Begin with what has happened since then, such as 2027-01-31T12:00:00Z; with what happens from now on when absent.
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    since: Option<Moment>,
    /// End after so many events.
    #[arg(long)]
    count: Option<u64>,
    /// Print each event as a line of JSON, and what became of it to standard error.
    #[arg(long)]
    print_json: bool,
}

/// What the stream says of an event.
#[derive(Deserialize)]
struct Event<'a> {
    id: String,
    r#type: String,
    timestamp: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Runs until it is told to stop, or has seen enough.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let secret = asked.secret.clone().unwrap_or_else(relay::new_secret);
    ensure!(
        relay::signatures(std::slice::from_ref(&secret), "", 0, "").is_some(),
        "a secret is whsec_ and base64, as `kvitt endpoints add` prints it"
    );
    if asked.forward_to.is_some() && asked.secret.is_none() {
        eprintln!("signed with {}", secret.expose_secret());
    }
    let http = caller::client()?;
    let mut listener = Listener { last: asked.since.map(|_| "0".to_owned()), seen: 0, http, secret, asked };
    match stop_on_signal()?.run_until_cancelled(listener.listen()).await {
        Some(ended) => ended,
        None => Ok(()),
    }
}

struct Listener {
    asked: Asked,
    http: Client,
    secret: SecretString,
    /// The last event that was seen, by its place.
    last: Option<String>,
    /// How many were shown.
    seen: u64,
}

impl Listener {
    async fn listen(&mut self) -> anyhow::Result<()> {
        let mut pause = PAUSE.0;
        loop {
            match self.open().await? {
                Some(response) => {
                    pause = PAUSE.0;
                    eprintln!("listening to {}", self.asked.proxy.at(""));
                    if self.follow(response).await? {
                        return Ok(());
                    }
                }
                None => pause = (pause * 2).min(PAUSE.1),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// The stream; none when it is worth trying again.
    async fn open(&self) -> anyhow::Result<Option<Response>> {
        let mut request = self.http.get(self.asked.proxy.at("/v1/shop/events/stream"));
        if let Some(last) = &self.last {
            request = request.header("last-event-id", last);
        }
        let response = match self.asked.proxy.sign(request)?.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_timeout() => {
                eprintln!("the proxy does not answer; trying again");
                return Ok(None);
            }
            Err(error) => return Err(error).context("the proxy's address"),
        };
        match response.status() {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::UNAUTHORIZED => bail!("the proxy does not know the key, or it has been revoked"),
            status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
                eprintln!("the proxy answers {status}; trying again");
                Ok(None)
            }
            status => bail!("the proxy answers {status}: {}", response.text().await.unwrap_or_default()),
        }
    }

    /// Whether enough has been seen, when the stream has ended.
    async fn follow(&mut self, mut response: Response) -> anyhow::Result<bool> {
        let mut frames = Frames::default();
        while let Ok(Some(bytes)) = response.chunk().await {
            for Frame { id, data } in frames.take(&bytes) {
                if let Some(data) = data {
                    self.tell(&data).await?;
                }
                // Only now: one that was not told before somebody stopped this is told the next time.
                self.last = id.or(self.last.take());
                if self.asked.count.is_some_and(|count| self.seen >= count) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn tell(&mut self, data: &str) -> anyhow::Result<()> {
        let event: Event<'_> = serde_json::from_str(data).context("the proxy sends something else than events")?;
        let early = |since: Moment| clock::parse(&event.timestamp).is_some_and(|at| at < since);
        let unwanted = !self.asked.events.is_empty() && !self.asked.events.contains(&event.r#type);
        if unwanted || self.asked.since.is_some_and(early) {
            return Ok(());
        }
        self.seen += 1;
        let said = match &self.asked.forward_to {
            Some(url) => format!("  {}", self.forward(url, &event).await),
            None => String::new(),
        };
        if self.asked.print_json {
            println!("{data}");
            eprint!("{}", if said.is_empty() { said } else { format!("{} {said}\n", event.id) });
            return Ok(());
        }
        let data: serde_json::Value = serde_json::from_str(event.data.get())?;
        let about = data["reference"].as_str().or(data["endpoint"].as_str()).unwrap_or_default();
        anstream::println!("{}  {:24}  {about}{said}", styled(QUIET, &event.timestamp), event.r#type);
        Ok(())
    }

    /// Posts it, and says what came of it.
    async fn forward(&self, url: &str, event: &Event<'_>) -> String {
        let body = format!(
            r#"{{"type":{},"timestamp":{},"data":{}}}"#,
            serde_json::json!(event.r#type),
            serde_json::json!(event.timestamp),
            event.data.get()
        );
        let timestamp_s = clock::now().0 / 1000;
        let secrets = std::slice::from_ref(&self.secret);
        let signature = relay::signatures(secrets, &event.id, timestamp_s, &body).expect("it was tried at the start");
        let begun = Instant::now();
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &event.id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signature)
            .body(body);
        let answer = request.send().await;
        let took = begun.elapsed().as_millis();
        match answer {
            Ok(answer) => {
                let style = if answer.status().is_success() { GOOD } else { BAD };
                format!("{} in {took} ms", styled(style, answer.status()))
            }
            Err(error) => styled(BAD, if error.is_timeout() { "no answer in time" } else { "no answer" }),
        }
    }
}
