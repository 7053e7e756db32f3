/**
 * What has happened to an order, the latest first: told from its events, its payments, and what the shop has asked for.
 */
import { h } from "./dom.js";
import { money, moment, precisely } from "./format.js";
import { operations } from "./sums.js";

const TOLD = {
  "checkout.authorized": ["good", "Paid: the money is reserved"],
  "checkout.aborted": ["quiet", "The customer said no"],
  "checkout.expired": ["quiet", "The time to pay ran out"],
  "checkout.cancelled": ["quiet", "Cancelled before it was paid"],
  "checkout.failed": ["bad", "The payment could not be created"],
  "payment.capture_due": ["wait", "To be captured soon"],
  "customer.shared": ["good", "The customer shared a telephone number"],
};
const DONE = { capture: ["good", "Captured"], refund: ["quiet", "Refunded"], cancel: ["quiet", "Let go"] };
const ASKED = { capture: "Capture", refund: "Refund", cancel: "Letting go" };
/** What the shop did through the proxy is told with its lines; these are told of money that was moved elsewhere. */
const MOVED = { "payment.captured": "capture", "payment.refunded": "refund", "payment.cancelled": "cancel" };

/** The section. */
export function timeline(order) {
  const { currency } = order.amount;
  const names = new Map((order.lines ?? []).map((line) => [line.sku, line.name]));
  const ours = Object.fromEntries(
    Object.keys(DONE).map((kind) => [kind, operations(order).filter((one) => one.kind === kind && one.state === "done").length]),
  );
  const told = [{ at: order.created_at_ms, tone: "quiet", text: "Order placed" }];
  for (const attempt of order.attempts.slice(1))
    told.push({ at: attempt.created_at_ms, tone: "quiet", text: "Tried again", more: attempt.reference });
  for (const event of order.events ?? []) {
    const kind = MOVED[event.type];
    if (kind) {
      // As many of them as we did are told below.
      if ((ours[kind] -= 1) >= 0) continue;
      told.push({ at: event.at_ms, tone: "quiet", text: `${DONE[kind][1]} elsewhere`, more: "In the portal, or by another system" });
    } else {
      const [tone, text] = TOLD[event.type] ?? ["quiet", event.type];
      told.push({ at: event.at_ms, tone, text });
    }
  }
  for (const operation of operations(order)) {
    const amount = money(operation.amount.value, currency);
    const what = operation.lines.map(({ sku, quantity }) => `${quantity} × ${names.get(sku) ?? sku}`).join(", ");
    const at = operation.settled_at_ms ?? operation.asked_at_ms;
    if (operation.state === "done")
      told.push({ at, tone: DONE[operation.kind][0], text: `${DONE[operation.kind][1]} ${amount}`, more: what });
    else if (operation.state === "pending")
      told.push({ at, tone: "wait", text: `${ASKED[operation.kind]} of ${amount} is under way`, more: what });
    else told.push({ at, tone: "bad", text: `${ASKED[operation.kind]} of ${amount} was refused`, more: operation.trouble });
  }
  told.sort((one, other) => other.at - one.at);
  return h(
    "section.panel",
    {},
    h("h2", {}, "What has happened"),
    h(
      "ol.timeline",
      {},
      told.map(({ at, tone, text, more }) =>
        h(
          "li",
          { "data-tone": tone },
          h("span.what", {}, text, more && h("span.soft.small", {}, more)),
          h("time.soft.small", { datetime: new Date(at).toISOString(), title: precisely(at) }, moment(at)),
        ),
      ),
    ),
    h("p.soft.small", {}, "Reference at Vipps MobilePay: ", h("span.name-of", {}, order.reference)),
  );
}
