//! The order's lines, the VAT by rate and the total, for the start screen and the confirmation.
//!
//! All amounts come from the proxy's cart. Apart from the line's discount, what is paid by other means and the sum of the VAT nothing is
//! calculated here.

use kvitt_wire::{Amount, Cart, Line};

use crate::dom::{El, el};
use crate::format;
use crate::text::{Word, Words};

/// The whole list. `pictures` is the proxy's address; without it the list has no pictures, as on a confirmation.
pub(super) fn lines(words: &Words, cart: &Cart, pictures: Option<&str>) -> El {
    let language = words.language();
    let money = |value| format::money(language, Amount { value, currency: cart.total.currency });
    // Without list markers some screen readers need the role.
    let list = el("ul", "lines").attr("role", "list");
    let pictures = pictures.filter(|_| cart.lines.iter().any(|line| line.picture.is_some()));
    for line in &cart.lines {
        let item = el("li", "line");
        if let Some(origin) = pictures {
            item.append(&picture(origin, line));
        }
        let mut each = format::quantity(language, line.quantity);
        if let Some(unit) = line.unit {
            each.push('\u{a0}');
            each.push_str(unit.symbol());
        }
        each.push_str(" × ");
        each.push_str(&money(line.unit_price));
        let discount = line.quantity.times(line.unit_price) - line.total;
        if discount != 0 {
            each.push_str(" − ");
            each.push_str(&money(discount));
        }
        let what = el("div", "what").child(&el("span", "name").text(&line.name)).child(&el("span", "note").text(&each));
        list.append(&item.child(&what).child(&el("span", "sum").text(&money(line.total))));
    }
    let sums = el("dl", "sums");
    let otherwise = cart.paid_otherwise();
    if otherwise != 0 {
        sums.append(&row("otherwise", words.text(Word::PaidOtherwise), &money(-otherwise)));
    }
    sums.append(&row("total", words.text(Word::Total), &money(cart.total.value)));
    for (rate, vat) in vat_by_rate(&cart.lines) {
        let label = words.fill(Word::Vat, &[&format::percent(language, rate)]);
        sums.append(&row("vat", &label, &money(vat)));
    }
    el("div", "order").child(&list).child(&sums)
}

/// A row of a description list: a label and its value.
pub(super) fn row(name: &str, label: &str, value: &str) -> El {
    el("div", name).child(&el("dt", "").text(label)).child(&el("dd", "").text(value))
}

fn picture(origin: &str, line: &Line) -> El {
    let frame = el("span", "picture");
    if let Some(path) = &line.picture {
        let mut url = String::from(if path.starts_with('/') { origin } else { "" });
        url.push_str(path);
        frame.append(&el("img", "").attr("alt", "").attr("width", "56").attr("height", "56").attr("src", &url));
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
    fn vat_is_summed_by_rate() {
        let line = |vat_rate, vat| Line {
            sku: "mug".into(),
            name: "Mug".into(),
            quantity: 1.into(),
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
