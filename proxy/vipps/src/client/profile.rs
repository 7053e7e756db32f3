//! Userinfo. The documentation says both that the subscription key must not be sent here and that it must: so it is left out, and put in when that
//! is answered with 401. What worked is remembered for the next time. The path names the customer and is not logged.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    Client,
    exchange::{Request, is_unauthorized, segment},
};
use crate::{Error, Userinfo};

impl Client {
    /// What the customer consented to share, for 168 hours from the consent. `sub` comes with the payment.
    pub async fn userinfo(&self, sub: &str) -> Result<Userinfo, Error> {
        let path = format!("/vipps-userinfo-api/userinfo/{}", segment(sub)?);
        let token = self.token().await?;
        match self.userinfo_with(&path, &token).await {
            Err(error) if is_unauthorized(&error) => {
                self.0.tokens.forget(&token).await;
                let token = self.token().await?;
                self.userinfo_with(&path, &token).await
            }
            outcome => outcome,
        }
    }

    /// Without the key and with it, in the order that last worked.
    async fn userinfo_with(&self, path: &str, token: &super::token::Token) -> Result<Userinfo, Error> {
        let wants_key = self.0.userinfo_wants_key.load(Relaxed);
        let request = Request::get(path).shown_as("/vipps-userinfo-api/userinfo/{sub}").subscription_key(wants_key);
        match self.exchange(&request, Some(token)).await {
            Err(error) if is_unauthorized(&error) => {
                let answer = self.exchange(&request.subscription_key(!wants_key), Some(token)).await?;
                tracing::info!(subscription_key = !wants_key, "Userinfo decides about the subscription key");
                self.0.userinfo_wants_key.store(!wants_key, Relaxed);
                answer.json()
            }
            outcome => outcome?.json(),
        }
    }
}
