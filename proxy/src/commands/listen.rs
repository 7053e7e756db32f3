//! `kvitt listen`: prints the events of a running proxy as they happen, and forwards them to a local backend.
//!
//! It reads the proxy's event stream with a shop key, and continues after the last event when the stream ends. It signs forwarded events as the
//! relay does, and sends them one at a time and in order. The backend's response changes nothing at the proxy.

mod stream;

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Instant;

use super::caller::{self, Proxy};
use super::output::{BAD, GOOD, QUIET, styled};
use super::serve::stop_on_signal;
use crate::base::clock;
use crate::checkout::Moment;
use crate::config::trim;
use crate::shop::relay;
use stream::{Frame, Frames};

/// The pause before reconnecting: the first one, and the longest one.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    proxy: Proxy,
    /// Post each event to this URL, signed as Standard Webhooks
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Secret that signs forwarded events [default: a new one, which is printed]
    #[arg(long, value_name = "WHSEC", env = "KVITT_SECRET", hide_env_values = true)]
    secret: Option<SecretString>,
    /// Only events of these types, separated by commas
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    events: Vec<String>,
    /// Begin with the events since a time, such as 2027-01-31T12:00:00Z [default: from now on]
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    since: Option<Moment>,
    /// Exit after this many events
    #[arg(long)]
    count: Option<u64>,
    /// Print each event as a line of JSON, and the response to a forwarded one to standard error
    #[arg(long)]
    print_json: bool,
}

/// An event of the stream.
#[derive(Deserialize)]
struct Event<'a> {
    id: String,
    r#type: String,
    timestamp: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Runs until a signal stops it, or `--count` events were printed.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let given = args.secret.as_ref().map(|secret| SecretString::from(trim(secret.expose_secret())));
    let secret = given.unwrap_or_else(relay::new_secret);
    ensure!(
        relay::signatures(std::slice::from_ref(&secret), "", 0, "").is_some(),
        "a secret must be whsec_ and base64, as `kvitt endpoints add` prints it"
    );
    if args.forward_to.is_some() && args.secret.is_none() {
        eprintln!("signed with {}", secret.expose_secret());
    }
    let http = caller::client()?;
    let mut listener = Listener { last: args.since.map(|_| "0".to_owned()), seen: 0, http, secret, args };
    match stop_on_signal()?.run_until_cancelled(listener.listen()).await {
        Some(result) => result,
        None => Ok(()),
    }
}

struct Listener {
    args: Args,
    http: Client,
    secret: SecretString,
    /// The cursor of the last event.
    last: Option<String>,
    /// How many events were printed.
    seen: u64,
}

impl Listener {
    async fn listen(&mut self) -> anyhow::Result<()> {
        let mut pause = PAUSE.0;
        loop {
            match self.open().await? {
                Some(response) => {
                    pause = PAUSE.0;
                    if self.last.is_none() {
                        // Where "now" is, should the connection break before the first event.
                        let cursor = response.headers().get("kvitt-cursor").and_then(|cursor| cursor.to_str().ok());
                        self.last = cursor.map(str::to_owned);
                    }
                    eprintln!("listening to {}", self.args.proxy.at(""));
                    if self.follow(response).await? {
                        return Ok(());
                    }
                }
                None => pause = (pause * 2).min(PAUSE.1),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Opens the stream; none when a retry may succeed.
    async fn open(&self) -> anyhow::Result<Option<Response>> {
        let mut request = self.http.get(self.args.proxy.at("/v1/shop/events/stream"));
        if let Some(last) = &self.last {
            request = request.header("last-event-id", last);
        }
        let response = match self.args.proxy.authorize(request)?.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_timeout() => {
                eprintln!("the proxy does not answer; retrying");
                return Ok(None);
            }
            Err(error) => return Err(error).context("the proxy's address"),
        };
        match response.status() {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::UNAUTHORIZED => bail!("the proxy does not know the key, or the key is revoked"),
            status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
                eprintln!("the proxy answers {status}; retrying");
                Ok(None)
            }
            status => bail!("the proxy answers {status}: {}", response.text().await.unwrap_or_default()),
        }
    }

    /// Reads the stream to its end. True when `--count` events were printed.
    async fn follow(&mut self, mut response: Response) -> anyhow::Result<bool> {
        let mut frames = Frames::default();
        while let Ok(Some(bytes)) = response.chunk().await {
            for Frame { id, data } in frames.take(&bytes) {
                if let Some(data) = data {
                    self.handle(&data).await?;
                }
                // Only now: an event that was not handled before an interruption is handled after it.
                self.last = id.or(self.last.take());
                if self.args.count.is_some_and(|count| self.seen >= count) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Prints and forwards an event, unless the filters exclude it.
    async fn handle(&mut self, data: &str) -> anyhow::Result<()> {
        let event: Event<'_> = serde_json::from_str(data).context("the proxy sends something other than events")?;
        let early = |since: Moment| clock::parse(&event.timestamp).is_some_and(|at| at < since);
        let filtered = !self.args.events.is_empty() && !self.args.events.contains(&event.r#type);
        if filtered || self.args.since.is_some_and(early) {
            return Ok(());
        }
        self.seen += 1;
        let result = match &self.args.forward_to {
            Some(url) => format!("  {}", self.forward(url, &event).await),
            None => String::new(),
        };
        if self.args.print_json {
            println!("{data}");
            eprint!("{}", if result.is_empty() { result } else { format!("{} {result}\n", event.id) });
            return Ok(());
        }
        let data: serde_json::Value = serde_json::from_str(event.data.get())?;
        let about = data["reference"].as_str().or(data["endpoint"].as_str()).unwrap_or_default();
        anstream::println!("{}  {:24}  {about}{result}", styled(QUIET, &event.timestamp), event.r#type);
        Ok(())
    }

    /// Forwards an event, and describes the response.
    async fn forward(&self, url: &str, event: &Event<'_>) -> String {
        let body = format!(
            r#"{{"type":{},"timestamp":{},"data":{}}}"#,
            serde_json::json!(event.r#type),
            serde_json::json!(event.timestamp),
            event.data.get()
        );
        let timestamp_s = clock::now().0 / 1000;
        let secrets = std::slice::from_ref(&self.secret);
        let signature =
            relay::signatures(secrets, &event.id, timestamp_s, &body).expect("the secret was validated at the start");
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
            Err(error) => styled(BAD, if error.is_timeout() { "timeout" } else { "no response" }),
        }
    }
}
