/**
 * The amounts of an order: what can be captured or refunded, how many pieces were shipped and returned, and what a number of pieces costs.
 *
 * Pure, so that tests can check it. The results are for display only: the proxy decides what is carried out.
 */

/** The attempt that pays for the order. */
const paying = (order) => order.attempts.find((attempt) => attempt.reference === order.reference);

/** The operations of that payment, oldest first. */
export const operations = (order) => paying(order)?.operations ?? [];

/** Whether Vipps MobilePay has not answered an operation yet. */
export const hasPending = (order) => operations(order).some((operation) => operation.state === "pending");

const pending = (order, kind) =>
  operations(order)
    .filter((operation) => operation.kind === kind && operation.state === "pending")
    .reduce((sum, operation) => sum + operation.amount.value, 0);

/** The reserved amount without what is captured, released, or pending for either. */
export function toCapture(order) {
  const { authorized, captured, cancelled } = order.aggregate;
  if (order.state !== "authorized") return 0;
  return Math.max(0, authorized - captured - cancelled - pending(order, "capture") - pending(order, "cancel"));
}

/** The captured amount without what is refunded or pending for a refund. */
export function toRefund(order) {
  const { captured, refunded } = order.aggregate;
  return Math.max(0, captured - refunded - pending(order, "refund"));
}

/**
 * A quantity as a number. In JSON one with decimals is a text; there are at most three, so that sums are exact once they are rounded to a
 * thousandth.
 */
export const count = (quantity) => Math.round(Number(quantity) * 1_000) / 1_000;

/** A number as a quantity in JSON. */
export const quantityOf = (number) => (Number.isInteger(number) ? number : String(number));

/** How many pieces of each line were shipped and returned, from the lines of the captures and refunds. */
export function pieces(order) {
  const lines = (order.lines ?? []).map((line) => ({ line: { ...line, quantity: count(line.quantity) }, shipped: 0, returned: 0 }));
  const spread = (kind, field, room) => {
    const carriedOut = operations(order).filter((operation) => operation.kind === kind && operation.state !== "refused");
    for (const { sku, quantity } of carriedOut.flatMap((operation) => operation.lines)) {
      let left = count(quantity);
      for (const entry of lines.filter((entry) => entry.line.sku === sku)) {
        const taken = Math.min(left, room(entry));
        entry[field] = count(entry[field] + taken);
        left = count(left - taken);
      }
    }
  };
  spread("capture", "shipped", ({ line, shipped }) => count(line.quantity - shipped));
  spread("refund", "returned", ({ line, returned }) => count(line.quantity - returned));
  return lines;
}

/**
 * The price of the next `count` pieces of a line after `before` earlier ones: a discount is spread evenly, and the parts always sum to the
 * line's total.
 */
export function costOf(line, count, before = 0) {
  const upTo = (pieces) => Math.round((line.total * Math.min(pieces, line.quantity)) / line.quantity);
  return upTo(before + count) - upTo(before);
}

/** The status of an order: a word for the staff, and its colour. */
export function orderStatus(order) {
  const { captured, refunded } = order.aggregate;
  switch (order.state) {
    case "open":
      return { word: "Not paid yet", tone: "wait" };
    case "starting":
    case "created":
      return { word: "Being paid", tone: "wait" };
    case "authorized":
      if (hasPending(order)) return { word: "Pending", tone: "wait" };
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
