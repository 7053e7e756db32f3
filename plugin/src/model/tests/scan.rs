//! The order that a desktop opens for a phone to scan.

use super::*;

fn open(version: u32) -> Checkout {
    Checkout { redirect_url: None, ..checkout(version, State::Open) }
}

/// On the start screen of a desktop, with what it asks the proxy to open.
fn desktop() -> (Model, Cmd) {
    let mut model = model();
    model.scannable = true;
    update(&mut model, Msg::Opened);
    let offer = priced(&mut model, Ok(cart(49_800))).remove(0);
    let Cmd::Create { new, .. } = &offer else { panic!("{offer:?}") };
    assert!(new.open && !new.terms_accepted && new.consent.is_none());
    (model, offer)
}

/// The same, with the QR.
fn offered() -> Model {
    let (mut model, offer) = desktop();
    let cmds = answer(&mut model, &offer, Ok(open(1)));
    assert_eq!(
        cmds,
        [Cmd::Listen(TOKEN.into()), Cmd::Tick(1_000)],
        "nobody is told of it, and the tab remembers nothing"
    );
    assert!(model.offered && model.screen == Screen::Start && !model.busy);
    model
}

#[test]
fn a_phone_that_scans_it_takes_the_desktop_along() {
    let mut model = offered();
    let cmds = streamed(&mut model, checkout(2, State::Created));
    assert!(cmds.contains(&remember()) && !model.offered);
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "the phone is there already");
    assert_eq!(model.screen, Screen::Waiting);
    streamed(&mut model, checkout(3, State::Authorized));
    assert_eq!(model.screen, Screen::Done);
}

#[test]
fn a_press_here_pays_the_same_order() {
    let mut model = offered();
    update(&mut model, Msg::Terms(true));
    update(&mut model, Msg::Share(true));
    let pay = press(&mut model, Act::Pay).remove(0);
    let Cmd::Retry { token, new, .. } = &pay else { panic!("{pay:?}") };
    assert!(token == TOKEN && new.terms_accepted && new.consent.is_some());
    let cmds = answer(&mut model, &pay, Ok(checkout(2, State::Created)));
    assert!(cmds.contains(&remember()) && cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })));
}

#[test]
fn who_is_quicker_than_the_offer_pays_without_it() {
    let (mut model, offer) = desktop();
    update(&mut model, Msg::Terms(true));
    let pay = press(&mut model, Act::Pay).remove(0);
    assert_eq!(answer(&mut model, &offer, Ok(open(1))), []);
    assert!(model.busy && !model.offered, "the order that is being created counts");
    answer(&mut model, &pay, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn without_an_answer_there_is_no_qr_and_no_trouble() {
    for fault in [Fault::Unreachable, problem("rate_limited", None), problem("internal", None)] {
        let (mut model, offer) = desktop();
        assert_eq!(answer(&mut model, &offer, Err(fault)), []);
        assert!(model.screen == Screen::Start && !model.offered);
        update(&mut model, Msg::Terms(true));
        assert!(!paying(&mut model).open);
    }
}

#[test]
fn an_offer_that_runs_out_leaves_the_screen_as_it_is() {
    let mut model = offered();
    assert_eq!(streamed(&mut model, Checkout { redirect_url: None, ..checkout(2, State::Expired) }), [Cmd::Hush]);
    assert!(model.screen == Screen::Start && model.token.is_none() && !model.offered);
    update(&mut model, Msg::Terms(true));
    assert!(!paying(&mut model).open);
}

#[test]
fn another_cart_is_offered_anew_and_what_came_for_the_old_one_is_not() {
    let (mut model, late) = desktop();
    let other = Order { items: "mug:3".into(), amount: None, ..model.order.clone() };
    assert_eq!(update(&mut model, Msg::Configured(other.clone())), [Cmd::Price]);
    let offer = priced(&mut model, Ok(cart(74_700))).remove(0);
    assert_eq!(answer(&mut model, &late, Ok(open(1))), [], "that was for two");
    answer(&mut model, &offer, Ok(open(1)));
    assert!(model.offered);
    let third = Order { items: "mug:4".into(), ..other };
    assert_eq!(update(&mut model, Msg::Configured(third)), [Cmd::Hush, Cmd::Price]);
    assert!(model.token.is_none() && !model.offered);
}

#[test]
fn a_phone_offers_nothing() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    assert_eq!(priced(&mut model, Ok(cart(49_800))), []);
}

#[test]
fn a_press_whose_answer_is_lost_is_looked_for_when_the_customer_comes_again() {
    let mut model = offered();
    update(&mut model, Msg::Terms(true));
    let pay = press(&mut model, Act::Pay).remove(0);
    answer(&mut model, &pay, Err(Fault::Unreachable));
    press(&mut model, Act::Back);
    assert_eq!(model.screen, Screen::Closed);
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Tell(Event::Open), Cmd::Read(TOKEN.into())]);
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(2, State::Created)));
    assert_eq!(model.screen, Screen::Waiting, "it had been begun");
}

#[test]
fn what_was_lost_for_another_cart_does_not_stand_in_the_way_of_this_one() {
    let mut model = offered();
    update(&mut model, Msg::Terms(true));
    let pay = press(&mut model, Act::Pay).remove(0);
    answer(&mut model, &pay, Err(Fault::Unreachable));
    press(&mut model, Act::Back);
    let other = Order { items: "mug:3".into(), amount: None, ..model.order.clone() };
    update(&mut model, Msg::Configured(other));
    update(&mut model, Msg::Opened);
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(2, State::Created)));
    assert_eq!(model.screen, Screen::Closed, "that was for two");
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Tell(Event::Open), Cmd::Price]);
}
