use proptest::prelude::*;

use super::*;

fn any_update() -> impl Strategy<Value = Update> {
    let state = prop::sample::select(vec![
        PaymentState::Created,
        PaymentState::Authorized,
        PaymentState::Aborted,
        PaymentState::Expired,
        PaymentState::Terminated,
        PaymentState::Unknown,
    ]);
    let amount = prop::sample::select(vec![Some(TOTAL), Some(TOTAL), Some(Amount { value: 1, ..TOTAL }), None]);
    let number = prop::option::of(Just(PhoneNumber::parse("4791234567").expect("ten digits")));
    prop_oneof![
        Just(Update::Signal),
        Just(Update::Created { redirect_url: Some("https://landing.example".into()) }),
        Just(Update::CreateRefused { trouble: "vipps_refused".into() }),
        Just(Update::CreateTimedOut),
        Just(Update::CancelAnswered),
        number.clone().prop_map(|phone_number| Update::ProfileRead { sub: Some("sub".into()), phone_number }),
        (state, prop::option::of(0_u32..9), amount, number).prop_map(|(state, round, amount, phone_number)| {
            polled(round, PaymentSnapshot { amount, sub: Some("sub".into()), phone_number, ..payment(state) })
        }),
    ]
}

fn any_input() -> impl Strategy<Value = (Option<usize>, Update, bool, bool)> {
    (prop::option::weighted(0.8, 0_usize..4), any_update(), any::<bool>(), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever arrives in whatever order: at most one attempt is paid, final states stay, no idempotency key or reference is used for two
    /// things, the purchase is claimed by one page, and no personal data is stored without consent or after an erasure.
    #[test]
    fn the_invariants_hold_in_any_order(consents in any::<bool>(), inputs in prop::collection::vec(any_input(), 1..60)) {
        let mut story = Story::new(consents.then(consent));
        let mut keys = std::collections::HashMap::new();
        for (attempt, update, flag, erases) in inputs {
            let before = story.checkout.clone();
            match attempt {
                Some(attempt) => drop(story.update(attempt % before.attempts.len() + 1, update)),
                None if flag => drop(story.take(if erases { Input::Erase } else { Input::Cancel }).unwrap()),
                None if erases => drop(story.take(Input::Claim(format!("page {}", story.now.0)))),
                None => drop(story.take(Input::Retry(None))),
            }
            let after = &story.checkout;
            prop_assert!(after.attempts.iter().filter(|attempt| attempt.state == State::Authorized).count() <= 1);
            for (old, new) in before.attempts.iter().zip(&after.attempts) {
                prop_assert_eq!(&old.reference, &new.reference);
                let kept = matches!(old.state, State::Authorized | State::Aborted | State::Expired | State::Terminated);
                prop_assert!(!kept || old.state == new.state, "{:?} became {:?}", old.state, new.state);
                prop_assert!(new.aggregate.authorized >= old.aggregate.authorized);
            }
            prop_assert!(after.claimed_by.is_none() || story.state() == State::Authorized);
            prop_assert!(before.claimed_by.is_none() || after.claimed_by == before.claimed_by, "claimed once");
            prop_assert!((consents && after.erased_at.is_none()) || after.customer.is_none());
            for planned in &story.effects {
                let key = match &planned.effect {
                    Effect::CreatePayment(create) => create.key.clone(),
                    Effect::CancelPayment { key, .. } => key.clone(),
                    _ => continue,
                };
                let content = keys.entry(key).or_insert_with(|| planned.effect.clone());
                prop_assert_eq!(&*content, &planned.effect, "one key, one content");
            }
            story.effects.clear();
        }
    }
}
