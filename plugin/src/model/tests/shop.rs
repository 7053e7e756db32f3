//! Carts that the shop has signed, and orders that its backend has opened.

use super::*;

const JWS: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk";

fn signed() -> Order {
    Order { storage_key: KEY.into(), items: JWS.into(), signed: true, amount: Some(nok(49_800)), ..Order::default() }
}

fn open_order() -> Model {
    let mut model = Model::new(Order::default(), words(Language::Nb), "salt".into());
    let cmds = update(&mut model, Msg::Resumed { token: TOKEN.into(), show_final: true });
    assert_eq!(cmds.last(), Some(&Cmd::Read(TOKEN.into())));
    answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(1, State::Open)));
    model
}

#[test]
fn a_signed_cart_is_passed_on_as_it_is() {
    let mut model = Model::new(signed(), words(Language::Nb), "salt".into());
    assert_eq!(update(&mut model, Msg::Opened), [Cmd::Emit(Event::Open), Cmd::Price]);
    priced(&mut model, Ok(cart(49_800)));
    update(&mut model, Msg::Terms(true));
    let new = paying(&mut model);
    assert_eq!((new.signed_cart.as_deref(), new.items.len(), new.amount), (Some(JWS), 0, nok(49_800)));
}

#[test]
fn a_signed_cart_is_compared_by_its_total() {
    let asks = |order: Order, total| order.asks_for(&cart(total));
    assert!(asks(signed(), 49_800) && asks(Order { amount: None, ..signed() }, 1_000));
    assert!(!asks(signed(), 49_900));
}

#[test]
fn a_press_pays_an_open_order() {
    let mut model = open_order();
    assert_eq!((&model.screen, model.closable), (&Screen::Start, false));
    assert_eq!(press(&mut model, Action::Pay), [Cmd::FocusMissing], "not without the terms");
    update(&mut model, Msg::Terms(true));
    update(&mut model, Msg::Share(true));
    let retry = press(&mut model, Action::Pay).pop().unwrap();
    let Cmd::Attempt { token, new, key } = &retry else { panic!("{retry:?}") };
    let new = new_attempt(new);
    assert_eq!((token.as_str(), new.terms_accepted, key.is_empty()), (TOKEN, true, false));
    assert_eq!(new.consent, Some(ConsentGiven { wording: CONSENT_WORDING.into(), language: Some(Language::Nb) }));
    assert_eq!(press(&mut model, Action::Pay), [], "one press is enough");
    let cmds = answer(&mut model, &retry, Ok(checkout(3, State::Created)));
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "{cmds:?}");
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn an_open_order_that_is_paid_elsewhere_is_followed_here() {
    let mut model = open_order();
    update(&mut model, Msg::Terms(true));
    streamed(&mut model, checkout(2, State::Open));
    assert!(model.terms && model.screen == Screen::Start, "the ticked terms stay");
    streamed(&mut model, checkout(3, State::Created));
    assert_eq!(model.screen, Screen::Waiting);
    streamed(&mut model, checkout(4, State::Authorized));
    assert_eq!(model.screen, Screen::Confirmation);
}
