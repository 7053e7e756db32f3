//! Scan to pay: the order that a desktop opens for a phone.

use super::*;

fn open(version: u32) -> Checkout {
    Checkout { redirect_url: None, ..checkout(version, State::Open) }
}

/// On the start screen of a desktop, with the request that opens the order.
fn desktop() -> (Model, Cmd) {
    let mut model = model();
    model.scan_allowed = true;
    update(&mut model, Msg::Opened);
    let create = priced(&mut model, Ok(cart(49_800))).remove(0);
    let Cmd::Create { new, open: true, .. } = &create else { panic!("{create:?}") };
    let new = new_checkout(new);
    assert!(new.open && !new.terms_accepted && new.consent.is_none());
    (model, create)
}

/// The same after the answer: the QR is shown.
fn scan_ready() -> Model {
    let (mut model, create) = desktop();
    let cmds = answer(&mut model, &create, Ok(open(1)));
    assert_eq!(cmds, [Cmd::Listen(TOKEN.into()), Cmd::Tick(1_000)], "no event, and no token in the tab");
    assert!(model.scan_ready && model.screen == Screen::Start && !model.busy);
    model
}

#[test]
fn a_payment_on_the_phone_is_followed_on_the_desktop() {
    let mut model = scan_ready();
    let cmds = streamed(&mut model, checkout(2, State::Created));
    assert!(cmds.contains(&store_token()) && !model.scan_ready);
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "the phone opens Vipps MobilePay");
    assert_eq!(model.screen, Screen::Waiting);
    streamed(&mut model, checkout(3, State::Authorized));
    assert_eq!(model.screen, Screen::Confirmation);
}

#[test]
fn a_press_on_the_desktop_pays_the_same_order() {
    let mut model = scan_ready();
    update(&mut model, Msg::Terms(true));
    update(&mut model, Msg::Share(true));
    let pay = press(&mut model, Action::Pay).remove(0);
    let Cmd::Attempt { token, new, .. } = &pay else { panic!("{pay:?}") };
    let new = new_attempt(new);
    assert!(token == TOKEN && new.terms_accepted && new.consent.is_some());
    let cmds = answer(&mut model, &pay, Ok(checkout(2, State::Created)));
    assert!(cmds.contains(&store_token()) && cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })));
}

#[test]
fn a_press_before_the_order_is_open_pays_without_it() {
    let (mut model, create) = desktop();
    update(&mut model, Msg::Terms(true));
    let pay = press(&mut model, Action::Pay).remove(0);
    assert_eq!(answer(&mut model, &create, Ok(open(1))), []);
    assert!(model.busy && !model.scan_ready, "the order that is being created counts");
    answer(&mut model, &pay, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn a_failed_open_shows_no_qr_and_no_failure() {
    for error in [RequestError::Unreachable, problem("rate_limited", None), problem("internal", None)] {
        let (mut model, create) = desktop();
        assert_eq!(answer(&mut model, &create, Err(error)), []);
        assert!(model.screen == Screen::Start && !model.scan_ready);
        update(&mut model, Msg::Terms(true));
        assert!(!paying(&mut model).open);
    }
}

#[test]
fn an_open_order_that_expires_leaves_the_screen_as_it_is() {
    let mut model = scan_ready();
    assert_eq!(
        streamed(&mut model, Checkout { redirect_url: None, ..checkout(2, State::Expired) }),
        [Cmd::StopListening]
    );
    assert!(model.screen == Screen::Start && model.token.is_none() && !model.scan_ready);
    update(&mut model, Msg::Terms(true));
    assert!(!paying(&mut model).open);
}

#[test]
fn another_cart_opens_another_order_and_a_late_answer_is_ignored() {
    let (mut model, late) = desktop();
    let other = Order { items: "mug:3".into(), amount: None, ..model.order.clone() };
    assert_eq!(update(&mut model, Msg::Configured(other.clone())), [Cmd::Price]);
    let create = priced(&mut model, Ok(cart(74_700))).remove(0);
    assert_eq!(answer(&mut model, &late, Ok(open(1))), [], "that was for two");
    answer(&mut model, &create, Ok(open(1)));
    assert!(model.scan_ready);
    let third = Order { items: "mug:4".into(), ..other };
    assert_eq!(update(&mut model, Msg::Configured(third)), [Cmd::StopListening, Cmd::Price]);
    assert!(model.token.is_none() && !model.scan_ready);
}

#[test]
fn a_phone_opens_no_order() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    assert_eq!(priced(&mut model, Ok(cart(49_800))), []);
}

#[test]
fn a_payment_without_an_answer_is_read_at_the_next_press() {
    let mut model = scan_ready();
    update(&mut model, Msg::Terms(true));
    let pay = press(&mut model, Action::Pay).remove(0);
    answer(&mut model, &pay, Err(RequestError::Unreachable));
    press(&mut model, Action::Back);
    assert_eq!(model.screen, Screen::Closed);
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Emit(Event::Open), Cmd::Read(TOKEN.into())]);
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(2, State::Created)));
    assert_eq!(model.screen, Screen::Waiting, "the payment had begun");
}

#[test]
fn a_payment_without_an_answer_for_another_cart_is_not_shown() {
    let mut model = scan_ready();
    update(&mut model, Msg::Terms(true));
    let pay = press(&mut model, Action::Pay).remove(0);
    answer(&mut model, &pay, Err(RequestError::Unreachable));
    press(&mut model, Action::Back);
    let other = Order { items: "mug:3".into(), amount: None, ..model.order.clone() };
    update(&mut model, Msg::Configured(other));
    update(&mut model, Msg::Opened);
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(2, State::Created)));
    assert_eq!(model.screen, Screen::Closed, "that was for two");
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Emit(Event::Open), Cmd::Price]);
}
