//! The flow as a table of what happens and what is done, and what must hold whatever happens.

use kvitt_wire::{Aggregate, Brand, Currency, Line, Sharing};
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "a-token";

fn nok(value: i64) -> Amount {
    Amount { value, currency: Currency::Nok }
}

fn cart(total: i64) -> Cart {
    let line = Line {
        sku: "mug".into(),
        name: "Mug".into(),
        quantity: 2,
        unit_price: total / 2,
        total,
        vat_rate: 2500,
        vat: total / 5,
        picture: None,
    };
    Cart {
        sales_unit: "no".into(),
        shop: "Fjord".into(),
        brand: Brand::Vipps,
        lines: vec![line],
        total: nok(total),
        vat: total / 5,
        terms_url: "/terms".into(),
        asks_phone_number: true,
    }
}

fn checkout(version: u32, state: State) -> Checkout {
    Checkout {
        token: TOKEN.into(),
        version,
        state,
        reference: "fjord-1".into(),
        redirect_url: (state == State::Created).then(|| "https://landing.example/?token=x".into()),
        trouble: None,
        cart: cart(49_800),
        aggregate: Aggregate::default(),
        sharing: Sharing::default(),
        created_at_ms: 0,
        expires_at_ms: 600_000,
    }
}

fn model() -> Model {
    let order = Order { items: "mug:2".into(), amount: Some(nok(49_800)), ..Order::default() };
    Model::new(order, true)
}

/// On the start screen, with the terms accepted.
fn ready() -> Model {
    let mut model = model();
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Tell(Event::Open), Cmd::Price]);
    update(&mut model, Msg::Priced(Ok(Box::new(cart(49_800)))));
    assert_eq!(model.screen, Screen::Start);
    update(&mut model, Msg::Terms(true));
    model
}

fn press(model: &mut Model, act: Act) -> Vec<Cmd> {
    update(model, Msg::Pressed(act))
}

/// What a press on the pay button asks the proxy for.
fn paying(model: &mut Model) -> NewCheckout {
    match press(model, Act::Pay).pop() {
        Some(Cmd::Create(new)) => new,
        other => panic!("expected a new checkout, got {other:?}"),
    }
}

fn answer(model: &mut Model, errand: &Cmd, answer: Result<Checkout, Fault>) -> Vec<Cmd> {
    update(model, Msg::Answered(errand.clone(), answer.map(Box::new)))
}

fn streamed(model: &mut Model, checkout: Checkout) -> Vec<Cmd> {
    update(model, Msg::Streamed(Box::new(checkout)))
}

/// On the waiting screen, with the payment at Vipps MobilePay.
fn waiting() -> Model {
    let mut model = ready();
    let create = Cmd::Create(paying(&mut model));
    let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
    assert!(cmds.contains(&Cmd::Remember(TOKEN.into())));
    assert!(cmds.contains(&Cmd::Listen(TOKEN.into())));
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { url, .. } if url.ends_with("token=x"))));
    assert_eq!(model.screen, Screen::Waiting);
    model
}

fn problem(code: &str, cart: Option<Cart>) -> Fault {
    Fault::Problem { code: code.into(), cart: cart.map(Box::new) }
}

#[test]
fn the_terms_come_before_the_payment() {
    let mut model = ready();
    update(&mut model, Msg::Terms(false));
    assert_eq!(press(&mut model, Act::Pay), []);
    assert_eq!(model.notice, Some(Notice::TermsNeeded));
    update(&mut model, Msg::Terms(true));
    assert_eq!(model.notice, None);
    let new = paying(&mut model);
    assert!(new.terms_accepted);
    assert_eq!(new.consent, None, "nobody said yes to sharing");
    assert_eq!(new.amount, nok(49_800));
    assert_eq!(new.items, [Item { sku: "mug".into(), quantity: 2 }]);
}

#[test]
fn a_yes_to_sharing_names_the_words_that_were_shown() {
    let mut model = ready();
    update(&mut model, Msg::Share(true));
    let new = paying(&mut model);
    assert_eq!(new.consent.map(|consent| consent.wording).as_deref(), Some(CONSENT_WORDING));
}

#[test]
fn a_second_press_pays_nothing_twice() {
    let mut model = ready();
    assert_eq!(press(&mut model, Act::Pay).len(), 1);
    assert_eq!(press(&mut model, Act::Pay), []);
}

#[test]
fn another_price_than_the_page_showed_is_shown_before_anything_is_paid() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    update(&mut model, Msg::Priced(Ok(Box::new(cart(50_000)))));
    assert_eq!(model.screen, Screen::Trouble(Trouble::PriceChanged { shown: nok(49_800) }));
    press(&mut model, Act::Accept);
    assert_eq!(model.screen, Screen::Start);
}

#[test]
fn a_price_that_changes_under_the_customers_finger_is_shown_with_the_old_one() {
    let mut model = ready();
    let cmds = press(&mut model, Act::Pay);
    answer(&mut model, &cmds[0], Err(problem("price_changed", Some(cart(60_000)))));
    assert_eq!(model.screen, Screen::Trouble(Trouble::PriceChanged { shown: nok(49_800) }));
    press(&mut model, Act::Accept);
    let new = paying(&mut model);
    assert_eq!(new.amount, nok(60_000));
}

#[test]
fn what_the_connection_cut_short_is_tried_again() {
    let mut model = ready();
    let cmds = press(&mut model, Act::Pay);
    answer(&mut model, &cmds[0], Err(Fault::Unreachable));
    assert_eq!(model.screen, Screen::Trouble(Trouble::Unreachable));
    assert_eq!(press(&mut model, Act::Again), cmds);
}

#[test]
fn each_ending_has_its_screen() {
    let endings = [
        (State::Aborted, Trouble::Aborted),
        (State::Expired, Trouble::Expired),
        (State::Terminated, Trouble::Terminated),
        (State::Failed, Trouble::Failed("failed".into())),
    ];
    for (state, trouble) in endings {
        let mut model = waiting();
        let cmds = streamed(&mut model, checkout(2, state));
        assert_eq!(model.screen, Screen::Trouble(trouble.clone()));
        assert!(cmds.contains(&Cmd::Tell(Event::Trouble(trouble.code().into()))));
        assert!(cmds.contains(&Cmd::Hush), "nothing more will come");
        let cmds = press(&mut model, Act::Again);
        assert!(matches!(cmds[..], [Cmd::Retry(_, NewAttempt { consent: None })]), "{state:?}: {cmds:?}");
    }
}

#[test]
fn who_would_not_share_can_pay_without() {
    let mut model = waiting();
    let mut aborted = checkout(2, State::Aborted);
    aborted.sharing.consented = true;
    streamed(&mut model, aborted);
    assert!(model.share, "what was said for this attempt");
    assert!(matches!(press(&mut model, Act::AgainUnshared)[..], [Cmd::Retry(_, NewAttempt { consent: None })]));
}

#[test]
fn an_attempt_that_is_not_over_after_all_is_looked_at() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Expired));
    let retry = press(&mut model, Act::Again).remove(0);
    assert_eq!(answer(&mut model, &retry, Err(problem("not_retryable", None))), [Cmd::Read(TOKEN.into())]);
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(3, State::Authorized)));
    assert_eq!(model.screen, Screen::Done);
}

#[test]
fn a_slow_start_leaves_the_page_while_the_press_is_fresh_and_not_later() {
    for (after_ms, leaves) in [(3_000, true), (30_000, false)] {
        let mut model = ready();
        let create = press(&mut model, Act::Pay).remove(0);
        answer(&mut model, &create, Ok(checkout(1, State::Starting)));
        assert_eq!(model.screen, Screen::Waiting);
        model.now += after_ms;
        let cmds = streamed(&mut model, checkout(2, State::Created));
        assert_eq!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), leaves);
    }
}

#[test]
fn older_news_are_no_news() {
    let mut model = waiting();
    streamed(&mut model, checkout(5, State::Authorized));
    assert_eq!(streamed(&mut model, checkout(4, State::Created)), []);
    assert_eq!(model.screen, Screen::Done);
}

#[test]
fn the_confirmation_waits_for_the_number_but_not_for_ever() {
    let mut model = waiting();
    let mut paid = checkout(2, State::Authorized);
    paid.sharing.consented = true;
    assert!(!streamed(&mut model, paid.clone()).contains(&Cmd::Hush));
    paid.version = 3;
    paid.sharing.phone_number_ending = Some("67".into());
    assert!(streamed(&mut model, paid.clone()).contains(&Cmd::Hush));

    let mut late = waiting();
    late.now = 600_000 + NUMBER_WITHIN;
    paid.sharing.phone_number_ending = None;
    assert!(streamed(&mut late, paid).contains(&Cmd::Hush));
}

#[test]
fn a_visit_comes_back_to_what_is_alive_and_not_to_what_is_over() {
    let resumed = |sure| Msg::Resumed { token: TOKEN.into(), sure };
    let read = Cmd::Read(TOKEN.into());
    for (sure, state, screen) in [
        (false, State::Created, Screen::Waiting),
        (false, State::Authorized, Screen::Closed),
        (false, State::Expired, Screen::Closed),
        (true, State::Authorized, Screen::Done),
    ] {
        let mut model = model();
        assert_eq!(update(&mut model, resumed(sure)), std::slice::from_ref(&read));
        let cmds = answer(&mut model, &read, Ok(checkout(4, state)));
        assert_eq!(model.screen, screen, "{state:?}, {sure}");
        assert_eq!(cmds.contains(&Cmd::Forget), screen == Screen::Closed);
        assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "nobody pressed");
    }
}

#[test]
fn another_cart_in_the_same_place_is_not_the_old_order() {
    let mut model = model();
    model.order.items = "mug:2,tea:1".into();
    update(&mut model, Msg::Resumed { token: TOKEN.into(), sure: true });
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Closed);
}

#[test]
fn a_page_that_is_seen_again_looks_at_once() {
    let mut model = waiting();
    let cmds = update(&mut model, Msg::Woken);
    assert!(cmds.contains(&Cmd::Read(TOKEN.into())) && cmds.contains(&Cmd::Listen(TOKEN.into())));
    assert_eq!(update(&mut super::tests::model(), Msg::Woken), []);
}

#[test]
fn a_stream_that_stays_silent_is_replaced_by_looking() {
    let mut model = waiting();
    let mut looks = 0;
    for _ in 0..60 {
        model.now += 1_000;
        let cmds = update(&mut model, Msg::Ticked);
        assert!(cmds.contains(&Cmd::Tick(1_000)), "the clock goes on");
        looks += cmds.iter().filter(|cmd| matches!(cmd, Cmd::Read(_))).count();
    }
    assert!((5..30).contains(&looks), "{looks} looks in a minute");
}

#[test]
fn a_broken_stream_comes_back_with_growing_pauses() {
    let mut model = waiting();
    let mut pauses = Vec::new();
    for _ in 0..5 {
        update(&mut model, Msg::StreamLost);
        let lost_at = model.now;
        loop {
            model.now += 500;
            if update(&mut model, Msg::Ticked).contains(&Cmd::Listen(TOKEN.into())) {
                break;
            }
        }
        pauses.push(model.now - lost_at);
    }
    assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 15_000]);
    streamed(&mut model, checkout(1, State::Created));
    update(&mut model, Msg::StreamLost);
    model.now += 1_000;
    assert!(update(&mut model, Msg::Ticked).contains(&Cmd::Listen(TOKEN.into())), "an event makes it fresh again");
}

#[test]
fn an_element_out_of_the_page_does_nothing() {
    let mut model = waiting();
    assert_eq!(update(&mut model, Msg::Rested), [Cmd::Hush]);
    assert_eq!(update(&mut model, Msg::Ticked), []);
}

fn any_state() -> impl Strategy<Value = State> {
    use State::*;
    prop::sample::select(vec![Starting, Created, Authorized, Aborted, Expired, Terminated, Failed])
}

fn any_msg() -> impl Strategy<Value = Msg> {
    use Act::*;
    let act = prop::sample::select(vec![Pay, Cancel, Again, AgainUnshared, Accept, Back, Print]);
    prop_oneof![
        Just(Msg::Opened),
        any::<bool>().prop_map(|sure| Msg::Resumed { token: TOKEN.into(), sure }),
        act.prop_map(Msg::Pressed),
        any::<bool>().prop_map(Msg::Terms),
        any::<bool>().prop_map(Msg::Share),
        prop::bool::weighted(0.8).prop_map(|ok| Msg::Priced(if ok {
            Ok(Box::new(cart(49_800)))
        } else {
            Err(Fault::Unreachable)
        })),
        (1_u32..20, any_state()).prop_map(|(version, state)| Msg::Streamed(Box::new(checkout(version, state)))),
        Just(Msg::StreamLost),
        Just(Msg::Ticked),
        Just(Msg::Woken),
        Just(Msg::Rested),
    ]
}

proptest! {
    /// Whatever happens in whatever order: no payment without the terms, no leaving without a press, no way back behind "paid".
    #[test]
    fn what_must_hold_always(msgs in prop::collection::vec((any_msg(), 0_i64..20_000, any_state()), 1..60)) {
        let mut model = model();
        let mut pressed = false;
        for (msg, later, outcome) in msgs {
            model.now += later;
            pressed |= matches!(msg, Msg::Pressed(Act::Pay | Act::Again | Act::AgainUnshared));
            let terms = model.terms;
            let before = model.checkout.clone();
            let mut cmds = update(&mut model, msg);
            // An errand is answered before anything else happens, as it were.
            while let Some(cmd) = cmds.pop() {
                match &cmd {
                    Cmd::Create(new) => prop_assert!(terms && new.terms_accepted),
                    Cmd::Leave { .. } => prop_assert!(pressed),
                    Cmd::Retry(..) | Cmd::Cancel(_) => {
                        prop_assert!(before.as_ref().is_some_and(|it| it.state != State::Authorized));
                    }
                    _ => {}
                }
                if matches!(cmd, Cmd::Create(_) | Cmd::Retry(..)) {
                    let version = model.checkout.as_ref().map_or(1, |it| it.version + 1);
                    cmds.extend(answer(&mut model, &cmd, Ok(checkout(version, outcome))));
                    prop_assert!(!model.busy, "an answered press leaves the buttons alive");
                }
            }
            if model.screen == Screen::Done {
                prop_assert_eq!(model.checkout.as_ref().map(|it| it.state), Some(State::Authorized));
            }
        }
    }
}
