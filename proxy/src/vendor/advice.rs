//! What the shop's staff can do about a failure: one table of the [error codes of Vipps
//! MobilePay](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/errors/) and our own. Pure text, for staff
//! and never for customers.

/// What to do about a payment, operation, receipt or category that failed with this code.
pub fn for_code(trouble: &str) -> &'static str {
    match trouble {
        "vipps_6030" | "vipps_6100" => "it has expired; ask the customer for a new payment",
        "vipps_6040" => "it has been captured; refund it instead",
        "vipps_6090" | "vipps_6150" | "vipps_5100" => {
            "the amount is more than what is left at Vipps MobilePay; read the order again"
        }
        "vipps_6140" => "this sales unit must capture the full amount",
        "vipps_6060" | "vipps_6190" | "vipps_6200" | "vipps_6210" | "vipps_6250" => {
            "the payment's state does not allow it; read the order again"
        }
        "vipps_6020" | "vipps_6080" => "the customer has not approved the payment yet; wait for it",
        "vipps_6160" | "vipps_6280" => "Vipps MobilePay is processing the payment; try again in a minute",
        "vipps_6220" => "the time for refunds is over; pay the money back in another way",
        "vipps_6230" => "it is paid already; read the order again",
        "vipps_6260" => "the money is no longer reserved; ask the customer for a new payment",
        "vipps_6010" | "vipps_4040" => "the amount is below the minimum of a payment, or above the maximum",
        "vipps_6110" | "vipps_6120" => {
            "the request may be valid for ten minutes to sixty days; send it again with another expiry"
        }
        "vipps_4010" | "vipps_4020" | "vipps_4150" => {
            "the same request was sent before with other content; compare the order with the portal of Vipps MobilePay"
        }
        "vipps_5010" => "company cards can be blocked only in Denmark and Finland",
        "vipps_5020" | "vipps_5030" => "Vipps MobilePay has not enabled this for the sales unit; ask them to",
        "vipps_5040" => "the sales unit has another currency; check its market in the configuration",
        "vipps_5050" | "vipps_6130" => {
            "Vipps MobilePay must approve long-living requests for the sales unit; send one that expires sooner"
        }
        "vipps_5060" => "Vipps MobilePay has not verified the shop's bank account; see the portal",
        "vipps_5070" => "Vipps MobilePay accepts no payments for this sales unit at present; see the portal",
        "vipps_5080" => "Vipps MobilePay has not approved push messages for this sales unit; send the link",
        "vipps_5090" => "the payment belongs to another sales unit; check the serial number in the configuration",
        "vipps_7010" => {
            "the customer cannot pay this with that number; send the link, and do not say that the number is wrong"
        }
        "vipps_unreachable" => "Vipps MobilePay did not answer in time; let the customer try again",
        "amount_mismatch" => {
            "it was paid with another amount, and the money is released; ask the operator to check why"
        }
        "bad_redirect" => "the payment page is at an unknown host; ask the operator to check `vipps.redirect_hosts`",
        "paid_by_other_attempt" => {
            "nothing: the order was paid by another attempt, and the money of this one is released"
        }
        _ => "ask Vipps MobilePay, with the code and the order's reference",
    }
}

#[cfg(test)]
mod tests {
    use super::for_code;

    #[test]
    fn an_unknown_code_has_advice_too() {
        assert!(for_code("vipps_9999").contains("with the code") && for_code("").contains("with the code"));
        assert!(for_code("vipps_6220").starts_with("the time for refunds"));
    }
}
