/**
 * One order: what is in it, what has become of its money, what can be done, who has paid, and what has happened.
 */
import { ask } from "./api.js";
import { customerOf } from "./customer.js";
import { fill, h, refill } from "./dom.js";
import { day, distance, money, moment, percent, precisely } from "./format.js";
import { letGo, move } from "./move.js";
import { unanswered } from "./presses.js";
import { trouble } from "./problems.js";
import { requested } from "./requested.js";
import { isUnderWay, pieces, standing, toCapture, toRefund } from "./sums.js";
import { timeline } from "./timeline.js";

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

  const act = {
    capture: () => toCapture(shown) > 0 && move(shown, "capture", done, load),
    refund: () => toRefund(shown) > 0 && move(shown, "refund", done, load),
    cancel: () => toCapture(shown) > 0 && letGo(shown, done, load),
  };

  function parts(found) {
    const { word, tone } = standing(found);
    const unit = desk.unit(found.sales_unit);
    return [
      back(),
      h(
        "header.order-head",
        {},
        h("div", {}, h("h1", { tabindex: "-1" }, found.order_number ?? found.reference), h("p.facts", {}, h("span.standing", { "data-tone": tone }, word), unit && h("span.brand", { "data-brand": unit.brand }, unit.brand === "vipps" ? "Vipps" : "MobilePay"), h("time.soft", { datetime: new Date(found.created_at_ms).toISOString(), title: precisely(found.created_at_ms) }, moment(found.created_at_ms)))),
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
          h("span", {}, "Ship and capture by ", h("strong", { title: precisely(by.capture_by_ms) }, day(by.capture_by_ms)), ` (${distance(by.capture_by_ms)}). After that a capture may fail; the money goes back to the customer ${distance(by.released_at_ms)}.`),
        ),
      isUnderWay(found) && h("p.note", { role: "status" }, "Vipps MobilePay has not answered yet. It is carried out by itself; this page shows it when it is done."),
      ...left.map((kind) =>
        h("div.note", {}, h("p", {}, `You pressed ${{ capture: "capture", refund: "refund", cancel: "let go" }[kind]}, and there was no answer. Pressing again is safe: it is done once.`), h("button.button.second", { type: "button", onclick: () => (kind === "cancel" ? letGo(found, done, load) : move(found, kind, done, load)) }, "Finish it")),
      ),
    ];
  }

  function moneys(found) {
    const { currency } = found.amount;
    const { captured, cancelled, refunded } = found.aggregate;
    const kept = captured - refunded;
    const shares = [
      ["kept", "Captured", captured, kept],
      ["left", "Left to capture", toCapture(found), toCapture(found)],
      ["refunded", "Refunded", refunded, refunded],
      ["cancelled", "Let go", cancelled, cancelled],
    ].filter(([, , value]) => value > 0);
    if (shares.length === 0) return undefined;
    const bar = h("div.bar", { "aria-hidden": "true" });
    for (const [name, , , share] of shares.filter(([, , , share]) => share > 0)) {
      const part = h("span", { "data-part": name });
      part.style.flexGrow = String(share);
      bar.append(part);
    }
    return h(
      "section.money",
      { "aria-label": "Money" },
      bar,
      h("dl", {}, shares.map(([name, text, value]) => h("div", { "data-part": name }, h("dt", {}, text), h("dd.sum", {}, money(value, currency))))),
    );
  }

  function actions(found) {
    const left = toCapture(found);
    const taken = found.aggregate.captured > 0;
    const button = (kind, name, text, key) => h(`button.button${name}`, { type: "button", onclick: act[kind], "data-keep": kind, "aria-keyshortcuts": key }, text);
    const buttons = [
      left > 0 && button("capture", "", "Ship and capture…", "s"),
      toRefund(found) > 0 && button("refund", ".second", "Refund…", "f"),
      left > 0 && button("cancel", ".second.danger", taken ? "Let the rest go…" : "Cancel the order…", "x"),
    ].filter(Boolean);
    return buttons.length > 0 && h("div.actions", {}, buttons);
  }

  function lines(found) {
    const entries = pieces(found);
    if (entries.length === 0) return undefined;
    const { currency } = found.amount;
    const some = [shippedOf, returnedOf].map((of) => entries.some((entry) => of(entry) > 0));
    // What a phone has no columns for stands below the article's name there.
    const column = (tag, at, ...children) => some[at] && h(`${tag}.roomy`, tag === "th" ? { scope: "col" } : {}, ...children);
    return h(
      "section.panel",
      {},
      h("h2", { id: "lines" }, "Lines"),
      h(
        "table.lines",
        { "aria-labelledby": "lines" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Item"), h("th", { scope: "col" }, "Ordered"), column("th", 0, "Shipped"), column("th", 1, "Returned"), h("th", { scope: "col" }, "Sum"))),
        h(
          "tbody",
          {},
          entries.map((entry) => [entry.line, entry.shipped, entry.returned]).map(([line, shipped, returned]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, h("span.article", {}, picture(line), h("span", {}, line.name, h("span.soft.small.line-what", {}, h("span.name-of", {}, line.sku), h("span.roomy", {}, ` · ${money(line.unit_price, currency)} each · VAT ${percent(line.vat_rate)}`), some[0] && h("span.tight", {}, ` · ${shipped} shipped`), some[1] && h("span.tight", {}, ` · ${returned} returned`))))),
              h("td", {}, String(line.quantity)),
              column("td", 0, shipped === line.quantity ? h("span.all", {}, String(shipped)) : String(shipped)),
              column("td", 1, String(returned)),
              h("td.sum", {}, money(line.total, currency)),
            ),
          ),
        ),
        h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "Total"), h("td"), column("td", 0), column("td", 1), h("td.sum", {}, money(found.amount.value, currency)))),
      ),
    );
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

/** Pictures of our own origin only: the page's policy shows no others. */
function picture(line) {
  const url = line.picture && URL.parse?.(line.picture, location.href);
  return url?.origin === location.origin && h("img.picture", { src: url.href, alt: "", width: 40, height: 40, loading: "lazy" });
}

const shippedOf = ({ shipped }) => shipped;
const returnedOf = ({ returned }) => returned;

const back = () => h("a.back", { href: "#/orders" }, "‹ Orders");
