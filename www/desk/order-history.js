/**
 * The history of an order, latest first: its events, its attempts, its operations, and who asked for them.
 */
import { h } from "./dom.js";
import { money, moment, precisely } from "./format.js";
import { operations } from "./sums.js";

const EVENTS = {
  "checkout.authorized": ["good", "Paid: the money is reserved"],
  "checkout.aborted": ["quiet", "The customer refused"],
  "checkout.expired": ["quiet", "The payment expired"],
  "checkout.cancelled": ["quiet", "Cancelled before it was paid"],
  "checkout.failed": ["bad", "The payment could not be created"],
  "payment.capture_due": ["wait", "To be captured soon"],
  "customer.shared": ["good", "The customer shared a telephone number"],
};
const DONE = { capture: ["good", "Captured"], refund: ["quiet", "Refunded"], cancel: ["quiet", "Released"] };
const OPERATIONS = { capture: "Capture", refund: "Refund", cancel: "Release" };
/** What else somebody asked for, by the names of the audit. */
const ASKED = {
  erase_customer: "What the customer shared was erased",
  withdraw_request: "The request was withdrawn",
  categorize_order: "The link in the app was set",
  retry_effect: "A parked call was retried",
};
/** These events are listed only for operations outside of the proxy; its own operations are listed with their lines. */
const MONEY_EVENTS = { "payment.captured": "capture", "payment.refunded": "refund", "payment.cancelled": "cancel" };

/** Who asked, in words. */
const byName = (by) => by && `by ${by.name}`;

/** The section. */
export function timeline(order) {
  const { currency } = order.amount;
  const names = new Map();
  for (const { sku, name } of order.lines ?? []) names.set(sku, new Set(names.get(sku)).add(name));
  const ours = Object.fromEntries(
    Object.keys(DONE).map((kind) => [kind, operations(order).filter((one) => one.kind === kind && one.state === "done").length]),
  );
  const entries = [{ at: order.created_at_ms, tone: "quiet", text: "Order placed" }];
  for (const attempt of order.attempts.slice(1))
    entries.push({ at: attempt.created_at_ms, tone: "quiet", text: "Tried again", more: attempt.reference });
  for (const event of order.events ?? []) {
    const kind = MONEY_EVENTS[event.type];
    if (kind) {
      // The proxy's own operations are listed below.
      if ((ours[kind] -= 1) >= 0) continue;
      entries.push({ at: event.at_ms, tone: "quiet", text: `${DONE[kind][1]} elsewhere`, more: "In the portal, or by another system" });
    } else {
      const [tone, text] = EVENTS[event.type] ?? ["quiet", event.type];
      entries.push({ at: event.at_ms, tone, text });
    }
  }
  for (const operation of operations(order)) {
    const amount = money(operation.amount.value, currency);
    const what = operation.lines.map(({ sku, quantity }) => `${quantity} × ${[...(names.get(sku) ?? [sku])].join(" / ")}`).join(", ");
    const by = byName(operation.by);
    const at = operation.settled_at_ms ?? operation.asked_at_ms;
    if (operation.state === "done")
      entries.push({ at, tone: DONE[operation.kind][0], text: `${DONE[operation.kind][1]} ${amount}`, more: what, by });
    else if (operation.state === "pending")
      entries.push({ at, tone: "wait", text: `${OPERATIONS[operation.kind]} of ${amount} is pending`, more: what, by });
    else entries.push({ at, tone: "bad", text: `${OPERATIONS[operation.kind]} of ${amount} was refused`, more: operation.trouble, by });
  }
  for (const entry of order.audit ?? [])
    if (ASKED[entry.action]) entries.push({ at: entry.at_ms, tone: "quiet", text: ASKED[entry.action], by: byName(entry.by) });
  entries.sort((one, other) => other.at - one.at);
  return h(
    "section.panel",
    {},
    h("h2", {}, "History"),
    h(
      "ol.timeline",
      {},
      entries.map(({ at, tone, text, more, by }) =>
        h(
          "li",
          { "data-tone": tone },
          h("span.what", {}, text, more && h("span.soft.small", {}, more), by && h("span.soft.small", {}, by)),
          h("time.soft.small", { datetime: new Date(at).toISOString(), title: precisely(at) }, moment(at)),
        ),
      ),
    ),
    h("p.soft.small", {}, "Reference at Vipps MobilePay: ", h("span.name-of", {}, order.reference)),
  );
}
