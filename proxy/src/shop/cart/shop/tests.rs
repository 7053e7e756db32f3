use std::sync::LazyLock;

use kvitt_wire::{Amount, Currency, Quantity};
use proptest::prelude::*;

use super::*;
use crate::config::Config;

pub(in crate::shop::cart) static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../../../tests/fuzz/seeds/config/whole.toml");
    std::fs::write(folder.path().join("kvitt.toml"), text).unwrap();
    std::fs::write(folder.path().join("catalogue.toml"), include_str!("../../../../demo.catalogue.toml")).unwrap();
    Config::load(Some(&folder.path().join("kvitt.toml")), []).unwrap()
});

fn priced(request: &ShopCart) -> Result<Cart, CartError> {
    from_shop(&CONFIG.shop, &CONFIG.sales_units[0], request, Moment(0))
}

fn mug() -> ShopLine {
    ShopLine {
        sku: "mug".into(),
        name: "Krus".into(),
        quantity: 2.into(),
        unit_price: 24_900,
        vat_rate: 2500,
        discount: 1_000,
        ..ShopLine::default()
    }
}

fn freight() -> ShopLine {
    ShopLine {
        sku: "freight".into(),
        name: "Frakt".into(),
        quantity: 1.into(),
        unit_price: 9_900,
        vat_rate: 2500,
        shipping: true,
        ..ShopLine::default()
    }
}

fn cart(lines: Vec<ShopLine>, total: i64) -> ShopCart {
    let total = Amount { value: total, currency: Currency::Nok };
    ShopCart { sales_unit: None, lines, total, payment_sources: PaymentSources::default(), rounding: Rounding::Refuse }
}

#[test]
fn discounts_and_freight_are_part_of_the_sum() {
    let cart = priced(&cart(vec![mug(), freight()], 58_700)).unwrap();
    assert_eq!(cart.lines[0].total, 48_800);
    assert_eq!((cart.lines[0].vat, cart.lines[1].vat, cart.vat), (9_760, 1_980, 11_740));
    assert!(cart.lines[1].shipping && !cart.lines[0].shipping);
}

#[test]
fn an_invalid_line_is_refused_with_its_field() {
    let control = "a\u{7}b".to_owned();
    for (wrong, says) in [
        (ShopLine { sku: String::new(), ..mug() }, "sku"),
        (ShopLine { sku: "å".repeat(65), ..mug() }, "sku"),
        (ShopLine { name: " ".into(), ..mug() }, "name"),
        (ShopLine { name: control, ..mug() }, "name"),
        (ShopLine { quantity: 0.into(), ..mug() }, "quantity"),
        (ShopLine { quantity: 10_000.into(), ..mug() }, "quantity"),
        (ShopLine { unit_price: i64::MIN, ..mug() }, "unit_price"),
        (ShopLine { unit_price: i64::MAX, ..mug() }, "unit_price"),
        (ShopLine { vat_rate: 10_001, ..mug() }, "vat_rate"),
        (ShopLine { vat_rate: 25, ..mug() }, "25 % is 2500"),
        (ShopLine { vat_rate: 99, ..mug() }, "25 % is 2500"),
        (ShopLine { discount: -1, ..mug() }, "discount"),
        (ShopLine { discount: 49_801, ..mug() }, "discount"),
        (ShopLine { unit_price: -100, discount: 1, ..mug() }, "discount"),
        (ShopLine { url: Some("javascript:alert(1)".into()), ..mug() }, "addresses"),
        (ShopLine { picture: Some("/mug.svg".into()), ..mug() }, "addresses"),
    ] {
        match priced(&cart(vec![wrong], 48_800)) {
            Err(CartError::BadLine { what, .. }) => assert!(what.contains(says), "{what}"),
            other => panic!("{says}: {other:?}"),
        }
    }
}

#[test]
fn a_difference_is_reported_to_the_minor_unit() {
    let stated = ShopLine { total: Some(48_799), ..mug() };
    let error = priced(&cart(vec![stated], 48_800)).unwrap_err();
    assert_eq!(error, CartError::LineDrift { sku: "mug".into(), computed: 48_800, stated: 48_799 });
    assert!(error.to_string().ends_with("a difference of -1 minor units"), "{error}");

    let error = priced(&cart(vec![mug(), freight()], 58_702)).unwrap_err();
    assert_eq!(error, CartError::Drift { lines: 58_700, total: 58_702 });
    assert!(error.to_string().ends_with("a difference of 2 minor units"), "{error}");

    for vat in [9_758, 9_762, -1, 48_801, i64::MIN, i64::MAX] {
        let line = ShopLine { vat: Some(vat), ..mug() };
        let error = priced(&cart(vec![line], 48_800)).unwrap_err();
        assert!(matches!(error, CartError::BadVat { stated, expected: 9_760, .. } if stated == vat), "{error}");
    }
    // 2000.2 is between two minor units, and either may be what the shop's books say.
    for vat in [2_000, 2_001] {
        let line = ShopLine {
            quantity: 1.into(),
            unit_price: 10_001,
            discount: 0,
            total: Some(10_001),
            vat: Some(vat),
            ..mug()
        };
        assert_eq!(priced(&cart(vec![line], 10_001)).unwrap().vat, vat);
    }
}

#[test]
fn a_small_difference_gets_a_rounding_line_on_request() {
    for (total, drift) in [(58_703, 3), (58_697, -3)] {
        let request = ShopCart { rounding: Rounding::Line, ..cart(vec![mug(), freight()], total) };
        let cart = priced(&request).unwrap();
        let line = cart.lines.last().unwrap();
        assert_eq!((line.sku.as_str(), line.total, line.unit_price, line.vat), ("rounding", drift, drift, 0));
        assert_eq!(cart.lines.iter().map(|line| line.total).sum::<i64>(), total);
        assert_eq!(cart.vat, 11_740, "rounding moves no VAT");
    }
    // The shop may have an article of that sku.
    let own = |sku: &str| ShopLine { sku: sku.into(), discount: 0, ..freight() };
    let request = ShopCart { rounding: Rounding::Line, ..cart(vec![own("rounding"), own("rounding-2")], 19_801) };
    assert_eq!(priced(&request).unwrap().lines.last().unwrap().sku, "rounding-3");
    // Fifty øre make a total of whole kroner; sixty pieces explain sixty øre.
    let request = |total: i64| ShopCart { rounding: Rounding::Line, ..cart(vec![mug(), freight()], total) };
    assert!(priced(&request(58_650)).is_ok());
    assert_eq!(priced(&request(58_751)), Err(CartError::Drift { lines: 58_700, total: 58_751 }));
    let many = ShopLine { quantity: 60.into(), unit_price: 1_000, discount: 0, ..mug() };
    let rounded = |off: i64| priced(&ShopCart { rounding: Rounding::Line, ..cart(vec![many.clone()], 60_000 + off) });
    assert!(rounded(60).is_ok() && rounded(-60).is_ok() && rounded(61).is_err());
    let none = ShopCart { rounding: Rounding::Line, ..cart(vec![mug()], 48_800) };
    assert_eq!(priced(&none).unwrap().lines.len(), 1);
}

#[test]
fn limits_of_the_whole_cart_are_checked() {
    assert_eq!(priced(&cart(vec![], 100)), Err(CartError::Empty));
    assert_eq!(priced(&cart(vec![mug(), mug()], 97_600)).unwrap().lines.len(), 2, "two engravings of one article");
    assert_eq!(priced(&cart(vec![mug(); 101], 100)), Err(CartError::TooLong));
    let free = ShopLine { quantity: 1.into(), unit_price: 99, discount: 0, ..mug() };
    assert_eq!(priced(&cart(vec![free], 99)), Err(CartError::BadTotal(99)));
    let dear = ShopLine { quantity: 2.into(), unit_price: MAX_VALUE, discount: 0, ..mug() };
    assert_eq!(priced(&cart(vec![dear], 2 * MAX_VALUE)), Err(CartError::BadTotal(2 * MAX_VALUE)));
    let mut euro = cart(vec![mug()], 48_800);
    euro.total.currency = Currency::Eur;
    assert_eq!(priced(&euro), Err(CartError::WrongCurrency));
    assert_eq!(
        priced(&cart(vec![mug()], i64::MIN)),
        Err(CartError::Drift { lines: 48_800, total: i64::MIN }),
        "and the difference is told without overflowing"
    );
}

prop_compose! {
    fn any_line()(
        thousandths in 1_u64..=50_000, unit_price in -200_000_i64..200_000,
        vat_rate in 100_u32..=10_000, part in 0_i64..=100,
    ) -> ShopLine {
        let quantity: Quantity = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000).parse().unwrap();
        let discount = quantity.times(unit_price).max(0) * part / 100;
        ShopLine { name: "A".into(), quantity, unit_price, vat_rate, discount, ..ShopLine::default() }
    }
}

proptest! {
    #[test]
    fn whatever_is_priced_adds_up(
        mut lines in prop::collection::vec(any_line(), 1..8), off in -120_i64..120, keeps in any::<bool>(),
        gift_card in 0_i64..50_000,
    ) {
        for (place, line) in lines.iter_mut().enumerate() {
            line.sku = place.to_string();
        }
        let sum: i64 = lines.iter().map(|line| line.quantity.times(line.unit_price) - line.discount).sum();
        let pieces: u64 = lines.iter().map(|line| line.quantity.thousandths().div_ceil(1_000)).sum();
        let rounding = if keeps { Rounding::Line } else { Rounding::Refuse };
        let payment_sources = PaymentSources { gift_card, ..PaymentSources::default() };
        let request = ShopCart { rounding, payment_sources, ..cart(lines, sum - gift_card + off) };
        let grants = off == 0 || keeps && off.unsigned_abs() <= pieces.clamp(50, 100);
        match priced(&request) {
            Ok(cart) => {
                prop_assert!(grants);
                prop_assert_eq!(cart.paid_otherwise(), gift_card);
                prop_assert_eq!(cart.lines.iter().map(|line| line.vat).sum::<i64>(), cart.vat);
                prop_assert_eq!(cart.total, request.total);
                for line in &cart.lines {
                    prop_assert_eq!(line.total, line.quantity.times(line.unit_price) - line.discount);
                    prop_assert!(money::vat_holds(line));
                }
            }
            Err(CartError::BadTotal(total)) => prop_assert!(grants && !(100..=MAX_VALUE).contains(&total)),
            Err(error) => prop_assert!(!grants && matches!(error, CartError::Drift { .. }), "{error}"),
        }
    }
}
