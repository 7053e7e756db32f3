/**
 * What an order comes to: what may still be taken or given back, which pieces are on their way, and what so many pieces cost.
 *
 * Pure, so that the tests hold it against cases. It is arithmetic for the eye: what is done is decided by the proxy.
 */

/** The payment of an order that counts. */
const paying = (order) => order.attempts.find((attempt) => attempt.reference === order.reference);

/** What was asked to be done with the money of that payment, oldest first. */
export const operations = (order) => paying(order)?.operations ?? [];

/** Whether something is still being answered by Vipps MobilePay. */
export const isUnderWay = (order) => operations(order).some((operation) => operation.state === "pending");

const pending = (order, kind) =>
  operations(order)
    .filter((operation) => operation.kind === kind && operation.state === "pending")
    .reduce((sum, operation) => sum + operation.amount.value, 0);

/** Reserved, not taken, not let go, and not under way to either. */
export function toCapture(order) {
  const { authorized, captured, cancelled } = order.aggregate;
  if (order.state !== "authorized") return 0;
  return Math.max(0, authorized - captured - cancelled - pending(order, "capture") - pending(order, "cancel"));
}

/** Taken, and neither given back nor under way to it. */
export function toRefund(order) {
  const { captured, refunded } = order.aggregate;
  return Math.max(0, captured - refunded - pending(order, "refund"));
}

/** How many pieces of each line have been shipped and sent back, as the shop said when it took and gave back money. */
export function pieces(order) {
  const lines = (order.lines ?? []).map((line) => ({ line, shipped: 0, returned: 0 }));
  const spread = (kind, field, room) => {
    const told = operations(order).filter((operation) => operation.kind === kind && operation.state !== "refused");
    for (const { sku, quantity } of told.flatMap((operation) => operation.lines)) {
      let left = quantity;
      for (const entry of lines.filter((entry) => entry.line.sku === sku)) {
        const taken = Math.min(left, room(entry));
        entry[field] += taken;
        left -= taken;
      }
    }
  };
  spread("capture", "shipped", ({ line, shipped }) => line.quantity - shipped);
  spread("refund", "returned", ({ line, returned }) => line.quantity - returned);
  return lines;
}

/**
 * What the next `count` pieces of a line cost, when so many have gone before: discounts are spread evenly, and the parts add up to the
 * line whichever way it is split.
 */
export function costOf(line, count, before = 0) {
  const upTo = (pieces) => Math.round((line.total * Math.min(pieces, line.quantity)) / line.quantity);
  return upTo(before + count) - upTo(before);
}

/** Where an order stands, in a word for the shop, and how it is coloured. */
export function standing(order) {
  const { captured, refunded } = order.aggregate;
  switch (order.state) {
    case "open":
      return { word: "Not paid yet", tone: "wait" };
    case "starting":
    case "created":
      return { word: "Being paid", tone: "wait" };
    case "authorized":
      if (isUnderWay(order)) return { word: "Under way", tone: "wait" };
      if (toCapture(order) > 0) return captured > 0 ? { word: "Part shipped", tone: "go" } : { word: "To ship", tone: "go" };
      if (captured === 0) return { word: "Cancelled", tone: "quiet" };
      if (refunded === captured) return { word: "Refunded", tone: "quiet" };
      return refunded > 0 ? { word: "Part refunded", tone: "quiet" } : { word: "Shipped", tone: "good" };
    case "aborted":
      return { word: "Not approved", tone: "quiet" };
    case "expired":
      return { word: "Expired", tone: "quiet" };
    case "terminated":
      return { word: "Cancelled", tone: "quiet" };
    default:
      return { word: "Failed", tone: "bad" };
  }
}
