//! When payments are polled.

use super::*;

#[test]
fn polling_begins_after_the_first_interval_and_slows_down() {
    let mut story = Story::new(None);
    story.created(1);
    assert_eq!(story.effects[0].due_at, story.now.plus_ms(POLLING.first_ms));
    for (rarely, wanted) in
        [(false, [2_000, 5_000, 5_000, 60_000, 3_600_000]), (true, [30_000, 30_000, 30_000, 60_000, 3_600_000])]
    {
        let waits = [0, 90_000, 400_000, 1_000_000, 10_000_000].map(|age| {
            let (now, reference) = (START.plus_ms(age), story.checkout.current().reference.clone());
            let poll = Input::Payment(reference, polled(Some(1), payment(PaymentState::Created)));
            let step = step(&story.checkout, poll, Polling { rarely, ..POLLING }, now).unwrap();
            step.effects[0].due_at.0 - now.0
        });
        assert_eq!(waits, wanted, "{rarely}");
    }
    story.now = START.plus_ms(MAX_POLLING_MS);
    assert_eq!(story.update(1, polled(Some(9), payment(PaymentState::Created))).effects, []);
    story.update(1, polled(None, payment(PaymentState::Created)));
    assert_eq!(story.effects, [], "a single poll after a signal begins no chain");
}

#[test]
fn signals_plan_polls_no_more_often_than_vipps_mobilepay_allows() {
    let mut story = Story::new(None);
    story.created(1);
    let polls: Vec<_> = (0..10)
        .filter_map(|_| {
            story.now = story.now.plus_ms(-900);
            story.update(1, Update::Signal).effects.first().map(|planned| planned.due_at.0)
        })
        .collect();
    assert!(polls.windows(2).all(|pair| pair[1] - pair[0] >= POLLING.every_ms), "{polls:?}");
    assert_eq!(polls.len(), 2, "one at once, and one for all later signals");
    let mut story = Story::new(None);
    assert_eq!(story.update(1, Update::Signal).effects, [], "a payment that does not exist yet is not polled");
}

#[test]
fn a_payment_may_be_polled_once_an_interval() {
    let mut story = Story::new(None);
    let may = |story: &Story, at: Moment| story.checkout.current().may_be_polled(POLLING, at);
    assert!(!may(&story, story.now), "it does not exist yet");
    story.created(1);
    assert!(may(&story, story.now));
    story.update(1, polled(None, payment(PaymentState::Created)));
    let polled_at = story.now;
    assert!(!may(&story, polled_at.plus_ms(POLLING.every_ms - 1)) && may(&story, polled_at.plus_ms(POLLING.every_ms)));
    // A signal in between plans the next one, which counts as well.
    let planned = story.update(1, Update::Signal).effects[0].due_at;
    assert_eq!(planned, polled_at.plus_ms(POLLING.every_ms));
    assert!(!may(&story, planned) && may(&story, planned.plus_ms(POLLING.every_ms)));
    story.now = planned.plus_ms(-1_000);
    let version = story.checkout.clone();
    story.update(1, polled(None, payment(PaymentState::Created)));
    assert_eq!(story.checkout, version, "the planned one was noted when it was planned");
    // The polls of the chain are apart.
    story.now = planned.plus_ms(POLLING.every_ms);
    story.update(1, polled(Some(1), payment(PaymentState::Created)));
    assert!(may(&story, story.now));
    story.update(1, polled(None, payment(PaymentState::Aborted)));
    assert!(!may(&story, story.now.plus_ms(3_600_000)), "it can no longer change");
}

#[test]
fn a_page_that_shows_a_payment_has_it_polled_once_its_first_poll_is_over() {
    let mut story = Story::new(None);
    let worth = |story: &Story, at: Moment| story.checkout.current().is_worth_a_look(POLLING, at);
    let over = START.plus_ms(POLLING.first_ms + 1);
    assert!(!worth(&story, over), "it does not exist yet");
    story.created(1);
    assert!(!worth(&story, over.plus_ms(-1)) && worth(&story, over));
    story.now = over;
    story.update(1, polled(None, payment(PaymentState::Created)));
    assert!(!worth(&story, story.now.plus_ms(1_000)) && worth(&story, story.now.plus_ms(POLLING.every_ms)));
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert!(!worth(&story, story.now.plus_ms(3_600_000)), "it waits no longer");
}

#[test]
fn a_signal_does_not_wait_for_a_poll_that_is_far_ahead() {
    let mut story = Story::new(None);
    story.created(1);
    let now = story.now;
    // The clock is an hour fast, and is then corrected.
    story.now = now.plus_ms(3_600_000);
    let far = story.update(1, Update::Signal).effects[0].due_at;
    story.now = now;
    let near = story.update(1, Update::Signal).effects[0].due_at;
    assert!(near < far && near <= story.now.plus_ms(POLLING.every_ms), "{near:?} of {far:?}");
}

#[test]
fn a_paid_order_is_polled_until_it_is_captured_or_released() {
    let mut story = Story::new(None);
    story.created(1).update(1, polled(Some(3), payment(PaymentState::Authorized)));
    assert_eq!(story.kinds(), ["look"]);
    story.now = story.now.plus_ms(MAX_POLLING_MS);
    story.update(1, polled(Some(4), payment(PaymentState::Authorized)));
    assert_eq!(story.effects[0].due_at.0 - story.now.0, MAX_POLLING_MS);
    let settled = Aggregate { authorized: TOTAL.value, captured: 40_000, cancelled: 9_900, refunded: 0 };
    story.update(1, polled(Some(5), PaymentSnapshot { aggregate: settled, ..payment(PaymentState::Authorized) }));
    assert_eq!((story.effects.len(), story.checkout.current().aggregate), (0, settled));
}
