//! VAT and sums. All amounts are integers in minor units; nothing is computed in floating point.

use kvitt_wire::Line;

/// What a VAT rate must be, for people.
pub const VAT_RATE: &str = "vat_rate must be 0, or 100 to 10000 hundredths of a percent: 25 % is 2500, not 25";

/// Whether it can be a VAT rate in hundredths of a percent. Less than one percent is a rate in whole percent, written by mistake.
pub const fn is_vat_rate(rate: u32) -> bool {
    matches!(rate, 0 | 100..=10_000)
}

/// The VAT within `total` (which includes it) at `rate` hundredths of a percent, its net amount rounded half up to a minor unit. That of a
/// negative total is negative.
///
/// `total == net + vat` holds exactly. Since prices are whole minor units with VAT included, `vat` and
/// `round(net * rate / 10000)` may differ by one minor unit; [`vat_holds`] allows for just that.
pub fn vat_within(total: i64, rate: u32) -> i64 {
    let divisor = 10_000 + i64::from(rate);
    let net = (total.abs() * 10_000 + divisor / 2) / divisor;
    total - net * total.signum()
}

/// Whether a line's VAT equals its net amount times its rate, give or take one minor unit of rounding. It is checked before a receipt is
/// sent. False on overflow, and for VAT that is negative where the total is not.
pub fn vat_holds(line: &Line) -> bool {
    let deviation = || {
        let net = line.total.checked_sub(line.vat)?;
        let exact = net.checked_mul(i64::from(line.vat_rate))?;
        line.vat.checked_mul(10_000)?.checked_sub(exact)?.checked_abs()
    };
    line.vat.signum() * line.total.signum() >= 0 && deviation().is_some_and(|deviation| deviation <= 10_000)
}

/// The sum of the lines' totals, in minor units; `None` on overflow.
pub fn sum(lines: &[Line]) -> Option<i64> {
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vat_of_known_prices() {
        for (total, rate, vat) in [
            (24_900, 2500, 4_980),
            (8_900, 1500, 1_161),
            (100, 0, 0),
            (1, 2500, 0),
            (3, 2500, 1),
            (-24_900, 2500, -4_980),
            (-3, 2500, -1),
        ] {
            assert_eq!(vat_within(total, rate), vat, "{total} at {rate}");
        }
    }

    proptest! {
        #[test]
        fn the_vat_of_every_price_and_rate_passes_the_check(total in -65_000_000_i64..65_000_000, rate in 0_u32..=10_000) {
            let line = Line {
                sku: "a".into(), name: "a".into(), quantity: 1.into(), unit_price: total, total, vat_rate: rate,
                vat: vat_within(total, rate), ..Line::default()
            };
            prop_assert!(vat_holds(&line));
            let wrong = Line { vat: line.vat + 2, ..line };
            prop_assert!(!vat_holds(&wrong));
        }
    }
}
