//! Amounts, rates and dates as people of a language write them.
//!
//! `view` calls this, and the browser's `Intl` does the work. Amounts come in minor units and must stay integers until they are formatted.

use js_sys::{Array, Date, Intl, Object};
use kvitt_wire::{Amount, Language, Quantity};
use wasm_bindgen::JsValue;

use crate::json::object;

/// `499,00 kr`
pub(crate) fn money(language: Language, amount: Amount) -> String {
    let options = object(&[("style", "currency"), ("currency", amount.currency.code())]);
    number(language, &options, amount.value as f64 / 100.0)
}

/// `25 %`, from hundredths of a percent.
pub(crate) fn percent(language: Language, hundredths: u32) -> String {
    let options = object(&[("style", "percent"), ("maximumFractionDigits", "2")]);
    number(language, &options, f64::from(hundredths) / 10_000.0)
}

/// `23. nov. 2026, 16:20`, from milliseconds since 1970.
pub(crate) fn date(language: Language, at_ms: i64) -> String {
    let options = object(&[("dateStyle", "medium"), ("timeStyle", "short")]);
    let format = Intl::DateTimeFormat::new(&locales(language), &options).format();
    text(format.call1(&JsValue::UNDEFINED, &Date::new(&JsValue::from_f64(at_ms as f64))))
}

/// `1,25`: a quantity has at most the three decimals that are the default.
pub(crate) fn quantity(language: Language, quantity: Quantity) -> String {
    number(language, &object(&[]), quantity.thousandths() as f64 / 1000.0)
}

/// A whole number, such as a number of minutes.
pub(crate) fn count(number: u32) -> String {
    text(js_sys::Number::from(number).to_string_with_radix(10).map(JsValue::from))
}

fn number(language: Language, options: &Object, value: f64) -> String {
    let format = Intl::NumberFormat::new(&locales(language), options).format();
    text(format.call1(&JsValue::UNDEFINED, &JsValue::from_f64(value)))
}

fn text(formatted: Result<JsValue, JsValue>) -> String {
    formatted.ok().and_then(|it| it.as_string()).unwrap_or_default()
}

fn locales(language: Language) -> Array {
    // European English: the day comes first, and the clock has 24 hours.
    let tag = if language == Language::En { "en-GB" } else { language.tag() };
    Array::of1(&JsValue::from_str(tag))
}
