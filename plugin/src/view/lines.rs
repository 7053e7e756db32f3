//! The order's lines, the VAT by rate and the total: the same before the payment and after it.

use kvitt_wire::{Amount, Cart, Line};

use crate::dom::{El, el};
use crate::format;
use crate::text::{Word, Words};

/// The whole list. Pictures are for choosing, not for a receipt: `pictures` is the proxy's address, or nothing.
pub(super) fn lines(words: &Words, cart: &Cart, pictures: Option<&str>) -> El {
    let language = words.language();
    let money = |value| format::money(language, Amount { value, currency: cart.total.currency });
    // Without markers some screen readers no longer take it for a list.
    let list = el("ul", "lines").set("role", "list");
    let pictures = pictures.filter(|_| cart.lines.iter().any(|line| line.picture.is_some()));
    for line in &cart.lines {
        let item = el("li", "line");
        if let Some(origin) = pictures {
            item.add(&picture(origin, line));
        }
        let mut each = format::count(line.quantity);
        each.push_str(" × ");
        each.push_str(&money(line.unit_price));
        let off = i64::from(line.quantity) * line.unit_price - line.total;
        if off != 0 {
            each.push_str(" − ");
            each.push_str(&money(off));
        }
        let what = el("div", "what").put(&el("span", "name").text(&line.name)).put(&el("span", "note").text(&each));
        list.add(&item.put(&what).put(&el("span", "sum").text(&money(line.total))));
    }
    let sums = el("dl", "sums");
    sums.add(&row("total", words.text(Word::Total), &money(cart.total.value)));
    for (rate, vat) in vat_by_rate(&cart.lines) {
        let what = words.say(Word::Vat, &[&format::rate(language, rate)]);
        sums.add(&row("vat", &what, &money(vat)));
    }
    el("div", "order").put(&list).put(&sums)
}

/// A name and its value.
pub(super) fn row(name: &str, what: &str, value: &str) -> El {
    el("div", name).put(&el("dt", "").text(what)).put(&el("dd", "").text(value))
}

fn picture(origin: &str, line: &Line) -> El {
    let frame = el("span", "picture");
    if let Some(path) = &line.picture {
        let mut url = String::from(if path.starts_with('/') { origin } else { "" });
        url.push_str(path);
        frame.add(&el("img", "").set("alt", "").set("width", "56").set("height", "56").set("src", &url));
    }
    frame
}

fn vat_by_rate(lines: &[Line]) -> Vec<(u32, i64)> {
    let mut sums: Vec<(u32, i64)> = Vec::new();
    for line in lines {
        match sums.iter_mut().find(|(rate, _)| *rate == line.vat_rate) {
            Some((_, sum)) => *sum += line.vat,
            None => sums.push((line.vat_rate, line.vat)),
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vat_of_one_rate_is_one_sum() {
        let line = |vat_rate, vat| Line {
            sku: "mug".into(),
            name: "Mug".into(),
            quantity: 1,
            unit_price: 10_000,
            total: 10_000,
            vat_rate,
            vat,
            ..Line::default()
        };
        let lines = [line(2500, 2000), line(1500, 1304), line(2500, 500)];
        assert_eq!(vat_by_rate(&lines), [(2500, 2500), (1500, 1304)]);
    }
}
