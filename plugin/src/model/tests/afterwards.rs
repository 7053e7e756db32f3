//! After the payment: the confirmation follows what the shop does, and one page reports the purchase.

use super::*;
use crate::model::responses::{FOLLOWED_MS, PHONE_NUMBER_WITHIN_MS};

const SECOND_MS: i32 = 1_000;

/// The order of the page, paid.
fn paid(version: u32) -> Checkout {
    checkout(version, State::Authorized)
}

fn ticks(cmds: &[Cmd]) -> Vec<i32> {
    cmds.iter().filter_map(|cmd| if let Cmd::Tick(after_ms) = cmd { Some(*after_ms) } else { None }).collect()
}

/// The confirmation, whose purchase has been claimed.
fn confirmed() -> Model {
    let mut model = waiting();
    streamed(&mut model, paid(2));
    update(&mut model, Msg::Ticked);
    update(&mut model, Msg::Claimed(TOKEN.into(), Some(false)));
    model
}

#[test]
fn a_confirmation_is_followed_for_a_day_and_seldom_polled() {
    let mut model = waiting();
    assert!(!streamed(&mut model, paid(2)).contains(&Cmd::StopListening), "what the shop does comes by the stream");
    let mut model = confirmed();
    streamed(&mut model, paid(3));
    model.now += 100_000;
    let cmds = update(&mut model, Msg::Ticked);
    assert!(cmds.iter().all(|cmd| !matches!(cmd, Cmd::Read(_))), "{cmds:?}");
    assert!(ticks(&cmds)[0] > SECOND_MS, "nothing counts down");
    let mut captured = paid(4);
    captured.aggregate = Aggregate { authorized: 49_800, captured: 49_800, ..Aggregate::default() };
    streamed(&mut model, captured.clone());
    assert_eq!(model.checkout.as_ref().map(|it| it.aggregate.captured), Some(49_800));
    assert!(update(&mut model, Msg::StreamEnded).contains(&Cmd::StopListening), "the proxy ends it");

    let mut late = waiting();
    late.now = 600_000 + FOLLOWED_MS;
    assert!(streamed(&mut late, captured).contains(&Cmd::StopListening));
    assert!(!update(&mut late, Msg::Ticked).iter().any(|cmd| matches!(cmd, Cmd::Claim { .. })), "nobody counts it now");
}

#[test]
fn a_missing_number_is_polled_for_until_a_deadline() {
    let mut consented = paid(2);
    consented.sharing.consented = true;
    let mut model = confirmed();
    consented.version = 3;
    streamed(&mut model, consented.clone());
    assert_eq!(ticks(&update(&mut model, Msg::Ticked)), [SECOND_MS]);
    model.now = 600_000 + PHONE_NUMBER_WITHIN_MS;
    consented.version = 4;
    streamed(&mut model, consented);
    assert!(ticks(&update(&mut model, Msg::Ticked))[0] > SECOND_MS);
}

#[test]
fn a_hidden_page_follows_only_what_is_being_paid() {
    let mut model = waiting();
    streamed(&mut model, paid(2));
    assert_eq!(update(&mut model, Msg::Hidden), [Cmd::StopListening]);
    let cmds = update(&mut model, Msg::Reactivated);
    assert!(cmds.contains(&Cmd::Read(TOKEN.into())) && cmds.contains(&Cmd::Listen(TOKEN.into())));

    // The customer is in the app when it is paid.
    let mut away = waiting();
    assert_eq!(update(&mut away, Msg::Hidden), [], "what is being paid is followed");
    assert!(streamed(&mut away, paid(2)).contains(&Cmd::StopListening));
}

fn claim() -> Cmd {
    Cmd::Claim { claim: "claim".into(), token: TOKEN.into() }
}

fn claimed(answer: Option<bool>) -> Msg {
    Msg::Claimed(TOKEN.into(), answer)
}

#[test]
fn the_purchase_is_reported_by_the_page_that_the_proxy_chooses() {
    for chosen in [true, false] {
        let mut model = waiting();
        let cmds = streamed(&mut model, paid(2));
        assert!(cmds.contains(&Cmd::Forget) && !cmds.contains(&claim()), "the page may go on at the payment");
        assert!(update(&mut model, Msg::Ticked).contains(&claim()));
        assert_eq!(update(&mut model, Msg::Claimed("another".into(), Some(true))), [], "that was another order");
        let cmds = update(&mut model, claimed(Some(chosen)));
        match &cmds[..] {
            [Cmd::Emit(Event::Purchase(detail))] if chosen => {
                let detail = serde_json::to_value(detail).expect("it is JSON");
                let item = serde_json::json!({ "sku": "mug", "name": "Mug", "quantity": 2, "total": 49_800 });
                let all = serde_json::json!({
                    "reference": "fjord-1", "orderNumber": "fjord", "value": 49_800, "currency": "NOK", "items": [item],
                });
                assert_eq!(detail, all);
            }
            cmds => assert!(!chosen && cmds.is_empty(), "{cmds:?}"),
        }
        streamed(&mut model, paid(3));
        assert!(!update(&mut model, Msg::Ticked).contains(&claim()), "it is asked once");
    }
}

#[test]
fn a_page_that_goes_on_at_the_payment_leaves_the_report_to_the_next() {
    let mut model = waiting();
    streamed(&mut model, paid(2));
    update(&mut model, Msg::Disconnected);
    assert!(!update(&mut model, Msg::Ticked).contains(&claim()));
}

#[test]
fn a_claim_without_an_answer_is_made_again() {
    let mut model = waiting();
    streamed(&mut model, paid(2));
    update(&mut model, Msg::Ticked);
    assert_eq!(update(&mut model, claimed(None)), []);
    assert!(update(&mut model, Msg::Ticked).contains(&claim()), "with the same text");
}

#[test]
fn a_state_that_was_there_before_is_replayed() {
    let replayed = |cmds: &[Cmd]| {
        let states = cmds.iter().filter_map(|cmd| match cmd {
            Cmd::Emit(Event::State { replayed, .. }) => Some(*replayed),
            _ => None,
        });
        states.collect::<Vec<_>>()
    };
    let mut model = model();
    update(&mut model, Msg::Resumed { token: TOKEN.into(), show_final: true });
    assert_eq!(replayed(&answer(&mut model, &Cmd::Read(TOKEN.into()), Ok(checkout(1, State::Created)))), [true]);
    assert_eq!(replayed(&streamed(&mut model, paid(2))), [false]);
    let mut model = ready();
    let create = press(&mut model, Action::Pay).remove(0);
    assert_eq!(replayed(&answer(&mut model, &create, Ok(checkout(1, State::Created)))), [false]);
}

#[test]
fn the_start_screen_gives_way_to_what_another_tab_pays() {
    let mut model = ready();
    let read = Cmd::Read(TOKEN.into());
    assert_eq!(update(&mut model, Msg::Shared(TOKEN.into())), std::slice::from_ref(&read));
    answer(&mut model, &read, Ok(checkout(1, State::Created)));
    assert_eq!(model.screen, Screen::Waiting);
    assert_eq!(update(&mut model, Msg::Shared("another".into())), [], "a payment goes on");

    let mut pressed = ready();
    press(&mut pressed, Action::Pay);
    assert_eq!(
        update(&mut pressed, Msg::Shared(TOKEN.into())),
        [],
        "the proxy answers with the order of the other tab"
    );
}
