//! Userinfo: what a customer consented to share. The documentation both forbids and demands the subscription key here, so the first request
//! goes without it, and a 401 is followed by one with it; what worked is used first the next time. The path identifies the customer and is
//! never logged.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    Client,
    request::{Request, segment},
    token::Token,
    transport::is_unauthorized,
};
use crate::{Error, Userinfo};

impl Client {
    /// What the customer consented to share, for 168 hours from the consent. `sub` comes with the payment.
    pub async fn userinfo(&self, sub: &str) -> Result<Userinfo, Error> {
        let path = format!("/vipps-userinfo-api/userinfo/{}", segment(sub)?);
        let token = self.token().await?;
        match self.userinfo_with(&path, &token).await {
            Err(error) if is_unauthorized(&error) => {
                self.discard(&token).await;
                let token = self.token().await?;
                self.userinfo_with(&path, &token).await
            }
            outcome => outcome,
        }
    }

    /// Tries without the subscription key and with it; what worked last comes first.
    async fn userinfo_with(&self, path: &str, token: &Token) -> Result<Userinfo, Error> {
        let wants_key = self.0.userinfo_wants_key.load(Relaxed);
        let request = Request::get(path).logged_as("/vipps-userinfo-api/userinfo/{sub}").subscription_key(wants_key);
        match self.exchange(&request, token).await {
            Err(error) if is_unauthorized(&error) => {
                let answer = self.exchange(&request.subscription_key(!wants_key), token).await?;
                tracing::info!(
                    subscription_key = !wants_key,
                    "Userinfo accepted the request with the other choice about the subscription key"
                );
                self.0.userinfo_wants_key.store(!wants_key, Relaxed);
                answer.json()
            }
            outcome => outcome?.json(),
        }
    }
}
