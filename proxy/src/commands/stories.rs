//! Stories: the steps of a customer, of Vipps MobilePay and of the shop, which `kvitt trigger` plays on an emulator.
//!
//! A story is a TOML file. Those in `proxy/stories` are built in; to add one, add a file. [`Step`] lists what a story can contain; a step that
//! waits for a condition fails when it does not become true.

use kvitt_wire::{Pieces, State};
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/stories"]
struct Files;

/// A story.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// The summary, one sentence.
    pub about: String,
    /// The steps, in their order.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// A customer pays on the shop's page.
    Order(Order),
    /// The customer acts in the app: `approve`, `reject`, `refuse-consent`, `expire`.
    Customer(String),
    /// The customer cancels on the shop's page.
    Cancel {},
    /// The customer pays again on the shop's page.
    #[serde(rename = "again")]
    Retry {},
    /// The customer returns from the app, as far as the proxy's return address.
    Return {},
    /// Wait until the order has this state.
    State(State),
    /// Wait until the telephone number is shared.
    Shared {},
    /// The shop captures: all that is left, or a part.
    Capture(Part),
    /// The shop refunds: all that is left, or a part.
    Refund(Part),
    /// The shop releases what is not captured.
    #[serde(rename = "let-go")]
    Release {},
    /// Wait until the order has these amounts, in minor units.
    Money(Money),
    /// The next webhooks of an event are lost, duplicated, and so on.
    Webhook(Webhook),
    /// A call to Vipps MobilePay fails, as the emulator's control API describes it.
    Fault(serde_json::Value),
    /// The clock of Vipps MobilePay advances by so many milliseconds.
    Time(i64),
}

/// An order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `sku:quantity`, separated by commas.
    pub items: String,
    /// Whether the customer consents to share the telephone number.
    #[serde(default)]
    pub share: bool,
}

/// A part of the money.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The amount in minor units; all that is left when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// The lines that are shipped or returned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Pieces>,
}

/// The amounts of an order, in minor units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<i64>,
    /// Released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<i64>,
    /// Refunded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<i64>,
}

/// What happens to webhooks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The event, such as `AUTHORIZED`.
    pub event: String,
    /// `lose`, `duplicate`, `reorder` or `mis_sign`.
    #[serde(rename = "fares")]
    pub action: String,
    /// How many webhooks; one when absent.
    #[serde(default = "one")]
    pub times: u32,
}

const fn one() -> u32 {
    1
}

impl Story {
    /// Parses a story.
    ///
    /// # Errors
    /// Describes where and why the text cannot be parsed.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The built-in story with a name.
    pub fn named(name: &str) -> Option<Self> {
        let file = Files::get(&format!("{name}.toml"))?;
        let text = std::str::from_utf8(&file.data).expect("a test checks that stories are text");
        Some(Self::parse(text).expect("a test checks that built-in stories can be parsed"))
    }

    /// The names of the built-in stories.
    pub fn names() -> Vec<String> {
        let mut names: Vec<_> = Files::iter().filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_can_be_parsed_begins_with_an_order_and_ends_with_a_check() {
        assert!(Story::names().len() >= 10);
        for name in Story::names() {
            let story = Story::named(&name).unwrap();
            assert!(matches!(story.steps.first(), Some(Step::Order(_))), "{name}");
            let checks = |step: &Step| matches!(step, Step::State(_) | Step::Money(_) | Step::Shared {});
            assert!(story.steps.last().is_some_and(checks), "{name} does not end with a check");
            assert!(story.about.ends_with('.'), "{name}");
        }
    }
}
