//! What is asked again: the same request under the same key, and after the pause that the proxy wishes for.

use super::*;

fn busy(seconds: i64) -> Fault {
    Fault::Busy { after: Some(seconds * 1_000), trace: "a-trace".into() }
}

/// What a press sends.
fn sends(model: &mut Model, act: Act) -> Cmd {
    press(model, act).remove(0)
}

fn key(errand: &Cmd) -> &str {
    match errand {
        Cmd::Create { key, .. } | Cmd::Retry { key, .. } => key,
        other => panic!("{other:?} has no key"),
    }
}

/// Ticks until something else than a tick is to be done; answers with it and the milliseconds that went by.
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
fn a_lost_answer_is_asked_for_under_the_same_key() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    assert!(key(&first).starts_with("salt-"), "nobody can guess it");
    answer(&mut model, &first, Err(Fault::Unreachable));
    assert_eq!(sends(&mut model, Act::Again), first);
    answer(&mut model, &first, Err(Fault::Unreachable));

    // The long way round, from the button.
    press(&mut model, Act::Back);
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(49_800)));
    update(&mut model, Msg::Terms(true));
    assert_eq!(sends(&mut model, Act::Pay), first);
}

#[test]
fn something_else_is_asked_for_under_another_key() {
    let changes: [fn(&mut Model); 3] = [
        |model| drop(update(model, Msg::Share(true))),
        |model| drop(update(model, Msg::Spoken(words(Language::Da)))),
        |model| {
            update(model, Msg::Configured(Order { items: "mug:1".into(), ..model.order.clone() }));
        },
    ];
    for change in changes {
        let mut model = ready();
        let first = sends(&mut model, Act::Pay);
        answer(&mut model, &first, Err(Fault::Unreachable));
        press(&mut model, Act::Back);
        update(&mut model, Msg::Opened);
        change(&mut model);
        let mut other = cart(49_800);
        other.lines[0].quantity = if model.order.items == "mug:1" { 1 } else { 2 };
        priced(&mut model, Ok(other));
        update(&mut model, Msg::Terms(true));
        let second = sends(&mut model, Act::Pay);
        assert_ne!(second, first);
        assert_ne!(key(&second), key(&first));
    }
}

#[test]
fn what_was_answered_is_not_asked_again() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    answer(&mut model, &first, Err(problem("price_changed", Some(cart(49_800)))));
    press(&mut model, Act::Accept);
    assert_ne!(key(&sends(&mut model, Act::Pay)), key(&first));
}

#[test]
fn a_payment_that_will_have_run_out_is_begun_anew() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    model.now += 20_000;
    answer(&mut model, &first, Err(Fault::Unreachable));
    model.now += 300_000;
    assert_ne!(key(&sends(&mut model, Act::Again)), key(&first));
}

#[test]
fn another_attempt_has_a_key_of_its_own() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Expired));
    let first = sends(&mut model, Act::Again);
    answer(&mut model, &first, Err(Fault::Unreachable));
    assert_eq!(sends(&mut model, Act::Again), first);
    answer(&mut model, &first, Ok(checkout(3, State::Expired)));
    let second = sends(&mut model, Act::Again);
    assert_ne!(key(&second), key(&first));
}

#[test]
fn every_press_has_a_key_that_no_other_has() {
    let mut model = ready();
    let mut keys = std::collections::HashSet::new();
    for _ in 0..1_000 {
        let errand = sends(&mut model, Act::Pay);
        assert!(keys.insert(key(&errand).to_owned()), "{errand:?}");
        answer(&mut model, &errand, Err(problem("price_changed", Some(cart(49_800)))));
        press(&mut model, Act::Accept);
    }
}

#[test]
fn a_proxy_that_asks_for_patience_is_asked_again_by_itself() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    let cmds = answer(&mut model, &first, Err(busy(3)));
    assert!(matches!(cmds[..], [Cmd::Tick(_)]), "{cmds:?}");
    assert!(model.busy && model.screen == Screen::Start, "the customer just waits");
    assert_eq!(press(&mut model, Act::Pay), []);
    assert_eq!(wait(&mut model), (first.clone(), 3_000));
    answer(&mut model, &first, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn a_price_is_asked_for_again_too() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Err(busy(2)));
    assert_eq!(model.screen, Screen::Fetching);
    assert_eq!(wait(&mut model), (Cmd::Price, 2_000));
}

#[test]
fn nobody_is_kept_waiting_for_long() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    answer(&mut model, &first, Err(busy(10)));
    let (again, _) = wait(&mut model);
    let cmds = answer(&mut model, &again, Err(busy(10)));
    assert_eq!(cmds, [Cmd::Tell(Event::Trouble("busy".into()))]);
    assert_eq!(model.screen, Screen::Trouble(Trouble::Busy));
    assert_eq!(model.trace.as_deref(), Some("a-trace"));
    assert_eq!(sends(&mut model, Act::Again), first, "under its key");
}

#[test]
fn news_end_the_waiting() {
    let mut model = waiting();
    let cancel = sends(&mut model, Act::Cancel);
    answer(&mut model, &cancel, Err(busy(5)));
    assert!(model.busy);
    streamed(&mut model, checkout(2, State::Authorized));
    assert!(!model.busy);
    model.now += 10_000;
    assert!(!update(&mut model, Msg::Ticked).contains(&cancel), "it has been paid");
}

#[test]
fn an_element_out_of_the_page_asks_when_it_is_back() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    update(&mut model, Msg::Rested);
    assert_eq!(answer(&mut model, &first, Err(busy(2))), []);
    model.now += 60_000;
    assert!(matches!(update(&mut model, Msg::Woken)[..], [Cmd::Tick(_)]));
    assert_eq!(wait(&mut model).0, first);
}

#[test]
fn a_trouble_says_where_it_is_found_and_the_next_one_not() {
    let mut model = ready();
    let first = sends(&mut model, Act::Pay);
    answer(&mut model, &first, Err(problem("sales_unit_unknown", None)));
    assert_eq!(model.trace.as_deref(), Some("a-trace"));
    press(&mut model, Act::Back);
    update(&mut model, Msg::Opened);
    priced(&mut model, Err(Fault::Unreachable));
    assert_eq!(model.trace, None);
}
