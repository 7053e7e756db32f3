/**
 * The dialogs that move money: capture what is shipped, refund what is returned, release the rest.
 *
 * The selected lines make the amount, which staff may change within what is left. The button names the operation and its amount. An operation is
 * carried out once, however often it is sent (submissions.js), and an unanswered one is retried before another can be made.
 */
import { call } from "./api.js";
import { open } from "./dialog.js";
import { fill, h, refill, announce } from "./dom.js";
import { minor, money, typed } from "./format.js";
import { problemBox } from "./problems.js";
import { isSending, pending, retry, submit } from "./submissions.js";
import { costOf, count, pieces, quantityOf, toCapture, toRefund } from "./sums.js";

/** Someone else captured or refunded meanwhile. */
const OVERTAKEN = ["exceeds_what_is_left", "exceeds_what_was_ordered"];

const KINDS = {
  capture: {
    title: "Ship and capture",
    verb: "Capture",
    done: "Captured",
    prompt: "Select what is in the parcel.",
    left: "Left to capture",
    most: toCapture,
    room: ({ line, shipped }) => [count(line.quantity - shipped), shipped],
    ticked: true,
  },
  refund: {
    title: "Refund",
    verb: "Refund",
    done: "Refunded",
    prompt: "Select what was returned, or enter an amount.",
    left: "Left to refund",
    most: toRefund,
    // Where no capture had lines, every line may be returned.
    room: ({ line, shipped, returned }, hasShipped) => [count((hasShipped ? shipped : line.quantity) - returned), returned],
    ticked: false,
  },
};

/**
 * Opens the dialog for a capture or a refund. `done` gets the changed order; `closed` is called when the dialog closes, with or without an
 * operation. Returns a function that takes the order again, because someone else may ship meanwhile.
 */
export function moneyDialog(order, kind, done, closed) {
  const how = KINDS[kind];
  const { currency } = order.amount;
  const what = `${kind} ${order.reference}`;
  const path = `/v1/shop/orders/${encodeURIComponent(order.reference)}`;
  let before = pending(what);
  let most;
  let rows = [];
  let seen;
  const amount = h("input", {
    id: "amount",
    inputmode: "decimal",
    autocomplete: "off",
    "aria-describedby": "amount-hint amount-mistake",
    "data-keep": "amount",
    oninput: () => validate(),
  });
  const hint = h("p.hint", { id: "amount-hint" });
  const mistake = h("p.mistake", { id: "amount-mistake", "aria-live": "polite" });
  const button = h("button.button", { type: "submit" }, how.verb);
  const changed = h("div", { role: "status" });
  const inside = h("div.move");
  const message = h("div.said");
  const isBusy = () => button.getAttribute("aria-busy") === "true";

  /** The price of the selected lines. */
  const sum = () => rows.reduce((sum, row) => sum + row.cost(), 0);

  function validate() {
    const value = minor(amount.value);
    const lines = Math.min(sum(), most);
    const wrong =
      value === undefined
        ? "Write it like 249 or 249.00, without a thousands separator."
        : value === 0
          ? "It must be more than zero."
          : value > most
            ? `There is ${money(most, currency)} left.`
            : "";
    // An empty amount with no selected line is no mistake yet.
    fill(mistake, amount.value.trim() === "" || (value === 0 && sum() === 0) ? "" : wrong);
    amount.toggleAttribute("aria-invalid", false);
    if (mistake.textContent) amount.setAttribute("aria-invalid", "true");
    fill(
      hint,
      `${how.left}: ${money(most, currency)}.`,
      value !== lines && sum() > 0 ? ` The selected lines cost ${money(lines, currency)}.` : "",
    );
    fill(button, wrong ? how.verb : `${how.verb} ${money(value, currency)}`);
    button.setAttribute("aria-disabled", String(Boolean(wrong)));
    return wrong ? undefined : value;
  }

  function fillAmount() {
    amount.value = typed(Math.min(sum(), most));
    validate();
  }

  /** A line of which `room` pieces can be selected after `before` earlier ones; `was` is the earlier selection. */
  function row(at, line, room, earlier, was) {
    const isWhole = Number.isInteger(line.quantity);
    const isFixed = isWhole && room === 1;
    const tick = h("input", { type: "checkbox", checked: was.ticked, "data-keep": `tick ${at}`, onchange: () => fillAmount() });
    const number = h("input.pieces", {
      type: "number",
      min: isWhole ? 1 : 0.001,
      step: isWhole ? 1 : 0.001,
      max: room,
      value: Math.min(room, was.number),
      inputmode: isWhole ? "numeric" : "decimal",
      onwheel: blur,
      "aria-label": `How many of ${line.name}`,
      "data-keep": `pieces ${at}`,
      oninput: () => ((tick.checked = true), fillAmount()),
      disabled: isFixed,
    });
    const cost = h("span.sum");
    const entered = () => (isWhole ? Math.trunc(Number(number.value)) : count(number.value)) || 0;
    const taken = () => (tick.checked ? Math.min(room, Math.max(0, entered())) : 0);
    return {
      at,
      node: h(
        "li.move-line",
        {},
        h("label.check", {}, tick, h("span", {}, line.name)),
        h("span.of", {}, number, h("span.soft", {}, `of ${room}`)),
        cost,
      ),
      fields: [tick, ...(isFixed ? [] : [number])],
      cost: () => {
        const value = costOf(line, taken(), earlier);
        fill(cost, tick.checked ? money(value, currency) : "–");
        return value;
      },
      piece: () => taken() > 0 && { sku: line.sku, quantity: quantityOf(taken()) },
      chosen: () => ({ ticked: tick.checked, number: Number(number.value) }),
    };
  }

  /** What is left of an order: the amount, and the pieces of each line. */
  function left(now) {
    const entries = pieces(now);
    const hasShipped = entries.some(({ shipped }) => shipped > 0);
    return { most: how.most(now), rooms: entries.map((entry) => [entry.line, ...how.room(entry, hasShipped)]) };
  }

  /** Renders the dialog for the order. Entered values stay if they are still valid. */
  function render(now) {
    const found = left(now);
    const isTyped = most !== undefined && minor(amount.value) !== Math.min(sum(), most);
    const chosen = new Map(rows.map((row) => [row.at, row.chosen()]));
    seen = JSON.stringify(found);
    most = found.most;
    rows = found.rooms
      .map(([line, room, earlier], at) => room > 0 && row(at, line, room, earlier, chosen.get(at) ?? { ticked: how.ticked, number: room }))
      .filter(Boolean);
    refill(
      inside,
      before
        ? unansweredNote(before, how.verb, currency)
        : [
            rows.length > 0 && [
              h("p", {}, how.prompt),
              h(
                "ul.move-lines",
                {},
                rows.map((row) => row.node),
              ),
            ],
            h("div.field.move-amount", {}, h("label.label", { for: "amount" }, `Amount in ${currency}`), amount, hint, mistake),
          ],
    );
    if (before) {
      fill(button, `${how.verb} ${money(before.body.amount.value, currency)}`);
      button.removeAttribute("aria-disabled");
    } else if (isTyped && !(minor(amount.value) > most)) validate();
    else fillAmount();
  }

  function update(now) {
    order = now;
    if (isBusy()) return;
    const held = before;
    before = pending(what);
    if (held?.key === before?.key && JSON.stringify(left(now)) === seen) return;
    const text = held && !before ? "The earlier operation was answered." : "This order was changed meanwhile.";
    fill(changed, h("p.note", {}, `${text} Check what is left.`));
    render(now);
    if (!box.contains(document.activeElement)) button.focus();
  }

  async function send(event, close) {
    event.preventDefault();
    const value = before?.body.amount.value ?? validate();
    if (value === undefined || isBusy()) return amount.focus();
    const body = { amount: { value, currency }, lines: rows.map((row) => row.piece()).filter(Boolean) };
    const fields = [amount, ...rows.flatMap((row) => row.fields)];
    const sends = () => (before ? retry(what, `${path}/${kind}`, before) : submit(what, `${path}/${kind}`, body));
    fill(changed);
    const error = await run({ sends, button, message, fields, close, done, announcement: how.done });
    if (!error) return;
    const [held, now] = [before, OVERTAKEN.includes(error.code) ? await call("GET", path).catch(() => order) : order];
    before = pending(what);
    // While the outcome is unknown, only the same operation can be retried.
    if (held?.key !== before?.key || JSON.stringify(left(now)) !== seen) render(now);
    (before ? button : amount).focus();
  }

  const box = open(
    how.title,
    (close) =>
      h(
        "form.move",
        { novalidate: true, onsubmit: (event) => send(event, close) },
        h("p.soft", {}, h("span.name-of", {}, order.order_number ?? order.reference)),
        changed,
        inside,
        message,
        h("footer.box-foot", {}, h("button.button.second", { type: "button", onclick: close }, "Back"), button),
      ),
    closed,
  );
  render(order);
  (before ? button : (box.querySelector("li input") ?? amount)).focus();
  return update;
}

/** Opens the dialog that releases what is left. */
export function releaseDialog(order, done, closed) {
  const { currency } = order.amount;
  const what = `cancel ${order.reference}`;
  const path = `/v1/shop/orders/${encodeURIComponent(order.reference)}/cancel`;
  const left = money(toCapture(order), currency);
  const some = order.aggregate.captured > 0;
  const button = h("button.button.danger", { type: "submit" }, `Release ${left}`);
  const message = h("div.said");
  open(
    some ? "Release the rest" : "Cancel the order",
    (close) =>
      h(
        "form.move",
        {
          onsubmit: (event) => {
            event.preventDefault();
            if (button.getAttribute("aria-busy") !== "true")
              run({ sends: () => submit(what, path, {}), button, message, fields: [], close, done, announcement: "Released" });
          },
        },
        h("p.soft", {}, h("span.name-of", {}, order.order_number ?? order.reference)),
        h(
          "p",
          {},
          h("strong", {}, left),
          some
            ? " is not captured and is released to the customer. What was captured stays."
            : " is released to the customer. Nothing was captured.",
        ),
        h("p", {}, "This cannot be undone: released money cannot be captured any more."),
        message,
        h("footer.box-foot", {}, h("button.button.second", { type: "button", onclick: close }, "Back"), button),
      ),
    closed,
  );
}

/** Sends a submission and announces the result. An error is shown in the dialog and returned. */
async function run({ sends, button, message, fields, close, done, announcement }) {
  const caption = button.textContent;
  button.setAttribute("aria-busy", "true");
  fields.forEach((field) => field.setAttribute("disabled", ""));
  fill(button, "One moment…");
  fill(message);
  try {
    const { status, value } = await sends();
    announce(status === 202 ? "Vipps MobilePay has not answered yet. The proxy retries by itself." : `${announcement}.`);
    close();
    done(value);
  } catch (error) {
    fill(message, problemBox(error));
    fill(button, caption);
    button.removeAttribute("aria-busy");
    fields.forEach((field) => field.removeAttribute("disabled"));
    button.focus();
    return error;
  }
  return undefined;
}

/** Scrolling the page must not change a number of pieces. */
const blur = ({ target }) => target.blur();

const unansweredNote = (before, verb, currency) => [
  h(
    "p.note",
    {},
    isSending(before)
      ? "You submitted this, and the answer is pending. Nothing else can be done meanwhile. Retrying is safe: it is carried out once."
      : "You submitted this before, and there was no answer. It is sent again unchanged, and carried out once.",
  ),
  h(
    "p",
    {},
    `${verb} `,
    h("strong", {}, money(before.body.amount.value, currency)),
    before.body.lines.length > 0 && ` for ${before.body.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", ")}`,
  ),
];
