//! Retries: the same request keeps its key, and an automatic retry waits for the pause that the proxy asks for.

use super::*;

fn busy(seconds: i64) -> RequestError {
    RequestError::Busy { retry_after: Some(seconds * 1_000), trace_id: "a-trace".into() }
}

/// The request that a press sends.
fn sent_by(model: &mut Model, action: Action) -> Cmd {
    press(model, action).remove(0)
}

fn key(request: &Cmd) -> &str {
    match request {
        Cmd::Create { key, .. } | Cmd::Attempt { key, .. } => key,
        other => panic!("{other:?} has no key"),
    }
}

/// Ticks until a command other than a tick follows. Returns it and the milliseconds that passed.
fn wait(model: &mut Model) -> (Cmd, i64) {
    let begin = model.now;
    loop {
        model.now += 1_000;
        let cmd = update(model, Msg::Ticked).remove(0);
        if !matches!(cmd, Cmd::Tick(_)) {
            return (cmd, model.now - begin);
        }
    }
}

#[test]
fn an_order_whose_time_is_over_is_priced_anew() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Expired));
    let retry = sent_by(&mut model, Action::Retry);
    let cmds = answer(&mut model, &retry, Err(problem("offer_ended", None)));
    assert_eq!(cmds, [remove_token(), Cmd::Price]);
    assert_eq!((&model.screen, &model.token, model.terms, model.busy), (&Screen::Fetching, &None, false, false));
    priced(&mut model, Ok(cart(99_900)));
    let shown = nok(49_800);
    assert_eq!(model.screen, Screen::Failure(Failure::PriceChanged { shown }), "the page shows the old price");
    press(&mut model, Action::AcceptPrice);
    assert_eq!(press(&mut model, Action::Pay), [Cmd::FocusMissing], "the terms are accepted anew");
    update(&mut model, Msg::Terms(true));
    assert_eq!(paying(&mut model).amount, nok(99_900));
}

#[test]
fn an_order_without_a_cart_on_the_page_cannot_be_opened_anew() {
    let mut model = Model::new(Order::default(), words(Language::Nb), "salt".into());
    update(&mut model, Msg::Resumed { token: TOKEN.into(), show_final: true });
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(1, State::Expired)));
    let retry = sent_by(&mut model, Action::Retry);
    answer(&mut model, &retry, Err(problem("offer_ended", None)));
    assert_eq!(model.screen, Screen::Failure(Failure::Refused("offer_ended".into())));
}

#[test]
fn a_request_without_an_answer_keeps_its_key() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    assert!(key(&first).starts_with("salt-"), "it contains the salt");
    answer(&mut model, &first, Err(RequestError::Unreachable));
    assert_eq!(sent_by(&mut model, Action::Retry), first);
    answer(&mut model, &first, Err(RequestError::Unreachable));

    // The same request again, from the pay button on.
    press(&mut model, Action::Back);
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(49_800)));
    update(&mut model, Msg::Terms(true));
    assert_eq!(sent_by(&mut model, Action::Pay), first);
}

#[test]
fn a_different_request_has_a_different_key() {
    let changes: [fn(&mut Model); 3] = [
        |model| drop(update(model, Msg::Share(true))),
        |model| drop(update(model, Msg::LanguageLoaded(words(Language::Da)))),
        |model| {
            update(model, Msg::Configured(Order { items: "mug:1".into(), ..model.order.clone() }));
        },
    ];
    for change in changes {
        let mut model = ready();
        let first = sent_by(&mut model, Action::Pay);
        answer(&mut model, &first, Err(RequestError::Unreachable));
        press(&mut model, Action::Back);
        update(&mut model, Msg::Opened);
        change(&mut model);
        let mut other = cart(49_800);
        other.lines[0].quantity = if model.order.items == "mug:1" { 1 } else { 2 }.into();
        priced(&mut model, Ok(other));
        update(&mut model, Msg::Terms(true));
        let second = sent_by(&mut model, Action::Pay);
        assert_ne!(second, first);
        assert_ne!(key(&second), key(&first));
    }
}

#[test]
fn an_answered_key_is_not_used_again() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    answer(&mut model, &first, Err(problem("price_changed", Some(cart(49_800)))));
    press(&mut model, Action::AcceptPrice);
    assert_ne!(key(&sent_by(&mut model, Action::Pay)), key(&first));
}

#[test]
fn a_key_expires_before_the_payment_does() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    model.now += 20_000;
    answer(&mut model, &first, Err(RequestError::Unreachable));
    model.now += 300_000;
    assert_ne!(key(&sent_by(&mut model, Action::Retry)), key(&first));
}

#[test]
fn another_attempt_has_a_key_of_its_own() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Expired));
    let first = sent_by(&mut model, Action::Retry);
    answer(&mut model, &first, Err(RequestError::Unreachable));
    assert_eq!(sent_by(&mut model, Action::Retry), first);
    answer(&mut model, &first, Ok(checkout(3, State::Expired)));
    let second = sent_by(&mut model, Action::Retry);
    assert_ne!(key(&second), key(&first));
}

#[test]
fn every_press_has_a_unique_key() {
    let mut model = ready();
    let mut keys = std::collections::HashSet::new();
    for _ in 0..1_000 {
        let request = sent_by(&mut model, Action::Pay);
        assert!(keys.insert(key(&request).to_owned()), "{request:?}");
        answer(&mut model, &request, Err(problem("price_changed", Some(cart(49_800)))));
        press(&mut model, Action::AcceptPrice);
    }
}

#[test]
fn a_busy_proxy_gets_an_automatic_retry() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    let cmds = answer(&mut model, &first, Err(busy(3)));
    assert!(matches!(cmds[..], [Cmd::Tick(_)]), "{cmds:?}");
    assert!(model.busy && model.screen == Screen::Start, "the screen stays");
    assert_eq!(press(&mut model, Action::Pay), []);
    assert_eq!(wait(&mut model), (first.clone(), 3_000));
    answer(&mut model, &first, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn a_price_is_retried_too() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Err(busy(2)));
    assert_eq!(model.screen, Screen::Fetching);
    assert_eq!(wait(&mut model), (Cmd::Price, 2_000));
}

#[test]
fn automatic_retries_end_at_a_deadline() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    answer(&mut model, &first, Err(busy(10)));
    let (retry, _) = wait(&mut model);
    let cmds = answer(&mut model, &retry, Err(busy(10)));
    assert_eq!(cmds, [Cmd::Emit(Event::Trouble("busy".into()))]);
    assert_eq!(model.screen, Screen::Failure(Failure::Busy));
    assert_eq!(model.trace_id.as_deref(), Some("a-trace"));
    assert_eq!(sent_by(&mut model, Action::Retry), first, "with its key");
}

#[test]
fn a_new_state_cancels_the_retry() {
    let mut model = waiting();
    let cancel = sent_by(&mut model, Action::Cancel);
    answer(&mut model, &cancel, Err(busy(5)));
    assert!(model.busy);
    streamed(&mut model, checkout(2, State::Authorized));
    assert!(!model.busy);
    model.now += 10_000;
    assert!(!update(&mut model, Msg::Ticked).contains(&cancel), "it has been paid");
}

#[test]
fn a_disconnected_element_retries_when_it_is_back() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    update(&mut model, Msg::Disconnected);
    assert_eq!(answer(&mut model, &first, Err(busy(2))), []);
    model.now += 60_000;
    assert!(matches!(update(&mut model, Msg::Reactivated)[..], [Cmd::Tick(_)]));
    assert_eq!(wait(&mut model).0, first);
}

#[test]
fn a_failure_shows_its_own_trace_id_only() {
    let mut model = ready();
    let first = sent_by(&mut model, Action::Pay);
    answer(&mut model, &first, Err(problem("sales_unit_unknown", None)));
    assert_eq!(model.trace_id.as_deref(), Some("a-trace"));
    press(&mut model, Action::Back);
    update(&mut model, Msg::Opened);
    priced(&mut model, Err(RequestError::Unreachable));
    assert_eq!(model.trace_id, None);
}
