//! The flow as a table of what happens and what is done.

mod carts;
mod invariants;
mod repeats;
mod scan;
mod shop;

use kvitt_wire::{Aggregate, Brand, CONSENT_WORDING, Currency, Language, Line, Sharing};

use super::responses::NUMBER_WITHIN;
use super::*;
use crate::text::source;

const TOKEN: &str = "a-token";
const KEY: &str = "kvitt test";

fn remember() -> Cmd {
    Cmd::Remember { key: KEY.into(), token: TOKEN.into() }
}

fn forget() -> Cmd {
    Cmd::Forget { key: KEY.into(), token: TOKEN.into() }
}

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
        ..Line::default()
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

fn words(language: Language) -> Words {
    Words::new(source::file(language).expect("the words are complete"))
}

fn model() -> Model {
    let order = Order { key: KEY.into(), items: "mug:2".into(), amount: Some(nok(49_800)), ..Order::default() };
    Model::new(order, words(Language::Nb), "salt".into())
}

/// On the start screen, with the terms accepted.
fn ready() -> Model {
    let mut model = model();
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Tell(Event::Open), Cmd::Price]);
    priced(&mut model, Ok(cart(49_800)));
    assert_eq!(model.screen, Screen::Start);
    update(&mut model, Msg::Terms(true));
    model
}

/// The price of what the page asks for now.
fn priced(model: &mut Model, answer: Result<Cart, Fault>) -> Vec<Cmd> {
    let order = Box::new(model.order.clone());
    update(model, Msg::Priced(order, answer.map(Box::new)))
}

fn press(model: &mut Model, act: Act) -> Vec<Cmd> {
    update(model, Msg::Pressed(act))
}

/// What a press on the pay button asks the proxy for.
fn paying(model: &mut Model) -> NewCheckout {
    match press(model, Act::Pay).pop() {
        Some(Cmd::Create { new, .. }) => new,
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
    let create = press(&mut model, Act::Pay).remove(0);
    let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
    assert!(cmds.contains(&remember()));
    assert!(cmds.contains(&Cmd::Listen(TOKEN.into())));
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { url, .. } if url.ends_with("token=x"))));
    assert_eq!(model.screen, Screen::Waiting);
    model
}

fn problem(code: &str, cart: Option<Cart>) -> Fault {
    Fault::Problem { code: code.into(), trace: "a-trace".into(), cart: cart.map(Box::new) }
}

#[test]
fn the_terms_come_before_the_payment() {
    let mut model = ready();
    update(&mut model, Msg::Terms(false));
    assert_eq!(press(&mut model, Act::Pay), [Cmd::Point]);
    assert_eq!(model.notice, Some(Notice::TermsNeeded));
    assert_eq!(update(&mut model, Msg::Share(true)), [], "the keyboard moves with the press and not again");
    update(&mut model, Msg::Share(false));
    update(&mut model, Msg::Terms(true));
    assert_eq!(model.notice, None);
    let new = paying(&mut model);
    assert!(new.terms_accepted);
    assert_eq!(new.consent, None, "nobody said yes to sharing");
    assert_eq!(new.amount, nok(49_800));
    assert_eq!(new.language, Language::Nb);
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
    priced(&mut model, Ok(cart(50_000)));
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
        assert!(
            matches!(cmds[..], [Cmd::Retry { new: NewAttempt { terms_accepted: false, consent: None }, .. }]),
            "{state:?}: {cmds:?}"
        );
    }
}

#[test]
fn who_would_not_share_can_pay_without() {
    let mut model = waiting();
    let mut aborted = checkout(2, State::Aborted);
    aborted.sharing.consented = true;
    streamed(&mut model, aborted);
    assert!(model.share, "what was said for this attempt");
    assert!(matches!(
        press(&mut model, Act::AgainUnshared)[..],
        [Cmd::Retry { new: NewAttempt { terms_accepted: false, consent: None }, .. }]
    ));
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
        assert_eq!(cmds.contains(&forget()), screen == Screen::Closed);
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

/// How long after its loss the stream is opened again.
fn pause(model: &mut Model) -> i64 {
    update(model, Msg::StreamLost);
    let lost_at = model.now;
    loop {
        model.now += 100;
        if update(model, Msg::Ticked).contains(&Cmd::Listen(TOKEN.into())) {
            return model.now - lost_at;
        }
    }
}

#[test]
fn a_broken_stream_comes_back_with_growing_pauses() {
    let mut model = waiting();
    for about in [1_000, 2_000, 4_000, 8_000, 15_000] {
        // Each stands for a moment, as one does that a restarting proxy accepts and drops.
        streamed(&mut model, checkout(1, State::Created));
        let pause = pause(&mut model);
        assert!((about * 3 / 4..=about * 5 / 4 + 100).contains(&pause), "{pause} is not about {about}");
    }
    streamed(&mut model, checkout(1, State::Created));
    model.now += 6_000;
    assert!(pause(&mut model) < 1_500, "a line that has lived makes it fresh again");
}

#[test]
fn customers_who_were_cut_off_together_do_not_come_back_together() {
    let pauses: Vec<i64> = ["a", "b", "token-x", "token-y"]
        .into_iter()
        .map(|token| {
            let mut model = Model::new(Order::default(), Words::default(), String::new());
            let mut known = checkout(1, State::Created);
            known.token = token.into();
            update(&mut model, Msg::Resumed { token: token.into(), sure: true });
            answer(&mut model, &Cmd::Read(token.into()), Ok(known));
            update(&mut model, Msg::StreamLost);
            (0..).find(|_| {
                model.now += 1;
                update(&mut model, Msg::Ticked).contains(&Cmd::Listen(token.into()))
            })
        })
        .map(|pause| pause.expect("it comes back"))
        .collect();
    assert!(pauses.windows(2).any(|two| two[0] != two[1]), "{pauses:?}");
}

#[test]
fn a_clock_that_is_put_back_does_not_stop_the_looking() {
    let mut model = waiting();
    model.now -= 3_600_000;
    assert!(update(&mut model, Msg::Ticked).contains(&Cmd::Read(TOKEN.into())));
}

#[test]
fn an_element_out_of_the_page_does_nothing() {
    let mut model = waiting();
    assert_eq!(update(&mut model, Msg::Rested), [Cmd::Hush]);
    assert_eq!(update(&mut model, Msg::Ticked), []);
    let cmds = answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(2, State::Created)));
    assert_eq!(cmds, [], "a late answer opens no stream");
    assert!(update(&mut model, Msg::Woken).contains(&Cmd::Listen(TOKEN.into())));
}

#[test]
fn nobody_is_taken_away_by_an_element_that_is_gone() {
    let mut model = ready();
    let create = press(&mut model, Act::Pay).remove(0);
    update(&mut model, Msg::Rested);
    let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
    assert!(cmds.contains(&remember()), "but it is found again");
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. } | Cmd::Listen(_) | Cmd::Tick(_))), "{cmds:?}");
}

#[test]
fn a_look_that_is_tried_again_takes_nobody_away() {
    let mut model = model();
    update(&mut model, Msg::Resumed { token: TOKEN.into(), sure: true });
    let read = Cmd::Read(TOKEN.into());
    answer(&mut model, &read, Err(Fault::Unreachable));
    assert_eq!(press(&mut model, Act::Again), std::slice::from_ref(&read));
    assert_eq!(model.screen, Screen::Fetching);
    let cmds = answer(&mut model, &read, Ok(checkout(1, State::Created)));
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "{cmds:?}");
}

#[test]
fn a_page_that_woke_without_an_answer_asks_again() {
    let mut model = model();
    let read = Cmd::Read(TOKEN.into());
    update(&mut model, Msg::Resumed { token: TOKEN.into(), sure: true });
    answer(&mut model, &read, Err(Fault::Unreachable));
    assert_eq!(update(&mut model, Msg::Woken), std::slice::from_ref(&read));
    answer(&mut model, &read, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn an_order_that_is_gone_is_said_once_and_not_looked_for_again() {
    let mut model = waiting();
    let read = Cmd::Read(TOKEN.into());
    let trouble = Cmd::Tell(Event::Trouble("not_found".into()));
    let cmds = answer(&mut model, &read, Err(problem("not_found", None)));
    assert!(cmds.contains(&trouble) && cmds.contains(&Cmd::Hush), "{cmds:?}");
    model.now += 60_000;
    assert_eq!(update(&mut model, Msg::Ticked), []);
    assert!(!answer(&mut model, &read, Err(problem("not_found", None))).contains(&trouble));
}

#[test]
fn an_address_that_is_a_script_leads_nowhere() {
    for url in ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", " javascript:x", "//landing.example"]
    {
        let mut model = ready();
        let create = press(&mut model, Act::Pay).remove(0);
        let mut bad = checkout(1, State::Created);
        bad.redirect_url = Some(url.into());
        let cmds = answer(&mut model, &create, Ok(bad));
        assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "{url}");
        assert_eq!(model.checkout.and_then(|it| it.redirect_url), None, "{url}");
    }
    assert_eq!(link("javascript:alert(1)"), None);
    assert_eq!(link("/terms"), Some("/terms"));
    assert_eq!(link("https://shop.example/terms"), Some("https://shop.example/terms"));
}
