//! The flow: which commands and which screen follow each message.

mod afterwards;
mod carts;
mod invariants;
mod repeats;
mod scan;
mod shop;

use kvitt_wire::{
    Aggregate, Brand, CONSENT_WORDING, ConsentGiven, Currency, Item, Language, NewAttempt, NewCheckout, PaymentSources,
    Sharing,
};

use super::*;
use crate::text::source;

const TOKEN: &str = "a-token";
const KEY: &str = "kvitt test";

fn store_token() -> Cmd {
    Cmd::StoreToken { key: KEY.into(), token: TOKEN.into() }
}

fn remove_token() -> Cmd {
    Cmd::RemoveToken { key: KEY.into(), token: TOKEN.into() }
}

fn nok(value: i64) -> Amount {
    Amount { value, currency: Currency::Nok }
}

fn cart(total: i64) -> Cart {
    let line = Line {
        sku: "mug".into(),
        name: "Mug".into(),
        quantity: 2.into(),
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
        payment_sources: PaymentSources::default(),
    }
}

fn checkout(version: u32, state: State) -> Checkout {
    Checkout {
        token: TOKEN.into(),
        version,
        state,
        order_number: "fjord".into(),
        reference: "fjord-1".into(),
        redirect_url: (state == State::Created).then(|| "https://landing.example/?token=x".into()),
        trouble: None,
        cart: cart(49_800),
        aggregate: Aggregate::default(),
        sharing: Sharing::default(),
        category: None,
        created_at_ms: 0,
        expires_at_ms: 600_000,
    }
}

fn words(language: Language) -> Words {
    Words::new(source::file(language).expect("the words are complete"))
}

fn model() -> Model {
    let order = Order { storage_key: KEY.into(), items: "mug:2".into(), amount: Some(nok(49_800)), ..Order::default() };
    let mut model = Model::new(order, words(Language::Nb), "salt".into());
    model.claim_text = "claim".into();
    model
}

/// On the start screen, with the terms accepted.
fn ready() -> Model {
    let mut model = model();
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Emit(Event::Open), Cmd::Price]);
    priced(&mut model, Ok(cart(49_800)));
    assert_eq!(model.screen, Screen::Start);
    update(&mut model, Msg::Terms(true));
    model
}

/// The proxy prices the order that the page describes now.
fn priced(model: &mut Model, answer: Result<Cart, RequestError>) -> Vec<Cmd> {
    let order = Box::new(model.order.clone());
    update(model, Msg::Priced(order, answer.map(Box::new)))
}

fn press(model: &mut Model, action: Action) -> Vec<Cmd> {
    update(model, Msg::Pressed(action))
}

/// Reads a body as the proxy does.
fn new_checkout(body: &Json) -> NewCheckout {
    serde_json::to_value(body).and_then(serde_json::from_value).expect("a new checkout")
}

/// Reads a body as the proxy does.
fn new_attempt(body: &Json) -> NewAttempt {
    serde_json::to_value(body).and_then(serde_json::from_value).expect("a new attempt")
}

/// Whether the commands are one more attempt, without terms and consent.
fn is_plain_attempt(cmds: &[Cmd]) -> bool {
    let plain = NewAttempt { terms_accepted: false, consent: None };
    matches!(cmds, [Cmd::Attempt { new, .. }] if new_attempt(new) == plain)
}

/// The new checkout that a press on the pay button sends.
fn paying(model: &mut Model) -> NewCheckout {
    match press(model, Action::Pay).pop() {
        Some(Cmd::Create { new, .. }) => new_checkout(&new),
        other => panic!("expected a new checkout, got {other:?}"),
    }
}

fn answer(model: &mut Model, request: &Cmd, answer: Result<Checkout, RequestError>) -> Vec<Cmd> {
    update(model, Msg::Responded(request.clone(), answer.map(Box::new)))
}

fn streamed(model: &mut Model, checkout: Checkout) -> Vec<Cmd> {
    update(model, Msg::Streamed(Box::new(checkout)))
}

/// On the waiting screen, with the payment at Vipps MobilePay.
fn waiting() -> Model {
    let mut model = ready();
    let create = press(&mut model, Action::Pay).remove(0);
    let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
    assert!(cmds.contains(&store_token()));
    assert!(cmds.contains(&Cmd::Listen(TOKEN.into())));
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { url, .. } if url.ends_with("token=x"))));
    assert_eq!(model.screen, Screen::Waiting);
    model
}

fn problem(code: &str, cart: Option<Cart>) -> RequestError {
    RequestError::Problem { code: code.into(), trace_id: "a-trace".into(), cart: cart.map(Box::new) }
}

#[test]
fn nothing_is_paid_before_the_terms_are_accepted() {
    let mut model = ready();
    update(&mut model, Msg::Terms(false));
    assert_eq!(press(&mut model, Action::Pay), [Cmd::FocusMissing]);
    assert_eq!(model.notice, Some(Notice::TermsNeeded));
    assert_eq!(update(&mut model, Msg::Share(true)), [], "only the press moves the focus");
    update(&mut model, Msg::Share(false));
    update(&mut model, Msg::Terms(true));
    assert_eq!(model.notice, None);
    let new = paying(&mut model);
    assert!(new.terms_accepted);
    assert_eq!(new.consent, None, "the customer did not consent to sharing");
    assert_eq!(new.amount, nok(49_800));
    assert_eq!(new.language, Language::Nb);
    assert_eq!(new.items, [Item { sku: "mug".into(), quantity: 2 }]);
}

#[test]
fn a_consent_names_the_wording_that_was_shown() {
    let mut model = ready();
    update(&mut model, Msg::Share(true));
    let new = paying(&mut model);
    assert_eq!(new.consent.map(|consent| consent.wording).as_deref(), Some(CONSENT_WORDING));
}

#[test]
fn a_second_press_does_not_pay_twice() {
    let mut model = ready();
    assert_eq!(press(&mut model, Action::Pay).len(), 1);
    assert_eq!(press(&mut model, Action::Pay), []);
}

#[test]
fn a_total_that_differs_from_the_page_is_shown_before_anything_is_paid() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(50_000)));
    assert_eq!(model.screen, Screen::Failure(Failure::PriceChanged { shown: nok(49_800) }));
    press(&mut model, Action::AcceptPrice);
    assert_eq!(model.screen, Screen::Start);
}

#[test]
fn a_price_that_changes_at_the_press_is_shown_with_the_old_one() {
    let mut model = ready();
    let cmds = press(&mut model, Action::Pay);
    answer(&mut model, &cmds[0], Err(problem("price_changed", Some(cart(60_000)))));
    assert_eq!(model.screen, Screen::Failure(Failure::PriceChanged { shown: nok(49_800) }));
    press(&mut model, Action::AcceptPrice);
    let new = paying(&mut model);
    assert_eq!(new.amount, nok(60_000));
}

#[test]
fn an_unreachable_proxy_can_be_tried_again() {
    let mut model = ready();
    let cmds = press(&mut model, Action::Pay);
    answer(&mut model, &cmds[0], Err(RequestError::Unreachable));
    assert_eq!(model.screen, Screen::Failure(Failure::Unreachable));
    assert_eq!(press(&mut model, Action::Retry), cmds);
}

#[test]
fn each_final_state_has_its_screen() {
    let final_states = [
        (State::Aborted, Failure::Aborted),
        (State::Expired, Failure::Expired),
        (State::Terminated, Failure::Terminated),
        (State::Failed, Failure::Failed("failed".into())),
    ];
    for (state, failure) in final_states {
        let mut model = waiting();
        let cmds = streamed(&mut model, checkout(2, state));
        assert_eq!(model.screen, Screen::Failure(failure.clone()));
        assert!(cmds.contains(&Cmd::Emit(Event::Trouble(failure.code().into()))));
        assert!(cmds.contains(&Cmd::StopListening), "the subscription ends");
        let cmds = press(&mut model, Action::Retry);
        assert!(is_plain_attempt(&cmds), "{state:?}: {cmds:?}");
    }
}

#[test]
fn an_aborted_payment_can_be_retried_without_sharing() {
    let mut model = waiting();
    let mut aborted = checkout(2, State::Aborted);
    aborted.sharing.consented = true;
    streamed(&mut model, aborted);
    assert!(model.share, "the choice for this attempt");
    assert!(is_plain_attempt(&press(&mut model, Action::RetryUnshared)));
}

#[test]
fn an_attempt_that_is_not_retryable_is_read() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Expired));
    let retry = press(&mut model, Action::Retry).remove(0);
    assert_eq!(answer(&mut model, &retry, Err(problem("not_retryable", None))), [Cmd::Read(TOKEN.into())]);
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(3, State::Authorized)));
    assert_eq!(model.screen, Screen::Confirmation);
}

#[test]
fn an_attempt_that_fails_after_the_order_was_paid_does_not_hide_the_confirmation() {
    for error in [
        RequestError::Unreachable,
        RequestError::Busy { retry_after: Some(1_000), trace_id: "trace".into() },
        problem("offer_ended", None),
    ] {
        let mut model = waiting();
        streamed(&mut model, checkout(3, State::Aborted));
        let cmds = press(&mut model, Action::Retry);
        let attempt = cmds.iter().find(|cmd| matches!(cmd, Cmd::Attempt { .. })).unwrap().clone();
        streamed(&mut model, checkout(4, State::Authorized));
        assert_eq!(answer(&mut model, &attempt, Err(error)), []);
        assert_eq!((&model.screen, model.busy), (&Screen::Confirmation, false));
        assert_eq!(press(&mut model, Action::Retry), []);
    }
}

#[test]
fn a_slow_start_leaves_the_page_only_shortly_after_the_press() {
    for (after_ms, leaves) in [(3_000, true), (30_000, false)] {
        let mut model = ready();
        let create = press(&mut model, Action::Pay).remove(0);
        answer(&mut model, &create, Ok(checkout(1, State::Starting)));
        assert_eq!(model.screen, Screen::Waiting);
        model.now += after_ms;
        let cmds = streamed(&mut model, checkout(2, State::Created));
        assert_eq!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), leaves);
    }
}

#[test]
fn an_older_state_is_ignored() {
    let mut model = waiting();
    streamed(&mut model, checkout(5, State::Authorized));
    assert_eq!(streamed(&mut model, checkout(4, State::Created)), []);
    assert_eq!(model.screen, Screen::Confirmation);
}

#[test]
fn a_final_order_is_resumed_only_with_show_final() {
    let resumed = |show_final| Msg::Resumed { token: TOKEN.into(), show_final };
    let read = Cmd::Read(TOKEN.into());
    for (show_final, state, screen) in [
        (false, State::Created, Screen::Waiting),
        (false, State::Authorized, Screen::Closed),
        (false, State::Expired, Screen::Closed),
        (true, State::Authorized, Screen::Confirmation),
    ] {
        let mut model = model();
        assert_eq!(update(&mut model, resumed(show_final)), std::slice::from_ref(&read));
        let cmds = answer(&mut model, &read, Ok(checkout(4, state)));
        assert_eq!(model.screen, screen, "{state:?}, {show_final}");
        assert_eq!(cmds.contains(&remove_token()), screen == Screen::Closed);
        assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "the customer did not press");
    }
}

#[test]
fn a_stored_order_for_another_cart_is_not_shown() {
    let mut model = model();
    model.order.items = "mug:2,tea:1".into();
    update(&mut model, Msg::Resumed { token: TOKEN.into(), show_final: true });
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Closed);
}

#[test]
fn a_page_that_becomes_visible_polls_at_once() {
    let mut model = waiting();
    let cmds = update(&mut model, Msg::Reactivated);
    assert!(cmds.contains(&Cmd::Read(TOKEN.into())) && cmds.contains(&Cmd::Listen(TOKEN.into())));
    assert_eq!(update(&mut super::tests::model(), Msg::Reactivated), []);
}

#[test]
fn a_stream_without_events_is_replaced_by_polling() {
    let mut model = waiting();
    let mut polls = 0;
    for _ in 0..60 {
        model.now += 1_000;
        let cmds = update(&mut model, Msg::Ticked);
        assert!(cmds.contains(&Cmd::Tick(1_000)), "the timer is set again");
        polls += cmds.iter().filter(|cmd| matches!(cmd, Cmd::Read(_))).count();
    }
    assert!((5..30).contains(&polls), "{polls} polls in a minute");
}

/// How long after it broke the stream is opened again.
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
fn a_broken_stream_reconnects_with_backoff() {
    let mut model = waiting();
    for about in [1_000, 2_000, 4_000, 8_000, 15_000] {
        // Each connection brings one event and breaks, as with a proxy that restarts.
        streamed(&mut model, checkout(1, State::Created));
        let pause = pause(&mut model);
        assert!((about * 3 / 4..=about * 5 / 4 + 100).contains(&pause), "{pause} is not about {about}");
    }
    streamed(&mut model, checkout(1, State::Created));
    model.now += 6_000;
    assert!(pause(&mut model) < 1_500, "a connection that lasted resets the backoff");
}

#[test]
fn reconnects_have_jitter() {
    let pauses: Vec<i64> = ["a", "b", "token-x", "token-y"]
        .into_iter()
        .map(|token| {
            let mut model = Model::new(Order::default(), Words::default(), String::new());
            let mut known = checkout(1, State::Created);
            known.token = token.into();
            update(&mut model, Msg::Resumed { token: token.into(), show_final: true });
            answer(&mut model, &Cmd::Read(token.into()), Ok(known));
            update(&mut model, Msg::StreamLost);
            (0..).find(|_| {
                model.now += 1;
                update(&mut model, Msg::Ticked).contains(&Cmd::Listen(token.into()))
            })
        })
        .map(|pause| pause.expect("it reconnects"))
        .collect();
    assert!(pauses.windows(2).any(|two| two[0] != two[1]), "{pauses:?}");
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_polling() {
    let mut model = waiting();
    model.now -= 3_600_000;
    assert!(update(&mut model, Msg::Ticked).contains(&Cmd::Read(TOKEN.into())));
}

#[test]
fn a_disconnected_element_does_nothing() {
    let mut model = waiting();
    assert_eq!(update(&mut model, Msg::Disconnected), [Cmd::StopListening]);
    assert_eq!(update(&mut model, Msg::Ticked), []);
    let cmds = answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(2, State::Created)));
    assert_eq!(cmds, [], "a late answer opens no stream");
    assert!(update(&mut model, Msg::Reactivated).contains(&Cmd::Listen(TOKEN.into())));
}

#[test]
fn a_disconnected_element_does_not_leave_the_page() {
    let mut model = ready();
    let create = press(&mut model, Action::Pay).remove(0);
    update(&mut model, Msg::Disconnected);
    let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
    assert!(cmds.contains(&store_token()), "but the order is stored");
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. } | Cmd::Listen(_) | Cmd::Tick(_))), "{cmds:?}");
}

#[test]
fn a_retried_read_does_not_leave_the_page() {
    let mut model = model();
    update(&mut model, Msg::Resumed { token: TOKEN.into(), show_final: true });
    let read = Cmd::Read(TOKEN.into());
    answer(&mut model, &read, Err(RequestError::Unreachable));
    assert_eq!(press(&mut model, Action::Retry), std::slice::from_ref(&read));
    assert_eq!(model.screen, Screen::Fetching);
    let cmds = answer(&mut model, &read, Ok(checkout(1, State::Created)));
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "{cmds:?}");
}

#[test]
fn a_reactivated_page_without_an_answer_reads_again() {
    let mut model = model();
    let read = Cmd::Read(TOKEN.into());
    update(&mut model, Msg::Resumed { token: TOKEN.into(), show_final: true });
    answer(&mut model, &read, Err(RequestError::Unreachable));
    assert_eq!(update(&mut model, Msg::Reactivated), std::slice::from_ref(&read));
    answer(&mut model, &read, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn a_missing_order_is_reported_once_and_not_polled_again() {
    let mut model = waiting();
    let read = Cmd::Read(TOKEN.into());
    let reported = Cmd::Emit(Event::Trouble("not_found".into()));
    let cmds = answer(&mut model, &read, Err(problem("not_found", None)));
    assert!(cmds.contains(&reported) && cmds.contains(&Cmd::StopListening), "{cmds:?}");
    model.now += 60_000;
    assert_eq!(update(&mut model, Msg::Ticked), []);
    assert!(!answer(&mut model, &read, Err(problem("not_found", None))).contains(&reported));
}

#[test]
fn a_script_url_is_never_followed() {
    for url in ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", " javascript:x", "//landing.example"]
    {
        let mut model = ready();
        let create = press(&mut model, Action::Pay).remove(0);
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
