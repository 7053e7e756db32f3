//! The JSON that the widget sends: the bodies of requests and the details of events. The browser prints it.

use kvitt_wire::Amount;
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

/// A value to send. The bodies of all requests and the details of all events are of this one type, which keeps the widget small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// A text.
    Text(String),
    /// A whole number; no amount is larger.
    Number(i32),
    /// True or false.
    Flag(bool),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(&'static str, Json)>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Amount> for Json {
    fn from(amount: Amount) -> Self {
        Self::Object(vec![("value", Self::number(amount.value)), ("currency", amount.currency.code().into())])
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i32(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl Json {
    /// An amount in minor units.
    pub(crate) fn number(value: i64) -> Self {
        Self::Number(i32::try_from(value).unwrap_or(i32::MAX))
    }

    /// The value in JavaScript.
    pub(crate) fn to_js(&self) -> JsValue {
        self.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or_default()
    }
}
