//! What must hold whatever happens in whatever order, with every errand answered at any later time.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

/// Something happens; or the errand at a place in the queue is answered.
#[derive(Clone, Debug)]
enum Step {
    Happens(Msg),
    Answers { place: usize, outcome: Result<State, Fault> },
}

fn any_state() -> impl Strategy<Value = State> {
    use State::*;
    prop::sample::select(vec![Starting, Created, Authorized, Aborted, Expired, Terminated, Failed])
}

fn any_msg() -> impl Strategy<Value = Msg> {
    use Act::*;
    let act = prop::sample::select(vec![Pay, Pay, Cancel, Again, AgainUnshared, Accept, Back, Print]);
    let items = prop::sample::select(vec!["mug:1", "mug:2", "mug:3", ""]);
    prop_oneof![
        3 => Just(Msg::Opened),
        1 => any::<bool>().prop_map(|sure| Msg::Resumed { token: TOKEN.into(), sure }),
        6 => act.prop_map(Msg::Pressed),
        3 => prop::bool::weighted(0.8).prop_map(Msg::Terms),
        1 => any::<bool>().prop_map(Msg::Share),
        2 => items.prop_map(|items| Msg::Configured(Order { items: items.into(), ..model().order })),
        2 => (1_u32..20, any_state()).prop_map(|(version, state)| Msg::Streamed(Box::new(checkout(version, state)))),
        1 => Just(Msg::StreamLost),
        1 => Just(Msg::Ticked),
        1 => Just(Msg::Woken),
        1 => Just(Msg::Rested),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        8 => any_state().prop_map(Ok),
        1 => Just(Err(Fault::Unreachable)),
        2 => prop::option::of(1_000_i64..30_000)
            .prop_map(|after| Err(Fault::Busy { after, trace: String::new() })),
    ];
    let answers = (any::<usize>(), outcome);
    prop_oneof![
        3 => any_msg().prop_map(Step::Happens),
        2 => answers.prop_map(|(place, outcome)| Step::Answers { place, outcome }),
    ]
}

/// What was asked, and the order that it was asked for.
fn answered(cmd: Cmd, order: Order, outcome: Result<State, Fault>, version: u32) -> Msg {
    if cmd != Cmd::Price {
        let answer = outcome.map(|state| Box::new(checkout(version, state)));
        return Msg::Answered(cmd, answer);
    }
    let quantity = order.items.strip_prefix("mug:").and_then(|it| it.parse().ok());
    let answer = outcome.and_then(|_| {
        let mut priced = cart(49_800);
        priced.lines[0].quantity = quantity.ok_or(Fault::Unreachable)?;
        Ok(Box::new(priced))
    });
    Msg::Priced(Box::new(order), answer)
}

proptest! {
    /// No payment without the terms, never two at once, none of another cart than the one that is shown; no leaving without a
    /// press; no way back behind "paid"; one content a key, and no key that was answered; and silence from an element that is out of the page.
    #[test]
    fn what_must_hold_always(steps in prop::collection::vec((any_step(), 0_i64..20_000), 1..80)) {
        let mut model = model();
        let (mut pressed, mut resting) = (false, false);
        let mut asked: Vec<(Cmd, Order)> = Vec::new();
        let mut version = 1;
        // What was asked under each key, and the keys that were answered.
        let mut keys: HashMap<String, Cmd> = HashMap::new();
        let mut settled: HashSet<String> = HashSet::new();
        for (step, later) in steps {
            model.now += later;
            let msg = match step {
                Step::Happens(msg) => msg,
                Step::Answers { .. } if asked.is_empty() => continue,
                Step::Answers { place, outcome } => {
                    version += 1;
                    let (cmd, order) = asked.remove(place % asked.len());
                    if let (Cmd::Create { key, .. }, Ok(_)) = (&cmd, &outcome) {
                        settled.insert(key.clone());
                    }
                    answered(cmd, order, outcome, version)
                }
            };
            pressed |= matches!(msg, Msg::Pressed(Act::Pay | Act::Again | Act::AgainUnshared));
            match msg {
                Msg::Rested => resting = true,
                Msg::Woken | Msg::Opened => resting = false,
                Msg::Resumed { .. } if !asked.iter().any(|(cmd, _)| matches!(cmd, Cmd::Create { .. })) => resting = false,
                _ => {}
            }
            let before = model.clone();
            for cmd in update(&mut model, msg) {
                if let Cmd::Create { key, .. } | Cmd::Retry { key, .. } = &cmd {
                    let before = keys.entry(key.clone()).or_insert_with(|| cmd.clone());
                    prop_assert_eq!(&*before, &cmd, "one key, one content");
                    prop_assert!(!settled.contains(key), "what was answered is not asked again");
                }
                match &cmd {
                    Cmd::Create { new, .. } => {
                        prop_assert!(new.terms_accepted);
                        let shown = before.cart.as_ref().expect("something is shown");
                        prop_assert_eq!(new.items[0].quantity, shown.lines[0].quantity);
                        prop_assert!(before.order.asks_for(shown), "{} is asked for, {shown:?} paid", before.order.items);
                        let others = asked.iter().filter(|(cmd, _)| matches!(cmd, Cmd::Create { .. })).count();
                        prop_assert_eq!(others, 0, "one is on its way");
                    }
                    Cmd::Leave { .. } | Cmd::Listen(_) | Cmd::Tick(_) if resting => prop_assert!(false, "{:?}", cmd),
                    Cmd::Leave { .. } => prop_assert!(pressed),
                    Cmd::Retry { .. } | Cmd::Cancel(_) => {
                        prop_assert!(before.checkout.as_ref().is_some_and(|it| it.state != State::Authorized));
                    }
                    _ => {}
                }
                if matches!(cmd, Cmd::Price | Cmd::Create { .. } | Cmd::Read(_) | Cmd::Cancel(_) | Cmd::Retry { .. }) {
                    asked.push((cmd, model.order.clone()));
                }
            }
            if model.screen == Screen::Start {
                prop_assert!(model.cart.as_ref().is_some_and(|cart| model.order.asks_for(cart)));
            }
            if model.screen == Screen::Done {
                prop_assert_eq!(model.checkout.as_ref().map(|it| it.state), Some(State::Authorized));
            }
            let asks = |it: &(Cmd, Order)| matches!(it.0, Cmd::Create { .. } | Cmd::Read(_) | Cmd::Cancel(_) | Cmd::Retry { .. });
            prop_assert!(!model.busy || model.repeat.is_planned() || asked.iter().any(asks), "with nothing under way the buttons are alive");
        }
    }
}
