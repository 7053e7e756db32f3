//! Injected faults: what fails, on which calls, how many times. The control API adds them; the gateway and the webhook queue use them up.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault of a webhook.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookFault {
    /// It is delivered twice.
    Duplicate,
    /// It is held until the payment's next event has been delivered.
    Reorder,
    /// It is never delivered.
    Lose,
    /// One attempt is signed with another secret.
    MisSign,
}

/// The calls that a fault applies to: all fields that are set must match.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Match {
    pub(crate) method: Option<String>,
    /// Part of the path of an API call, or of the URL a webhook goes to.
    pub(crate) path_contains: Option<String>,
    /// A webhook's event, such as `AUTHORIZED`.
    pub(crate) event: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Action {
    /// Wait first, in real milliseconds.
    pub(crate) delay_ms: u64,
    /// Answer with this status and do nothing.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Option<Value>,
    /// Close the connection and do nothing.
    pub(crate) drop_before_work: bool,
    /// Do the work, then close the connection without an answer.
    pub(crate) drop_after_work: bool,
    /// Do the work, and answer with this `redirectUrl`.
    pub(crate) redirect_url: Option<String>,
    pub(crate) webhook: Option<WebhookFault>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default, rename = "match")]
    pub(crate) matching: Match,
    #[serde(default = "once")]
    pub(crate) times: u32,
    pub(crate) action: Action,
}

fn once() -> u32 {
    1
}

/// The pending faults, in the order they were added.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// The first fault that matches an API call; uses it up once.
    pub(crate) fn on_call(&mut self, method: &str, path: &str) -> Option<Action> {
        self.take(|fault| {
            fault.action.webhook.is_none()
                && fault.matching.event.is_none()
                && fault.matching.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && fault.matching.path_contains.as_deref().is_none_or(|part| path.contains(part))
        })
    }

    /// The first of these faults that matches a webhook; uses it up once.
    pub(crate) fn on_webhook(&mut self, kinds: &[WebhookFault], event: &str, url: &str) -> Option<WebhookFault> {
        let action = self.take(|fault| {
            fault.action.webhook.is_some_and(|kind| kinds.contains(&kind))
                && fault.matching.event.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(event))
                && fault.matching.path_contains.as_deref().is_none_or(|part| url.contains(part))
        });
        action.and_then(|action| action.webhook)
    }

    fn take(&mut self, matches: impl Fn(&Fault) -> bool) -> Option<Action> {
        let index = self.0.iter().position(|fault| fault.times > 0 && matches(fault))?;
        let fault = &mut self.0[index];
        fault.times -= 1;
        let action = fault.action.clone();
        if fault.times == 0 {
            self.0.remove(index);
        }
        Some(action)
    }
}
