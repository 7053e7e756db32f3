//! Properties that hold for every sequence of messages, with each request answered at any later time.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use kvitt_wire::Quantity;

use super::*;

/// A message arrives, or one of the open requests is answered.
#[derive(Clone, Debug)]
enum Step {
    Message(Msg),
    Answer { index: usize, outcome: Result<State, RequestError> },
}

fn any_state() -> impl Strategy<Value = State> {
    use State::*;
    prop::sample::select(vec![Starting, Created, Authorized, Aborted, Expired, Terminated, Failed])
}

fn any_msg() -> impl Strategy<Value = Msg> {
    use Action::*;
    let action = prop::sample::select(vec![Pay, Pay, Cancel, Retry, RetryUnshared, AcceptPrice, Back, Print]);
    let items = prop::sample::select(vec!["mug:1", "mug:2", "mug:3", ""]);
    prop_oneof![
        3 => Just(Msg::Opened),
        1 => any::<bool>().prop_map(|show_final| Msg::Resumed { token: TOKEN.into(), show_final }),
        6 => action.prop_map(Msg::Pressed),
        3 => prop::bool::weighted(0.8).prop_map(Msg::Terms),
        1 => any::<bool>().prop_map(Msg::Share),
        2 => items.prop_map(|items| Msg::Configured(Order { items: items.into(), ..model().order })),
        2 => (1_u32..20, any_state()).prop_map(|(version, state)| Msg::Streamed(Box::new(checkout(version, state)))),
        1 => Just(Msg::StreamLost),
        1 => Just(Msg::StreamEnded),
        1 => Just(Msg::Hidden),
        1 => Just(Msg::Shared(TOKEN.into())),
        1 => any::<bool>().prop_map(|yes| Msg::Claimed(TOKEN.into(), Some(yes))),
        1 => Just(Msg::Ticked),
        1 => Just(Msg::Reactivated),
        1 => Just(Msg::Disconnected),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        8 => any_state().prop_map(Ok),
        1 => Just(Err(RequestError::Unreachable)),
        2 => prop::option::of(1_000_i64..30_000)
            .prop_map(|retry_after| Err(RequestError::Busy { retry_after, trace_id: String::new() })),
    ];
    let answers = (any::<usize>(), outcome);
    prop_oneof![
        3 => any_msg().prop_map(Step::Message),
        2 => answers.prop_map(|(index, outcome)| Step::Answer { index, outcome }),
    ]
}

/// The answer to a request; `order` is what the page described when the request was sent.
fn response(cmd: Cmd, order: Order, outcome: Result<State, RequestError>, version: u32) -> Msg {
    if cmd != Cmd::Price {
        let answer = outcome.map(|state| Box::new(checkout(version, state)));
        return Msg::Responded(cmd, answer);
    }
    let quantity = order.items.strip_prefix("mug:").and_then(|it| it.parse::<Quantity>().ok());
    let answer = outcome.and_then(|_| {
        let mut priced = cart(49_800);
        priced.lines[0].quantity = quantity.ok_or(RequestError::Unreachable)?;
        Ok(Box::new(priced))
    });
    Msg::Priced(Box::new(order), answer)
}

proptest! {
    /// The terms are accepted before a payment. Only one checkout is created at a time, and for the cart on the screen. The page is left
    /// only after a press. Nothing follows after "paid". A key belongs to one request, and an answered key is not used again. A
    /// disconnected element does nothing.
    #[test]
    fn every_sequence_of_messages_keeps_the_invariants(steps in prop::collection::vec((any_step(), 0_i64..20_000), 1..80)) {
        let mut model = model();
        let (mut pressed, mut disconnected) = (false, false);
        let mut open_requests: Vec<(Cmd, Order)> = Vec::new();
        let mut version = 1;
        // The request of each key, and the keys that were answered.
        let mut keys: HashMap<String, Cmd> = HashMap::new();
        let mut settled: HashSet<String> = HashSet::new();
        for (step, later) in steps {
            model.now += later;
            let msg = match step {
                Step::Message(msg) => msg,
                Step::Answer { .. } if open_requests.is_empty() => continue,
                Step::Answer { index, outcome } => {
                    version += 1;
                    let (cmd, order) = open_requests.remove(index % open_requests.len());
                    if let (Cmd::Create { key, .. }, Ok(_)) = (&cmd, &outcome) {
                        settled.insert(key.clone());
                    }
                    response(cmd, order, outcome, version)
                }
            };
            pressed |= matches!(msg, Msg::Pressed(Action::Pay | Action::Retry | Action::RetryUnshared));
            match msg {
                Msg::Disconnected => disconnected = true,
                Msg::Reactivated | Msg::Opened => disconnected = false,
                Msg::Resumed { .. } if !open_requests.iter().any(|(cmd, _)| matches!(cmd, Cmd::Create { .. })) => disconnected = false,
                _ => {}
            }
            let before = model.clone();
            for cmd in update(&mut model, msg) {
                if let Cmd::Create { key, .. } | Cmd::Attempt { key, .. } = &cmd {
                    let before = keys.entry(key.clone()).or_insert_with(|| cmd.clone());
                    prop_assert_eq!(&*before, &cmd, "a key belongs to one request");
                    prop_assert!(!settled.contains(key), "an answered key is not used again");
                }
                match &cmd {
                    Cmd::Create { new, .. } => {
                        let new = new_checkout(new);
                        prop_assert!(new.terms_accepted);
                        let shown = before.cart.as_ref().expect("a cart is shown");
                        prop_assert_eq!(Quantity::from(new.items[0].quantity), shown.lines[0].quantity);
                        prop_assert!(before.order.asks_for(shown), "the page asks for {}, the customer pays {shown:?}", before.order.items);
                        let others = open_requests.iter().filter(|(cmd, _)| matches!(cmd, Cmd::Create { .. })).count();
                        prop_assert_eq!(others, 0, "one is being created already");
                    }
                    Cmd::Leave { .. } | Cmd::Listen(_) | Cmd::Tick(_) if disconnected => prop_assert!(false, "{:?}", cmd),
                    Cmd::Leave { .. } => prop_assert!(pressed),
                    Cmd::Attempt { .. } | Cmd::Cancel(_) => {
                        prop_assert!(before.checkout.as_ref().is_some_and(|it| it.state != State::Authorized));
                    }
                    _ => {}
                }
                if matches!(cmd, Cmd::Price | Cmd::Create { .. } | Cmd::Read(_) | Cmd::Cancel(_) | Cmd::Attempt { .. }) {
                    open_requests.push((cmd, model.order.clone()));
                }
            }
            if model.screen == Screen::Start {
                prop_assert!(model.cart.as_ref().is_some_and(|cart| model.order.asks_for(cart)));
            }
            if model.screen == Screen::Confirmation {
                prop_assert_eq!(model.checkout.as_ref().map(|it| it.state), Some(State::Authorized));
            }
            let awaited = |it: &(Cmd, Order)| matches!(it.0, Cmd::Create { .. } | Cmd::Read(_) | Cmd::Cancel(_) | Cmd::Attempt { .. });
            prop_assert!(!model.busy || model.retries.is_scheduled() || open_requests.iter().any(awaited), "busy without an open request");
        }
    }
}
