//! What a person at the shop can do about a trouble: the codes of Vipps MobilePay
//! ([list](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/errors/)) and our own, in one table. Pure words, for staff and
//! never for customers.

/// What to do about a payment, operation, receipt or category that has this trouble.
pub fn on(trouble: &str) -> &'static str {
    match trouble {
        "vipps_6030" | "vipps_6100" => "the time for it has run out; ask the customer for a new payment",
        "vipps_6040" => "it has been captured; refund it instead",
        "vipps_6090" | "vipps_6150" | "vipps_5100" => {
            "there is less left at Vipps MobilePay; read the order again to see what"
        }
        "vipps_6140" => "this sales unit must capture the full amount",
        "vipps_6060" | "vipps_6190" | "vipps_6200" | "vipps_6210" | "vipps_6250" => {
            "the payment's state does not allow it; read the order again"
        }
        "vipps_6020" | "vipps_6080" => "the customer has not approved the payment yet; wait for it",
        "vipps_6160" | "vipps_6280" => "Vipps MobilePay is at work on the payment; try again in a minute",
        "vipps_6220" => "the time for refunds has run out; pay the money back in another way",
        "vipps_6230" => "it is paid already; read the order again",
        "vipps_6260" => "the money is not there any more; ask the customer for a new payment",
        "vipps_6010" | "vipps_4040" => "the amount is less than a payment may be of, or more",
        "vipps_6110" | "vipps_6120" => {
            "the request may stand from ten minutes to sixty days; ask again with another end"
        }
        "vipps_4010" | "vipps_4020" | "vipps_4150" => {
            "the same was asked for before with another content; compare the order with the portal of Vipps MobilePay"
        }
        "vipps_5010" => "cards of companies can be refused in Denmark and Finland alone",
        "vipps_5020" | "vipps_5030" => "Vipps MobilePay has not opened this for the sales unit; ask them to",
        "vipps_5040" => "the sales unit takes another currency: look at its market in the configuration",
        "vipps_5050" | "vipps_6130" => {
            "requests that stand for long have to be approved by Vipps MobilePay; send one that ends sooner"
        }
        "vipps_5060" => "Vipps MobilePay has not verified the shop's bank account; see the portal",
        "vipps_5070" => "Vipps MobilePay takes no payments for this sales unit now; see the portal",
        "vipps_5080" => {
            "Vipps MobilePay sends nothing to the app for this sales unit until it approves that; send the link"
        }
        "vipps_5090" => "the payment is not this sales unit's: look at its serial number in the configuration",
        "vipps_7010" => {
            "the customer cannot pay this with that number; send the link, and do not say that the number is wrong"
        }
        "vipps_unreachable" => "Vipps MobilePay did not answer in time; let the customer try again",
        "amount_mismatch" => "it was paid with another amount and is given back; let the operator look into it",
        "bad_redirect" => "it would have been paid at an unknown host; let the operator compare `vipps.redirect_hosts`",
        "paid_by_other_attempt" => "nothing: the order was paid by another attempt, and this one is given back",
        _ => "ask Vipps MobilePay, with the code and the order's reference",
    }
}

#[cfg(test)]
mod tests {
    use super::on;

    #[test]
    fn a_code_that_nobody_knows_has_advice_too() {
        assert!(on("vipps_9999").contains("with the code") && on("").contains("with the code"));
        assert!(on("vipps_6220").starts_with("the time for refunds"));
    }
}
