/**
 * Taking money for what is shipped, giving back money for what is returned, and letting go of the rest.
 *
 * The lines that are ticked make the amount, which may be changed within what is left. The button says what it will do; each press is one,
 * however often it is sent (presses.js), and one that was not answered is finished before there is another.
 */
import { ask } from "./api.js";
import { open } from "./dialog.js";
import { fill, h, say } from "./dom.js";
import { minor, money, typed } from "./format.js";
import { press, unanswered } from "./presses.js";
import { trouble } from "./problems.js";
import { costOf, pieces, toCapture, toRefund } from "./sums.js";

const KINDS = {
  capture: {
    title: "Ship and capture",
    verb: "Capture",
    done: "Captured",
    ask: "Tick what is in the parcel.",
    left: "Left to capture",
    most: toCapture,
    room: ({ line, shipped }) => [line.quantity - shipped, shipped],
    ticked: true,
  },
  refund: {
    title: "Refund",
    verb: "Refund",
    done: "Refunded",
    ask: "Tick what came back, or type an amount.",
    left: "Left to refund",
    most: toRefund,
    // Where nothing was said of what was shipped, anything may come back.
    room: ({ line, shipped, returned }, told) => [(told ? shipped : line.quantity) - returned, returned],
    ticked: false,
  },
};

/**
 * Opens the dialog. `done` is handed the order as it is afterwards; `closed` is told that it is over, whatever came of it.
 */
export function move(order, kind, done, closed) {
  const how = KINDS[kind];
  const { currency } = order.amount;
  const what = `${kind} ${order.reference}`;
  const before = unanswered(what);
  let most = how.most(order);
  const entries = pieces(order);
  const told = entries.some(({ shipped }) => shipped > 0);
  const rows = entries
    .map((entry) => [entry.line, ...how.room(entry, told)])
    .filter(([, room]) => room > 0)
    .map((parts) => row(...parts, how.ticked));
  const amount = h("input", {
    id: "amount",
    inputmode: "decimal",
    autocomplete: "off",
    "aria-describedby": "amount-hint amount-mistake",
    oninput: () => judge(),
  });
  const hint = h("p.hint", { id: "amount-hint" });
  const mistake = h("p.mistake", { id: "amount-mistake", "aria-live": "polite" });
  const button = h("button.button", { type: "submit" }, how.verb);
  const said = h("div.said");

  /** What the ticked lines cost. */
  const sum = () => rows.reduce((sum, row) => sum + row.cost(), 0);

  function judge() {
    const value = minor(amount.value);
    const lines = Math.min(sum(), most);
    const wrong =
      value === undefined
        ? "Write it like 249 or 249.00, without a thousands separator."
        : value === 0
          ? "It must be more than nothing."
          : value > most
            ? `There is ${money(most, currency)} left.`
            : "";
    // Nothing typed and nothing ticked is no mistake yet.
    fill(mistake, amount.value.trim() === "" || (value === 0 && sum() === 0) ? "" : wrong);
    amount.toggleAttribute("aria-invalid", false);
    if (mistake.textContent) amount.setAttribute("aria-invalid", "true");
    fill(
      hint,
      `${how.left}: ${money(most, currency)}.`,
      value !== lines && sum() > 0 ? ` The ticked lines come to ${money(lines, currency)}.` : "",
    );
    fill(button, wrong ? how.verb : `${how.verb} ${money(value, currency)}`);
    button.setAttribute("aria-disabled", String(Boolean(wrong)));
    return wrong ? undefined : value;
  }

  function count() {
    amount.value = typed(Math.min(sum(), most));
    judge();
  }

  /** A line of which so many pieces may go, after those that are gone. */
  function row(line, room, gone, ticked) {
    const tick = h("input", { type: "checkbox", checked: ticked, onchange: () => count() });
    const number = h("input.pieces", {
      type: "number",
      min: 1,
      max: room,
      value: room,
      inputmode: "numeric",
      onwheel: still,
      "aria-label": `How many of ${line.name}`,
      oninput: () => ((tick.checked = true), count()),
      disabled: room === 1,
    });
    const cost = h("span.sum");
    const taken = () => (tick.checked ? Math.min(room, Math.max(0, Math.trunc(Number(number.value)) || 0)) : 0);
    return {
      node: h(
        "li.move-line",
        {},
        h("label.check", {}, tick, h("span", {}, line.name)),
        h("span.of", {}, number, h("span.soft", {}, `of ${room}`)),
        cost,
      ),
      fields: [tick, number],
      cost: () => {
        const value = costOf(line, taken(), gone);
        fill(cost, tick.checked ? money(value, currency) : "–");
        return value;
      },
      piece: () => taken() > 0 && { sku: line.sku, quantity: taken() },
    };
  }

  async function send(event, close) {
    event.preventDefault();
    const value = before?.amount.value ?? judge();
    if (value === undefined || button.getAttribute("aria-busy") === "true") return amount.focus();
    const body = before ?? { amount: { value, currency }, lines: rows.map((row) => row.piece()).filter(Boolean) };
    const fields = [amount, ...rows.flatMap((row) => row.fields)];
    const no = await sending({ what, order, kind, body, button, said, fields, close, done, told: how.done });
    if (no?.code !== "exceeds_what_is_left") return;
    most = how.most(await ask("GET", `/v1/shop/orders/${encodeURIComponent(order.reference)}`).catch(() => order));
    judge();
    amount.focus();
  }

  const box = open(
    how.title,
    (close) => {
      const form = h(
        "form.move",
        { novalidate: true, onsubmit: (event) => send(event, close) },
        h("p.soft", {}, h("span.name-of", {}, order.order_number ?? order.reference)),
        before
          ? finishing(before, how.verb, currency)
          : [
              rows.length > 0 && [
                h("p", {}, how.ask),
                h(
                  "ul.move-lines",
                  {},
                  rows.map((row) => row.node),
                ),
              ],
              h("div.field.move-amount", {}, h("label.label", { for: "amount" }, `Amount in ${currency}`), amount, hint, mistake),
            ],
        said,
        h("footer.box-foot", {}, h("button.button.second", { type: "button", onclick: close }, "Back"), button),
      );
      return form;
    },
    closed,
  );
  if (before) fill(button, `${how.verb} ${money(before.amount.value, currency)}`);
  else count();
  (before ? button : (box.querySelector("li input") ?? amount)).focus();
}

/** Opens the dialog that lets go of what is left. */
export function letGo(order, done, closed) {
  const { currency } = order.amount;
  const what = `cancel ${order.reference}`;
  const left = money(toCapture(order), currency);
  const some = order.aggregate.captured > 0;
  const button = h("button.button.danger", { type: "submit" }, `Let ${left} go`);
  const said = h("div.said");
  open(
    some ? "Let the rest go" : "Cancel the order",
    (close) =>
      h(
        "form.move",
        {
          onsubmit: (event) => {
            event.preventDefault();
            if (button.getAttribute("aria-busy") !== "true")
              sending({ what, order, kind: "cancel", body: {}, button, said, fields: [], close, done, told: "Let go" });
          },
        },
        h("p.soft", {}, h("span.name-of", {}, order.order_number ?? order.reference)),
        h(
          "p",
          {},
          h("strong", {}, left),
          some
            ? " is not captured and goes back to the customer. What was captured stays."
            : " goes back to the customer. Nothing was captured.",
        ),
        h("p", {}, "There is no way back: what is let go cannot be captured any more."),
        said,
        h("footer.box-foot", {}, h("button.button.second", { type: "button", onclick: close }, "Back"), button),
      ),
    closed,
  );
}

/** Sends a press and says what came of it; a no is shown in the dialog, and answered with. */
async function sending({ what, order, kind, body, button, said, fields, close, done, told }) {
  const caption = button.textContent;
  button.setAttribute("aria-busy", "true");
  fields.forEach((field) => field.setAttribute("disabled", ""));
  fill(button, "One moment…");
  fill(said);
  try {
    const { status, value } = await press(what, `/v1/shop/orders/${encodeURIComponent(order.reference)}/${kind}`, body);
    say(status === 202 ? "Vipps MobilePay has not answered yet. It is carried out by itself." : `${told}.`);
    close();
    done(value);
  } catch (error) {
    fill(said, trouble(error));
    fill(button, caption);
    button.removeAttribute("aria-busy");
    // Where it is not known what came of it, only the same may be sent again.
    if (unanswered(what) === undefined) fields.forEach((field) => field.removeAttribute("disabled"));
    button.focus();
    return error;
  }
  return undefined;
}

/** A wheel that is meant for the page must not change how many are shipped. */
const still = ({ target }) => target.blur();

const finishing = (before, verb, currency) => [
  h("p.note", {}, "You pressed this before, and there was no answer. It is sent again as it was, and done once."),
  h(
    "p",
    {},
    `${verb} `,
    h("strong", {}, money(before.amount.value, currency)),
    before.lines.length > 0 && ` for ${before.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", ")}`,
  ),
];
