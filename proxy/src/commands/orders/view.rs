//! Prints one order, or a table of orders, for people.

use anstyle::Style;
use kvitt_wire::{Amount, OrderEvent, PaymentSources, ShopAttempt, ShopDrift, ShopOperation, ShopOrder, State};

use crate::checkout::Moment;
use crate::commands::output::{self, BAD, GOOD, QUIET, WAITING, styled};

/// Prints orders, one a line.
pub(super) fn table(orders: &[ShopOrder], now: Moment) {
    let rows = orders.iter().map(|order| {
        let deadline = order.capture_deadline.map(|deadline| output::until(deadline.capture_by_ms - now.0));
        vec![
            order.reference.clone(),
            order.sales_unit.clone(),
            state(order.state),
            money(order.amount),
            output::amount(order.aggregate.captured),
            output::amount(order.aggregate.refunded),
            deadline.unwrap_or_default(),
            format!("{} ago", output::duration(now.0 - order.created_at_ms)),
        ]
    });
    let headings = ["reference", "sales unit", "state", "amount", "captured", "refunded", "guarantee ends", "opened"];
    output::table(&headings, rows);
}

/// Prints everything about one order.
pub(super) fn one(order: &ShopOrder) {
    let aggregate = order.aggregate;
    let mut facts = vec![
        ("order", order.order_number.clone()),
        ("reference", order.reference.clone()),
        ("sales unit", order.sales_unit.clone()),
        ("state", state(order.state)),
        ("amount", money(order.amount)),
        ("opened", output::time(order.created_at_ms)),
    ];
    if aggregate.authorized > 0 {
        let parts =
            [("captured", aggregate.captured), ("released", aggregate.cancelled), ("refunded", aggregate.refunded)];
        facts.extend(parts.map(|(name, minor)| (name, output::amount(minor))));
    }
    if let Some(deadline) = order.capture_deadline {
        facts.push(("capture by", output::time(deadline.capture_by_ms)));
        facts.push(("released at", output::time(deadline.released_at_ms)));
    }
    if let Some(customer) = &order.customer_id {
        facts.push(("customer", customer.clone()));
    }
    output::facts(&facts);
    println!();
    let lines = order.lines.iter().map(|line| {
        let vat = format!("{}.{:02} %", line.vat_rate / 100, line.vat_rate % 100);
        let unit = line.unit.map(|unit| format!(" {}", unit.symbol())).unwrap_or_default();
        vec![format!("{}{unit}", line.quantity), line.sku.clone(), line.name.clone(), output::amount(line.total), vat]
    });
    output::table(&["", "sku", "line", "total", "VAT"], lines);
    let PaymentSources { gift_card, voucher, card, cash } = order.payment_sources;
    let sources = [("gift card", gift_card), ("voucher", voucher), ("card", card), ("cash", cash)];
    for (name, amount) in sources.into_iter().filter(|(_, amount)| *amount != 0) {
        println!("paid by {name}: {}", output::amount(amount));
    }
    println!();
    let attempts = order.attempts.iter().map(|attempt: &ShopAttempt| {
        let trouble = attempt.drift.map_or_else(|| attempt.trouble.clone().unwrap_or_default(), drift);
        vec![attempt.reference.clone(), state(attempt.state), output::time(attempt.created_at_ms), trouble]
    });
    output::table(&["payment", "state", "started", "trouble"], attempts);
    if let Some(events) = order.events.as_ref().filter(|events| !events.is_empty()) {
        println!();
        output::table(&["time", "type", "event"], events.iter().map(event));
    }
    let operations: Vec<_> = order.attempts.iter().flat_map(|attempt| &attempt.operations).collect();
    if !operations.is_empty() {
        println!();
        output::table(&["operation", "amount", "lines", "state", "time", "by"], operations.into_iter().map(operation));
    }
    // Operations say it themselves.
    let others: Vec<_> = order.audit.iter().flatten().filter(|entry| entry.amount.is_none()).collect();
    if !others.is_empty() {
        println!();
        let rows = others.into_iter().map(|entry| {
            vec![
                output::time(entry.at_ms),
                entry.action.clone(),
                entry.by.name.clone(),
                entry.by.via.as_str().to_owned(),
            ]
        });
        output::table(&["time", "asked for", "by", "via"], rows);
    }
}

/// An amount that differs from the order's.
fn drift(drift: ShopDrift) -> String {
    let amount = drift.amount.map_or_else(|| "an amount in another currency".to_owned(), money);
    styled(BAD, format!("{amount} at Vipps MobilePay"))
}

/// The cells of an event.
fn event(event: &OrderEvent) -> Vec<String> {
    vec![output::time(event.at_ms), event.r#type.clone(), event.id.clone()]
}

/// The cells of an operation.
fn operation(operation: &ShopOperation) -> Vec<String> {
    let lines = operation.lines.iter().map(|line| format!("{}={}", line.sku, line.quantity));
    let state = match operation.state.as_str() {
        "done" => styled(GOOD, "done"),
        "pending" => styled(WAITING, "pending"),
        _ => styled(BAD, format!("{} {}", operation.state, operation.trouble.as_deref().unwrap_or_default())),
    };
    let lines = lines.collect::<Vec<_>>().join(" ");
    let by = operation.by.as_ref().map(|by| by.name.clone()).unwrap_or_default();
    vec![operation.kind.clone(), money(operation.amount), lines, state, output::time(operation.asked_at_ms), by]
}

/// An amount with its currency.
pub(super) fn money(amount: Amount) -> String {
    format!("{} {}", output::amount(amount.value), amount.currency.code())
}

fn state(state: State) -> String {
    let style: Style = match state {
        State::Authorized => GOOD,
        State::Failed => BAD,
        state if state.is_final() => QUIET,
        _ => WAITING,
    };
    styled(style, state.as_str())
}
