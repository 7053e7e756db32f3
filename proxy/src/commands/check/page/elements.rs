//! The attributes of a Kvitt element.

use kvitt_wire::{Amount, Currency};
use url::Url;

use super::super::super::findings::{Findings, Health};
use super::tags::Tag;
use crate::base::clock;
use crate::config::{Config, Market, SalesUnit};
use crate::shop::cart::{self, Priced};
use crate::shop::return_url;

/// The attributes that both elements read.
const OF_BOTH: &[&str] = &["language", "proxy", "token"];
/// Those that only `kvitt-checkout` reads.
const OF_CHECKOUT: &[&str] = &["items", "cart", "amount", "currency", "market", "sales-unit", "return-url"];

/// Examines one element. `has_script` says whether the page has the script's tag.
pub(super) fn examine(config: &Config, base: &Url, element: &Tag, has_script: bool, findings: &mut Findings) {
    let mut wrong = Vec::new();
    let checkout = element.name == "kvitt-checkout";
    misspelt(element, checkout, &mut wrong);
    proxy(config, base, element, has_script, &mut wrong);
    if checkout {
        sale(config, element, &mut wrong);
        return_address(config, base, element, &mut wrong);
    }
    if wrong.is_empty() {
        findings.add(Health::Ok, &element.place(), "its attributes are right");
    }
    wrong.into_iter().for_each(|found| findings.add(Health::Fail, &element.place(), found));
}

/// Attributes that look like one of the element's own, and are not read. HTML's `part` looks like `cart`.
fn misspelt(element: &Tag, checkout: bool, wrong: &mut Vec<String>) {
    let known: Vec<_> = OF_BOTH.iter().chain(OF_CHECKOUT.iter().filter(|_| checkout)).copied().collect();
    let unknown = |name: &&String| !known.contains(&name.as_str()) && *name != "part";
    for name in element.attributes.keys().filter(unknown) {
        if let Some(meant) = known.iter().find(|known| is_meant(name, known)) {
            wrong.push(format!("{name} is not read: write {meant}"));
        }
    }
}

/// Whether an attribute's name is that of a known one with other hyphens, or with one letter wrong, missing or too many.
fn is_meant(name: &str, known: &str) -> bool {
    let plain = |text: &str| text.replace(['-', '_', ':'], "");
    let (name, known) = (plain(name), plain(known));
    let same = |pair: &(u8, u8)| pair.0 == pair.1;
    let begin = name.bytes().zip(known.bytes()).take_while(same).count();
    let (name, known) = (&name.as_bytes()[begin..], &known.as_bytes()[begin..]);
    let end = name.iter().rev().zip(known.iter().rev()).take_while(|(a, b)| a == b).count();
    name.len() - end <= 1 && known.len() - end <= 1
}

fn proxy(config: &Config, base: &Url, element: &Tag, has_script: bool, wrong: &mut Vec<String>) {
    let public_url = &config.shop.public_url;
    match element.get("proxy").filter(|given| !given.is_empty()) {
        Some(given) => {
            let address = base.join(given).map(|url| url.as_str().trim_end_matches('/').to_owned());
            if address.as_ref() != Ok(public_url) {
                wrong.push(format!("proxy is {given:?}, not public_url: write {public_url:?}"));
            }
        }
        None if has_script => {}
        None => {
            wrong.push(format!("proxy is missing, which a page without the script tag needs: write {public_url:?}"))
        }
    }
}

/// What is sold: the sales unit, the cart, and the amount that the page shows.
fn sale(config: &Config, element: &Tag, wrong: &mut Vec<String>) {
    let sales_unit = element.get("sales-unit").filter(|name| !name.is_empty());
    let Some(unit) = config.sales_units.find(sales_unit) else {
        let names: Vec<_> = config.sales_units.iter().map(|unit| unit.name.as_str()).collect();
        let given = sales_unit.unwrap_or_default();
        return wrong
            .push(format!("sales-unit {given:?} is not in the configuration: write one of {}", names.join(", ")));
    };
    market(element, unit, wrong);
    let given = |name: &str| element.get(name).filter(|value| !value.is_empty());
    let (items, signed) = match (given("items"), given("cart"), given("token")) {
        (_, _, Some(_)) => return,
        (Some(items), None, None) => (items, None),
        (None, Some(signed), None) => ("", Some(signed)),
        (Some(_), Some(_), None) => return wrong.push("it has both items and cart: give one of them".to_owned()),
        (None, None, None) => {
            return wrong.push("nothing is sold: give items, cart or token, unless a script does".to_owned());
        }
    };
    let shown = amount(element, unit, wrong);
    let name = if signed.is_some() { "cart" } else { "items" };
    let priced = cart::parse_items(items)
        .and_then(|items| cart::resolve(&config.shop, &config.sales_units, sales_unit, &items, signed, clock::now()));
    match priced {
        Ok(Priced { cart, .. }) => {
            if let Some(shown) = shown.filter(|shown| *shown != cart.total) {
                let total = cart.total.value;
                let found = format!("amount is {}, but the total is {total} minor units: write {total}", shown.value);
                wrong.push(found);
            }
        }
        Err(error) => wrong.push(format!("{name} cannot be sold: {error}")),
    }
}

fn market(element: &Tag, unit: &SalesUnit, wrong: &mut Vec<String>) {
    let own = unit.market.country();
    if let Some(given) = element.get("market").filter(|given| !given.eq_ignore_ascii_case(own)) {
        wrong.push(format!("market is {given:?}, and the button may have the wrong brand: write {own:?}"));
    }
}

/// The amount that the page shows, if it is usable.
fn amount(element: &Tag, unit: &SalesUnit, wrong: &mut Vec<String>) -> Option<Amount> {
    let own = Market::currency(unit.market);
    let value = element.get("amount").unwrap_or_default();
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let value = match value.parse::<i64>() {
        Ok(value) if digits => Some(value),
        _ => {
            wrong.push(format!(
                "amount is {value:?}: write the total that the page shows in minor units, such as 58700"
            ));
            None
        }
    };
    let given = element.get("currency").unwrap_or_default();
    let mut known = [Currency::Nok, Currency::Dkk, Currency::Eur].into_iter();
    let currency = known.find(|currency| given.eq_ignore_ascii_case(currency.code()));
    if currency != Some(own) {
        wrong.push(format!(
            "currency is {given:?}, but the sales unit {} takes {own:?}: write it",
            unit.name,
            own = own.code()
        ));
    }
    Some(Amount { value: value?, currency: currency.filter(|currency| *currency == own)? })
}

fn return_address(config: &Config, base: &Url, element: &Tag, wrong: &mut Vec<String>) {
    let Some(given) = element.get("return-url").filter(|given| !given.is_empty()) else { return };
    let origins = &config.shop.allowed_origins;
    let address = base.join(given).map(String::from).unwrap_or_default();
    if return_url::check(&address, origins).is_none() {
        let origins = origins.join(", ");
        wrong.push(format!(
            "return-url {given:?} is not on an allowed origin: use one of {origins}, or add it to allowed_origins"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_recognised_with_other_hyphens_or_one_letter_wrong() {
        for (name, known, meant) in [
            ("salesunit", "sales-unit", true),
            ("sales_unit", "sales-unit", true),
            ("returnurl", "return-url", true),
            ("curency", "currency", true),
            ("ammount", "amount", true),
            ("amoumt", "amount", true),
            ("item", "items", true),
            ("id", "items", false),
            ("class", "cart", false),
            ("title", "items", false),
            ("theme", "token", false),
            ("summary", "market", false),
        ] {
            assert_eq!(is_meant(name, known), meant, "{name} {known}");
        }
    }
}
