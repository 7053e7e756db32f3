//! The page changes its order at any time. The customer pays the cart on the screen, and the screen shows the newest order.

use super::*;

fn order(items: &str) -> Order {
    Order { items: items.into(), ..model().order }
}

fn configure(model: &mut Model, order: Order) -> Vec<Cmd> {
    update(model, Msg::Configured(order))
}

#[test]
fn a_late_price_for_another_cart_is_ignored() {
    let mut model = model();
    let old = Box::new(model.order.clone());
    update(&mut model, Msg::Opened);
    assert_eq!(configure(&mut model, order("mug:1")), [Cmd::Price]);
    update(&mut model, Msg::Priced(old.clone(), Ok(Box::new(cart(49_800)))));
    assert_eq!(model.screen, Screen::Fetching, "it is not the price of one");
    priced(&mut model, Ok(cart(49_800)));
    assert_eq!(model.screen, Screen::Start);
    let shown = model.cart.clone();
    update(&mut model, Msg::Priced(old, Ok(Box::new(cart(60_000)))));
    update(&mut model, Msg::Priced(Box::new(order("mug:1")), Ok(Box::new(cart(60_000)))));
    assert_eq!((model.screen, model.cart), (Screen::Start, shown), "the price is not awaited");
}

#[test]
fn a_price_without_an_answer_is_fetched_again() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Err(RequestError::Unreachable));
    assert_eq!(press(&mut model, Action::Retry), [Cmd::Price]);
    assert_eq!((&model.screen, model.busy), (&Screen::Fetching, false));
    priced(&mut model, Ok(cart(49_800)));
    assert_eq!(model.screen, Screen::Start);
}

#[test]
fn items_are_parsed_as_the_proxy_parses_them() {
    let mut two = cart(49_800);
    two.lines.push(Line { sku: "tea".into(), quantity: 1.into(), ..two.lines[0].clone() });
    for items in ["mug:2,tea:1", "tea:1,mug:2", " mug : 2 , tea:1 ,", ",mug:2,,tea: 1", "mug:1,tea:1,mug:1"] {
        assert!(order(items).asks_for(&two), "{items}");
    }
    for items in ["mug:2", "mug:2,tea:2", "mug:2,tea", "mug:2,tea:1,cup:1", "mug:2,tea:1,mug:1", ""] {
        assert!(!order(items).asks_for(&two), "{items}");
    }
}

#[test]
fn a_created_checkout_is_shown_even_if_its_cart_differs() {
    // The proxy may compose the cart differently.
    let mut model = ready();
    let create = press(&mut model, Action::Pay).remove(0);
    let mut other = checkout(1, State::Created);
    other.cart.lines[0].quantity = 3.into();
    let cmds = answer(&mut model, &create, Ok(other));
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "{cmds:?}");
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn a_change_while_a_checkout_is_created_waits_for_the_answer() {
    for succeeds in [true, false] {
        let mut model = ready();
        let create = press(&mut model, Action::Pay).remove(0);
        let mut other = order("mug:1");
        other.storage_key = "another".into();
        assert_eq!(configure(&mut model, other.clone()), []);
        assert_eq!(press(&mut model, Action::Pay), [], "one is being created");
        update(&mut model, Msg::Resumed { token: "older".into(), show_final: false });
        if succeeds {
            let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
            assert!(cmds.contains(&store_token()), "under the storage key that it was created for");
            assert_eq!((&model.screen, model.order.items.as_str()), (&Screen::Waiting, "mug:2"));
        } else {
            let cmds = answer(&mut model, &create, Err(RequestError::Unreachable));
            assert_eq!(cmds.last(), Some(&Cmd::Price));
            assert_eq!((&model.screen, &model.order), (&Screen::Fetching, &other));
        }
    }
}

#[test]
fn a_failed_payment_is_not_offered_for_another_cart() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Aborted));
    assert_eq!(configure(&mut model, order("mug:2")), [], "the same as before");
    assert!(configure(&mut model, order("mug:1")).contains(&remove_token()));
    assert_eq!((&model.screen, model.order.items.as_str()), (&Screen::Closed, "mug:1"));
    assert_eq!(press(&mut model, Action::Retry), []);
}

#[test]
fn a_cart_that_changes_during_a_payment_is_applied_after_it() {
    let mut model = waiting();
    assert_eq!(configure(&mut model, order("mug:1")), []);
    assert_eq!(model.screen, Screen::Waiting);
    let mut expired = model.clone();
    streamed(&mut expired, checkout(2, State::Expired));
    assert_eq!((&expired.screen, expired.order.items.as_str()), (&Screen::Closed, "mug:1"));
    streamed(&mut model, checkout(2, State::Authorized));
    assert_eq!(model.screen, Screen::Confirmation, "the confirmation is for what was paid");
    configure(&mut model, order(""));
    assert_eq!(model.screen, Screen::Confirmation, "a page empties its cart after a purchase");
    configure(&mut model, order("tea:1"));
    assert_eq!((&model.screen, model.order.items.as_str()), (&Screen::Closed, "tea:1"));
}

#[test]
fn a_new_order_needs_a_new_agreement() {
    let mut model = ready();
    update(&mut model, Msg::Share(true));
    press(&mut model, Action::Back);
    assert_eq!((model.terms, model.share), (false, false));

    let mut model = ready();
    update(&mut model, Msg::Share(true));
    configure(&mut model, Order { sales_unit: Some("dk".into()), ..order("mug:2") });
    assert_eq!((model.terms, model.share), (false, false), "these are another seller's terms");
}

#[test]
fn an_accepted_price_needs_no_second_acceptance() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(50_000)));
    press(&mut model, Action::AcceptPrice);
    assert_eq!(configure(&mut model, order("mug:2")), [], "the page shows what it showed before");
    press(&mut model, Action::Back);
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(50_000)));
    assert_eq!(model.screen, Screen::Start);
}
