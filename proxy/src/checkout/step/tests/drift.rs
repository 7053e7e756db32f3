use super::*;

fn with_amount(amount: Option<Amount>) -> Update {
    polled(None, PaymentSnapshot { amount, ..payment(PaymentState::Authorized) })
}

#[test]
fn another_amount_after_the_authorization_is_drift_and_releases_nothing() {
    let mut story = Story::new(None);
    story.created(1).update(1, with_amount(Some(TOTAL)));
    assert_eq!(story.checkout.current().drift, None);
    let first = story.now.plus_ms(1_000);
    for amount in [Some(Amount { value: 1, ..TOTAL }), Some(Amount { currency: Currency::Eur, ..TOTAL }), None] {
        story.update(1, with_amount(amount));
        assert_eq!((story.state(), story.kinds(), story.event_kinds()), (State::Authorized, vec![], vec![]));
        assert_eq!(story.checkout.current().drift, Some(Drift { amount, since: first }));
    }
    story.update(1, with_amount(Some(TOTAL)));
    assert_eq!(story.checkout.current().drift, None, "they agree again");
}
