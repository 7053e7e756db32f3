//! Stories: what a customer, Vipps MobilePay and the shop do, one step after the other, for `kvitt trigger` to play on an emulator.
//!
//! A story is a file of TOML. Those in `proxy/stories` are built in; adding one is adding a file. What a story can say is [`Step`]; each
//! step that waits for something is also a claim that it comes about.

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
    /// What it is about, in a sentence.
    pub about: String,
    /// What happens, in that order.
    pub steps: Vec<Step>,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// A customer presses pay on the shop's page.
    Order(Order),
    /// The customer does that in the app: `approve`, `reject`, `refuse-consent`, `expire`.
    Customer(String),
    /// The customer presses cancel on the shop's page.
    Cancel {},
    /// The customer tries again on the shop's page.
    Again {},
    /// The customer comes back to the shop, as far as the proxy.
    Return {},
    /// The page shows the order there.
    State(State),
    /// The page shows that the telephone number was shared.
    Shared {},
    /// The shop takes money: all that is left, or a part.
    Capture(Part),
    /// The shop gives money back: all that is left, or a part.
    Refund(Part),
    /// The shop lets go what it has not taken.
    LetGo {},
    /// The page shows so much of the money, in minor units.
    Money(Money),
    /// The next webhooks of an event fare like that.
    Webhook(Webhook),
    /// A call to Vipps MobilePay goes wrong: the emulator's own words for it.
    Fault(serde_json::Value),
    /// So many milliseconds pass at Vipps MobilePay.
    Time(i64),
}

/// What is bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `sku:quantity`, separated by commas.
    pub items: String,
    /// Whether the customer says yes to sharing the telephone number.
    #[serde(default)]
    pub share: bool,
}

/// How much money.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// In minor units; all that is left when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// What is shipped or comes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Pieces>,
}

/// What has become of the money, in minor units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Moved to the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<i64>,
    /// Let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<i64>,
    /// Given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<i64>,
}

/// How webhooks fare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Those of this event, such as `AUTHORIZED`.
    pub event: String,
    /// `lose`, `duplicate`, `reorder` or `mis_sign`.
    pub fares: String,
    /// How many; one when absent.
    #[serde(default = "one")]
    pub times: u32,
}

const fn one() -> u32 {
    1
}

impl Story {
    /// Reads one.
    ///
    /// # Errors
    /// With where and why, when it does not read.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The one that is built in under that name.
    pub fn named(name: &str) -> Option<Self> {
        let file = Files::get(&format!("{name}.toml"))?;
        let text = std::str::from_utf8(&file.data).expect("stories are text, which a test reads");
        Some(Self::parse(text).expect("the stories that are built in read, which a test sees to"))
    }

    /// The names of those that are built in.
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
    fn every_story_reads_begins_with_an_order_and_claims_something() {
        assert!(Story::names().len() >= 10);
        for name in Story::names() {
            let story = Story::named(&name).unwrap();
            assert!(matches!(story.steps.first(), Some(Step::Order(_))), "{name}");
            let claims = |step: &Step| matches!(step, Step::State(_) | Step::Money(_) | Step::Shared {});
            assert!(story.steps.last().is_some_and(claims), "{name} does not say how it ends");
            assert!(story.about.ends_with('.'), "{name}");
        }
    }
}
