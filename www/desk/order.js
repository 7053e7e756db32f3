/**
 * One order: its lines, its money, the operations that are possible, its customer and its history. The proxy decides what is possible; this
 * page only offers it.
 */
import { call } from "./api.js";
import { fill, h, refill } from "./dom.js";
import { day, distance, money, moment, precisely } from "./format.js";
import { moneyDialog, releaseDialog } from "./money-dialogs.js";
import { lines, moneySummary } from "./order-contents.js";
import { customerOf } from "./order-customer.js";
import { timeline } from "./order-history.js";
import { problemBox } from "./problems.js";
import { requestStatus } from "./request-status.js";
import { unanswered } from "./submissions.js";
import { hasPending, orderStatus, toCapture, toRefund } from "./sums.js";

/** The polling interval of an order while Vipps MobilePay has not answered. */
const POLL_MS = 2_000;
const SOON_MS = 3 * 86_400_000;
const KINDS = ["capture", "refund", "cancel"];

/**
 * @param desk
 * @param {string} reference
 * @param {() => void} changed called when the list may have changed
 */
export function order(desk, reference, changed) {
  const path = `/v1/shop/orders/${encodeURIComponent(reference)}`;
  const node = h("article.order", {}, h("p.empty", {}, "Loading…"));
  let shown;
  let rendered;
  let timer;
  let closed = false;
  let opened = false;
  let updateDialog;
  const revealed = {};
  /** The rights have the names of the operations. */
  const { may } = desk;

  async function load() {
    try {
      render(await call("GET", path, { inBackground: opened }));
    } catch (error) {
      if (closed) return;
      if (shown === undefined) fill(node, back(), problemBox(error, load));
    }
    clearTimeout(timer);
    if (!closed && shown && hasPending(shown)) timer = setTimeout(load, POLL_MS);
  }

  function render(found) {
    if (closed) return;
    shown = found;
    const text = JSON.stringify([found, KINDS.map((kind) => unanswered(`${kind} ${found.reference}`))]);
    if (text !== rendered) refill(node, ...parts(found));
    rendered = text;
    updateDialog?.(found);
    if (!opened) {
      opened = true;
      desk.title(found.order_number ?? found.reference);
      node.querySelector("h1").focus({ preventScroll: true });
    }
  }

  /** Renders the order after an operation. */
  function done(found) {
    render(found);
    changed();
    load();
  }

  /** Opens a dialog, which gets the order again whenever it changes. */
  function openDialog(kind) {
    const afterClose = () => {
      if (updateDialog === mine) updateDialog = undefined;
      load();
    };
    const mine = kind === "cancel" ? releaseDialog(shown, done, afterClose) : moneyDialog(shown, kind, done, afterClose);
    updateDialog = mine;
  }

  const actionsByKind = {
    capture: () => may("capture") && toCapture(shown) > 0 && openDialog("capture"),
    refund: () => may("refund") && toRefund(shown) > 0 && openDialog("refund"),
    cancel: () => may("cancel") && toCapture(shown) > 0 && openDialog("cancel"),
  };

  function parts(found) {
    const { word, tone } = orderStatus(found);
    const unit = desk.unit(found.sales_unit);
    return [
      back(),
      h(
        "header.order-head",
        {},
        h(
          "div",
          {},
          h("h1", { tabindex: "-1" }, found.order_number ?? found.reference),
          h(
            "p.facts",
            {},
            h("span.standing", { "data-tone": tone }, word),
            unit && h("span.brand", { "data-brand": unit.brand }, unit.brand === "vipps" ? "Vipps" : "MobilePay"),
            h(
              "time.soft",
              { datetime: new Date(found.created_at_ms).toISOString(), title: precisely(found.created_at_ms) },
              moment(found.created_at_ms),
            ),
          ),
        ),
        h("p.order-amount.sum", {}, money(found.amount.value, found.amount.currency)),
      ),
      found.request && found.description && h("p.soft", {}, found.description),
      ...notes(found),
      found.aggregate.authorized > 0 && moneySummary(found),
      actions(found),
      found.request && requestStatus(found, done, may("open_orders")),
      lines(found),
      customerOf(found, revealed),
      timeline(found),
    ];
  }

  function notes(found) {
    const by = found.capture_deadline;
    const soon = by && by.capture_by_ms - Date.now() < SOON_MS;
    const unansweredKinds = KINDS.filter((kind) => unanswered(`${kind} ${found.reference}`) !== undefined);
    const drift = found.attempts.find((attempt) => attempt.reference === found.reference)?.drift;
    return [
      drift &&
        h(
          "p.note",
          { "data-tone": "wait" },
          h(
            "span",
            {},
            "Vipps MobilePay states another amount for this payment: ",
            h("strong", {}, drift.amount ? money(drift.amount.value, drift.amount.currency) : "one in another currency"),
            `, first seen ${moment(drift.since_ms)}. Compare it in the portal of Vipps MobilePay. Nothing is released by itself.`,
          ),
        ),
      by &&
        h(
          "p.note",
          { "data-tone": soon ? "wait" : "plain" },
          h(
            "span",
            {},
            "Ship and capture by ",
            h("strong", { title: precisely(by.capture_by_ms) }, day(by.capture_by_ms)),
            ` (${distance(by.capture_by_ms)}). After that a capture may fail; the money goes back to the customer ${distance(by.released_at_ms)}.`,
          ),
        ),
      hasPending(found) &&
        h(
          "p.note",
          { role: "status" },
          "Vipps MobilePay has not answered yet. The proxy retries by itself; this page shows the result.",
        ),
      ...unansweredKinds.map((kind) =>
        h(
          "div.note",
          {},
          h(
            "p",
            {},
            `You submitted a ${{ capture: "capture", refund: "refund", cancel: "release" }[kind]}, and there was no answer. Retrying is safe: it is carried out once.${may(kind) ? "" : " This login may not; log in with one that may."}`,
          ),
          may(kind) && h("button.button.second", { type: "button", onclick: () => openDialog(kind) }, "Retry"),
        ),
      ),
    ];
  }

  function actions(found) {
    const left = toCapture(found);
    const taken = found.aggregate.captured > 0;
    const button = (kind, name, text, key) =>
      h(`button.button${name}`, { type: "button", onclick: actionsByKind[kind], "data-keep": kind, "aria-keyshortcuts": key }, text);
    const buttons = [
      left > 0 && may("capture") && button("capture", "", "Ship and capture…", "s"),
      toRefund(found) > 0 && may("refund") && button("refund", ".second", "Refund…", "f"),
      left > 0 && may("cancel") && button("cancel", ".second.danger", taken ? "Release the rest…" : "Cancel the order…", "x"),
    ].filter(Boolean);
    return buttons.length > 0 && h("div.actions", {}, buttons);
  }

  load();
  return {
    node,
    reference,
    keys: { s: actionsByKind.capture, f: actionsByKind.refund, x: actionsByKind.cancel },
    onEvent(event) {
      const about = event?.data?.reference;
      if (!about || !shown || shown.attempts.some((attempt) => attempt.reference === about)) load();
    },
    leave() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

const back = () => h("a.back", { href: "#/orders" }, "‹ Orders");
