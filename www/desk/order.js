/**
 * One order: what is in it, what has become of its money, what can be done, who has paid, and what has happened.
 */
import { ask } from "./api.js";
import { fill, h, refill } from "./dom.js";
import { day, distance, money, moment, precisely } from "./format.js";
import { letGo, move } from "./money-dialogs.js";
import { lines, moneys } from "./order-contents.js";
import { customerOf } from "./order-customer.js";
import { timeline } from "./order-history.js";
import { trouble } from "./problems.js";
import { requested } from "./request-status.js";
import { unanswered } from "./submissions.js";
import { isUnderWay, standing, toCapture, toRefund } from "./sums.js";

/** How often an order is looked at while Vipps MobilePay has not answered. */
const LOOK_MS = 2_000;
const SOON_MS = 3 * 86_400_000;
const KINDS = ["capture", "refund", "cancel"];

/**
 * @param desk
 * @param {string} reference
 * @param {() => void} changed says that the list may have changed
 */
export function order(desk, reference, changed) {
  const path = `/v1/shop/orders/${encodeURIComponent(reference)}`;
  const node = h("article.order", {}, h("p.empty", {}, "Loading…"));
  let shown;
  let seen;
  let timer;
  let gone = false;
  let greeted = false;
  let renew;
  const revealed = {};

  async function load() {
    try {
      paint(await ask("GET", path, { byItself: greeted }));
    } catch (error) {
      if (gone) return;
      if (shown === undefined) fill(node, back(), trouble(error, load));
    }
    clearTimeout(timer);
    if (!gone && shown && isUnderWay(shown)) timer = setTimeout(load, LOOK_MS);
  }

  function paint(found) {
    if (gone) return;
    shown = found;
    const text = JSON.stringify([found, KINDS.map((kind) => unanswered(`${kind} ${found.reference}`))]);
    if (text !== seen) refill(node, ...parts(found));
    seen = text;
    renew?.(found);
    if (!greeted) {
      greeted = true;
      desk.title(found.order_number ?? found.reference);
      node.querySelector("h1").focus({ preventScroll: true });
    }
  }

  /** What came of something that was done: the order as it is now. */
  function done(found) {
    paint(found);
    changed();
    load();
  }

  /** Opens the dialog of it, which is told when the order changes. */
  function begin(kind) {
    const closed = () => {
      if (renew === mine) renew = undefined;
      load();
    };
    const mine = kind === "cancel" ? letGo(shown, done, closed) : move(shown, kind, done, closed);
    renew = mine;
  }

  const act = {
    capture: () => toCapture(shown) > 0 && begin("capture"),
    refund: () => toRefund(shown) > 0 && begin("refund"),
    cancel: () => toCapture(shown) > 0 && begin("cancel"),
  };

  function parts(found) {
    const { word, tone } = standing(found);
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
      found.aggregate.authorized > 0 && moneys(found),
      actions(found),
      found.request && requested(found, done),
      lines(found),
      customerOf(found, revealed),
      timeline(found),
    ];
  }

  function notes(found) {
    const by = found.capture_deadline;
    const soon = by && by.capture_by_ms - Date.now() < SOON_MS;
    const left = KINDS.filter((kind) => unanswered(`${kind} ${found.reference}`) !== undefined);
    return [
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
      isUnderWay(found) &&
        h(
          "p.note",
          { role: "status" },
          "Vipps MobilePay has not answered yet. It is carried out by itself; this page shows it when it is done.",
        ),
      ...left.map((kind) =>
        h(
          "div.note",
          {},
          h(
            "p",
            {},
            `You pressed ${{ capture: "capture", refund: "refund", cancel: "let go" }[kind]}, and there was no answer. Pressing again is safe: it is done once.`,
          ),
          h(
            "button.button.second",
            { type: "button", onclick: () => begin(kind) },
            "Finish it",
          ),
        ),
      ),
    ];
  }

  function actions(found) {
    const left = toCapture(found);
    const taken = found.aggregate.captured > 0;
    const button = (kind, name, text, key) =>
      h(`button.button${name}`, { type: "button", onclick: act[kind], "data-keep": kind, "aria-keyshortcuts": key }, text);
    const buttons = [
      left > 0 && button("capture", "", "Ship and capture…", "s"),
      toRefund(found) > 0 && button("refund", ".second", "Refund…", "f"),
      left > 0 && button("cancel", ".second.danger", taken ? "Let the rest go…" : "Cancel the order…", "x"),
    ].filter(Boolean);
    return buttons.length > 0 && h("div.actions", {}, buttons);
  }

  load();
  return {
    node,
    reference,
    keys: { s: act.capture, f: act.refund, x: act.cancel },
    happened(event) {
      const about = event?.data?.reference;
      if (!about || !shown || shown.attempts.some((attempt) => attempt.reference === about)) load();
    },
    leave() {
      gone = true;
      clearTimeout(timer);
    },
  };
}

const back = () => h("a.back", { href: "#/orders" }, "‹ Orders");
