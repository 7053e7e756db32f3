//! The access token: fetched once for all callers, renewed before it expires, never stored outside memory. Its age is the time since it came, by a
//! monotonic clock, so a wrong wall clock does no harm.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Method, header::HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{request::Request, transport::Transport};
use crate::{Error, error::Cause, tolerant};

/// A token is renewed when less than this is left, or less than a tenth of its lifetime.
const MARGIN: Duration = Duration::from_secs(60);

/// The pause after a failed renewal, while the old token is still valid and used.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

pub(super) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(super) authorization: HeaderValue,
    received: Instant,
    lifetime: Duration,
}

impl Token {
    fn left(&self, now: Instant) -> Duration {
        self.lifetime.saturating_sub(now.saturating_duration_since(self.received))
    }

    /// At most half the lifetime is margin, so that a very short one is usable too.
    fn is_fresh(&self, now: Instant) -> bool {
        let margin = MARGIN.max(self.lifetime / 10).min(self.lifetime / 2);
        self.left(now) > margin
    }
}

/// The one token of a client. The lock is held while fetching: callers that come meanwhile wait and share the outcome, also a failure.
#[derive(Default)]
pub(super) struct Cache(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    token: Option<Arc<Token>>,
    failure: Option<(Instant, Error)>,
}

impl Cache {
    /// Removes this very token; one that was fetched since stays.
    pub(super) async fn discard(&self, token: &Arc<Token>) {
        self.0.lock().await.token.take_if(|current| Arc::ptr_eq(current, token));
    }

    /// A valid token: the one at hand, or a new one.
    pub(super) async fn get(&self, transport: &Transport) -> Result<Arc<Token>, Error> {
        let arrived = Instant::now();
        let mut slot = self.0.lock().await;
        let now = Instant::now();
        let valid = slot.token.clone().filter(|token| !token.left(now).is_zero());
        if let Some(token) = valid.clone().filter(|token| token.is_fresh(now)) {
            return Ok(token);
        }
        if let Some((failed, error)) = &slot.failure {
            match &valid {
                Some(token) if now.saturating_duration_since(*failed) < RETRY_PAUSE => return Ok(token.clone()),
                None if *failed >= arrived => return Err(error.clone()),
                _ => {}
            }
        }
        match fetch(transport).await {
            Ok(token) => {
                let token = Arc::new(token);
                *slot = Slot { token: Some(token.clone()), failure: None };
                Ok(token)
            }
            Err(error) => {
                slot.failure = Some((Instant::now(), error.clone()));
                valid.ok_or(error)
            }
        }
    }
}

async fn fetch(transport: &Transport) -> Result<Token, Error> {
    #[derive(Deserialize)]
    struct Issued {
        access_token: String,
        #[serde(deserialize_with = "tolerant::integer")]
        expires_in: i64,
    }
    let request = Request::new(Method::POST, "/accesstoken/get".to_owned()).headers(&transport.headers.credentials);
    let answer = transport.exchange(&request, None).await?;
    let received = Instant::now();
    let issued: Issued = answer.json()?;
    let authorization = HeaderValue::from_str(&format!("Bearer {}", issued.access_token));
    let mut authorization = authorization.map_err(|_| Error::Retry {
        after: None,
        cause: Cause::Unreadable("the token cannot be sent as a header".to_owned()),
    })?;
    authorization.set_sensitive(true);
    Ok(Token { authorization, received, lifetime: Duration::from_secs(issued.expires_in.try_into().unwrap_or(0)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        for (lifetime, fresh_until) in [(86_400, 77_760), (3_600, 3_240), (300, 240), (60, 30), (0, 0)] {
            let received = Instant::now();
            let token = Token {
                authorization: HeaderValue::from_static("Bearer t"),
                received,
                lifetime: Duration::from_secs(lifetime),
            };
            let after = |seconds| received + Duration::from_secs(seconds);
            assert!(fresh_until == 0 || token.is_fresh(after(fresh_until - 1)), "{lifetime}");
            assert!(!token.is_fresh(after(fresh_until)), "{lifetime}");
            assert!(token.left(after(lifetime)).is_zero(), "{lifetime}");
        }
    }
}
