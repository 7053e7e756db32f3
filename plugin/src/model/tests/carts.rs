//! The page changes what it asks for, at any time: what is paid is what was shown, and what was asked for last is shown.

use super::*;

fn order(items: &str) -> Order {
    Order { items: items.into(), ..model().order }
}

fn configure(model: &mut Model, order: Order) -> Vec<Cmd> {
    update(model, Msg::Configured(order))
}

#[test]
fn a_late_price_for_another_cart_is_nobodys_price() {
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
    assert_eq!((model.screen, model.cart), (Screen::Start, shown), "nobody waits for a price");
}

#[test]
fn each_price_is_a_new_screen() {
    let mut model = ready();
    let before = model.priced;
    configure(&mut model, order("mug:1"));
    priced(&mut model, Ok(cart(49_800)));
    assert_ne!(model.priced, before);
}

#[test]
fn a_price_that_was_cut_short_is_fetched_again() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Err(Fault::Unreachable));
    assert_eq!(press(&mut model, Act::Again), [Cmd::Price]);
    assert_eq!((&model.screen, model.busy), (&Screen::Fetching, false));
    priced(&mut model, Ok(cart(49_800)));
    assert_eq!(model.screen, Screen::Start);
}

#[test]
fn items_are_read_as_the_proxy_reads_them() {
    let mut two = cart(49_800);
    two.lines.push(Line { sku: "tea".into(), quantity: 1, ..two.lines[0].clone() });
    for items in ["mug:2,tea:1", "tea:1,mug:2", " mug : 2 , tea:1 ,", ",mug:2,,tea: 1"] {
        assert!(order(items).asks_for(&two), "{items}");
    }
    for items in ["mug:2", "mug:2,tea:2", "mug:2,tea", "mug:2,tea:1,cup:1", ""] {
        assert!(!order(items).asks_for(&two), "{items}");
    }
}

#[test]
fn who_has_opened_a_checkout_is_taken_to_it() {
    // The proxy may put the cart together as it sees fit.
    let mut model = ready();
    let create = press(&mut model, Act::Pay).remove(0);
    let mut other = checkout(1, State::Created);
    other.cart.lines[0].quantity = 3;
    let cmds = answer(&mut model, &create, Ok(other));
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::Leave { .. })), "{cmds:?}");
    assert_eq!(model.screen, Screen::Waiting);
}

#[test]
fn a_change_during_the_opening_waits_for_its_answer() {
    for works in [true, false] {
        let mut model = ready();
        let create = press(&mut model, Act::Pay).remove(0);
        let mut other = order("mug:1");
        other.key = "another".into();
        assert_eq!(configure(&mut model, other.clone()), []);
        assert_eq!(press(&mut model, Act::Pay), [], "one is on its way");
        update(&mut model, Msg::Resumed { token: "older".into(), sure: false });
        if works {
            let cmds = answer(&mut model, &create, Ok(checkout(1, State::Created)));
            assert!(cmds.contains(&remember()), "under the name it was opened for");
            assert_eq!((&model.screen, model.order.items.as_str()), (&Screen::Waiting, "mug:2"));
        } else {
            let cmds = answer(&mut model, &create, Err(Fault::Unreachable));
            assert_eq!(cmds.last(), Some(&Cmd::Price));
            assert_eq!((&model.screen, &model.order), (&Screen::Fetching, &other));
        }
    }
}

#[test]
fn what_came_to_nothing_is_not_offered_for_another_cart() {
    let mut model = waiting();
    streamed(&mut model, checkout(2, State::Aborted));
    assert_eq!(configure(&mut model, order("mug:2")), [], "the same as before");
    assert!(configure(&mut model, order("mug:1")).contains(&forget()));
    assert_eq!((&model.screen, model.order.items.as_str()), (&Screen::Closed, "mug:1"));
    assert_eq!(press(&mut model, Act::Again), []);
}

#[test]
fn a_cart_that_changes_while_the_old_one_is_paid_comes_after_it() {
    let mut model = waiting();
    assert_eq!(configure(&mut model, order("mug:1")), []);
    assert_eq!(model.screen, Screen::Waiting);
    let mut lost = model.clone();
    streamed(&mut lost, checkout(2, State::Expired));
    assert_eq!((&lost.screen, lost.order.items.as_str()), (&Screen::Closed, "mug:1"));
    streamed(&mut model, checkout(2, State::Authorized));
    assert_eq!(model.screen, Screen::Done, "the confirmation is for what was paid");
    configure(&mut model, order(""));
    assert_eq!(model.screen, Screen::Done, "a page empties its cart behind it");
    configure(&mut model, order("tea:1"));
    assert_eq!((&model.screen, model.order.items.as_str()), (&Screen::Closed, "tea:1"));
}

#[test]
fn a_new_order_has_to_be_agreed_to_anew() {
    let mut model = ready();
    update(&mut model, Msg::Share(true));
    press(&mut model, Act::Back);
    assert_eq!((model.terms, model.share), (false, false));

    let mut model = ready();
    update(&mut model, Msg::Share(true));
    configure(&mut model, Order { sales_unit: Some("dk".into()), ..order("mug:2") });
    assert_eq!((model.terms, model.share), (false, false), "these are another seller's terms");
}

#[test]
fn an_accepted_price_is_not_asked_about_twice() {
    let mut model = model();
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(50_000)));
    press(&mut model, Act::Accept);
    assert_eq!(configure(&mut model, order("mug:2")), [], "the page says what it said before");
    press(&mut model, Act::Back);
    update(&mut model, Msg::Opened);
    priced(&mut model, Ok(cart(50_000)));
    assert_eq!(model.screen, Screen::Start);
}
