/**
 * Taking money for what is shipped, giving back money for what is returned, and letting go of the rest.
 *
 * The lines that are ticked make the amount, which may be changed within what is left. The button says what it will do; each press is one,
 * however often it is sent (submissions.js), and one that was not answered is finished before there is another.
 */
import { ask } from "./api.js";
import { open } from "./dialog.js";
import { fill, h, refill, say } from "./dom.js";
import { minor, money, typed } from "./format.js";
import { trouble } from "./problems.js";
import { finish, isSending, press, waiting } from "./submissions.js";
import { costOf, pieces, toCapture, toRefund } from "./sums.js";

/** Somebody else was first. */
const OVERTAKEN = ["exceeds_what_is_left", "exceeds_what_was_ordered"];

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
 * Opens the dialog. `done` is handed the order as it is afterwards; `closed` is told that it is over, whatever came of it. Answers with a
 * function that is told how the order is now, since somebody else may ship meanwhile.
 */
export function move(order, kind, done, closed) {
  const how = KINDS[kind];
  const { currency } = order.amount;
  const what = `${kind} ${order.reference}`;
  const path = `/v1/shop/orders/${encodeURIComponent(order.reference)}`;
  let before = waiting(what);
  let most;
  let rows = [];
  let seen;
  const amount = h("input", {
    id: "amount",
    inputmode: "decimal",
    autocomplete: "off",
    "aria-describedby": "amount-hint amount-mistake",
    "data-keep": "amount",
    oninput: () => judge(),
  });
  const hint = h("p.hint", { id: "amount-hint" });
  const mistake = h("p.mistake", { id: "amount-mistake", "aria-live": "polite" });
  const button = h("button.button", { type: "submit" }, how.verb);
  const changed = h("div", { role: "status" });
  const inside = h("div.move");
  const said = h("div.said");
  const isBusy = () => button.getAttribute("aria-busy") === "true";

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

  /** A line of which so many pieces may go, after those that are gone; `was` is what was chosen of it. */
  function row(at, line, room, gone, was) {
    const tick = h("input", { type: "checkbox", checked: was.ticked, "data-keep": `tick ${at}`, onchange: () => count() });
    const number = h("input.pieces", {
      type: "number",
      min: 1,
      max: room,
      value: Math.min(room, was.number),
      inputmode: "numeric",
      onwheel: still,
      "aria-label": `How many of ${line.name}`,
      "data-keep": `pieces ${at}`,
      oninput: () => ((tick.checked = true), count()),
      disabled: room === 1,
    });
    const cost = h("span.sum");
    const taken = () => (tick.checked ? Math.min(room, Math.max(0, Math.trunc(Number(number.value)) || 0)) : 0);
    return {
      at,
      node: h(
        "li.move-line",
        {},
        h("label.check", {}, tick, h("span", {}, line.name)),
        h("span.of", {}, number, h("span.soft", {}, `of ${room}`)),
        cost,
      ),
      fields: [tick, ...(room > 1 ? [number] : [])],
      cost: () => {
        const value = costOf(line, taken(), gone);
        fill(cost, tick.checked ? money(value, currency) : "–");
        return value;
      },
      piece: () => taken() > 0 && { sku: line.sku, quantity: taken() },
      chosen: () => ({ ticked: tick.checked, number: Number(number.value) }),
    };
  }

  /** What is left by an order: how much, and of which lines how many. */
  function left(now) {
    const entries = pieces(now);
    const told = entries.some(({ shipped }) => shipped > 0);
    return { most: how.most(now), rooms: entries.map((entry) => [entry.line, ...how.room(entry, told)]) };
  }

  /** Lays the dialog out by how the order is now. What was typed stays where it still fits. */
  function lay(now) {
    const found = left(now);
    const isTyped = most !== undefined && minor(amount.value) !== Math.min(sum(), most);
    const chosen = new Map(rows.map((row) => [row.at, row.chosen()]));
    seen = JSON.stringify(found);
    most = found.most;
    rows = found.rooms
      .map(([line, room, gone], at) => room > 0 && row(at, line, room, gone, chosen.get(at) ?? { ticked: how.ticked, number: room }))
      .filter(Boolean);
    refill(
      inside,
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
    );
    if (before) {
      fill(button, `${how.verb} ${money(before.body.amount.value, currency)}`);
      button.removeAttribute("aria-disabled");
    } else if (isTyped && !(minor(amount.value) > most)) judge();
    else count();
  }

  function renew(now) {
    order = now;
    if (isBusy()) return;
    const held = before;
    before = waiting(what);
    if (held?.key === before?.key && JSON.stringify(left(now)) === seen) return;
    const text = held && !before ? "What was pressed before is answered." : "Something was done with this order meanwhile.";
    fill(changed, h("p.note", {}, `${text} Look again at what is left.`));
    lay(now);
    if (!box.contains(document.activeElement)) button.focus();
  }

  async function send(event, close) {
    event.preventDefault();
    const value = before?.body.amount.value ?? judge();
    if (value === undefined || isBusy()) return amount.focus();
    const body = { amount: { value, currency }, lines: rows.map((row) => row.piece()).filter(Boolean) };
    const fields = [amount, ...rows.flatMap((row) => row.fields)];
    const sends = () => (before ? finish(what, `${path}/${kind}`, before) : press(what, `${path}/${kind}`, body));
    fill(changed);
    const no = await sending({ sends, button, said, fields, close, done, told: how.done });
    if (!no) return;
    const [held, now] = [before, OVERTAKEN.includes(no.code) ? await ask("GET", path).catch(() => order) : order];
    before = waiting(what);
    // Where it is not known what came of it, only the same may be sent again.
    if (held?.key !== before?.key || JSON.stringify(left(now)) !== seen) lay(now);
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
        said,
        h("footer.box-foot", {}, h("button.button.second", { type: "button", onclick: close }, "Back"), button),
      ),
    closed,
  );
  lay(order);
  (before ? button : (box.querySelector("li input") ?? amount)).focus();
  return renew;
}

/** Opens the dialog that lets go of what is left. */
export function letGo(order, done, closed) {
  const { currency } = order.amount;
  const what = `cancel ${order.reference}`;
  const path = `/v1/shop/orders/${encodeURIComponent(order.reference)}/cancel`;
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
              sending({ sends: () => press(what, path, {}), button, said, fields: [], close, done, told: "Let go" });
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
async function sending({ sends, button, said, fields, close, done, told }) {
  const caption = button.textContent;
  button.setAttribute("aria-busy", "true");
  fields.forEach((field) => field.setAttribute("disabled", ""));
  fill(button, "One moment…");
  fill(said);
  try {
    const { status, value } = await sends();
    say(status === 202 ? "Vipps MobilePay has not answered yet. It is carried out by itself." : `${told}.`);
    close();
    done(value);
  } catch (error) {
    fill(said, trouble(error));
    fill(button, caption);
    button.removeAttribute("aria-busy");
    fields.forEach((field) => field.removeAttribute("disabled"));
    button.focus();
    return error;
  }
  return undefined;
}

/** A wheel that is meant for the page must not change how many are shipped. */
const still = ({ target }) => target.blur();

const finishing = (before, verb, currency) => [
  h(
    "p.note",
    {},
    isSending(before)
      ? "You pressed this, and it is being answered. Nothing else can be done meanwhile; pressing again is safe: it is done once."
      : "You pressed this before, and there was no answer. It is sent again as it was, and done once.",
  ),
  h(
    "p",
    {},
    `${verb} `,
    h("strong", {}, money(before.body.amount.value, currency)),
    before.body.lines.length > 0 && ` for ${before.body.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", ")}`,
  ),
];
