/**
 * The screen that makes a payment request: lines from the catalogue or entered by hand, as a link with a QR code, or sent to a customer who has
 * consented to requests.
 */
import { call } from "./api.js";
import { fill, h, announce } from "./dom.js";
import { money } from "./format.js";
import { number } from "./order-customer.js";
import { problemBox } from "./problems.js";
import { line } from "./request-line.js";
import { pending, retry, submit } from "./submissions.js";

const WHAT = "payment request";
const PATH = "/v1/shop/payment-requests";
const EXPIRY = [
  [3_600, "1 hour"],
  [86_400, "1 day"],
  [604_800, "7 days"],
  [1_209_600, "14 days"],
];
const LANGUAGES = [
  ["nb", "Norsk"],
  ["da", "Dansk"],
  ["fi", "Suomi"],
  ["sv", "Svenska"],
  ["en", "English"],
];
/** The default language of a currency. */
const DEFAULT_LANGUAGE = { NOK: "nb", DKK: "da", EUR: "fi" };

/** The screen. */
export function request(desk) {
  const units = desk.sales_units;
  let customer;
  let rows = [];

  const unit = h(
    "select",
    { id: "unit", onchange: () => start() },
    units.map((unit) => h("option", { value: unit.name }, `${unit.name} · ${unit.currency}`)),
  );
  const lasts = h(
    "select",
    { id: "lasts" },
    EXPIRY.map(([seconds, text]) => h("option", { value: seconds, selected: seconds === 86_400 }, text)),
  );
  const language = h(
    "select",
    { id: "language" },
    LANGUAGES.map(([tag, text]) => h("option", { value: tag }, text)),
  );
  const present = h("input", { type: "checkbox" });
  const about = h("input", { id: "about", maxlength: 100, autocomplete: "off", placeholder: "The items, when left empty" });
  const list = h("ul.request-lines");
  const offered = h("datalist", { id: "articles" });
  const total = h("output.request-total.sum");
  const message = h("div.said");
  const whom = h("div.whom");
  const reminder = h("div.note", { hidden: true });
  const button = h("button.button", { type: "submit" });

  const chosen = () => units.find((one) => one.name === unit.value);

  function add() {
    const row = line(chosen(), sum, () => {
      if (rows.length > 1) {
        rows = rows.filter((one) => one !== row);
        row.node.remove();
      }
      sum();
    });
    rows.push(row);
    list.append(row.node);
    sum();
    return row;
  }

  /** The total of all lines; undefined while one of them is incomplete. */
  function sum() {
    const { currency } = chosen();
    const read = rows.map((row) => row.read());
    const value = read.every(Boolean) ? read.reduce((sum, line) => sum + line.quantity * line.unit_price, 0) : undefined;
    fill(total, value === undefined ? "–" : money(value, currency));
    fill(
      button,
      value
        ? `${customer ? "Send a request for" : "Make a link for"} ${money(value, currency)}`
        : customer
          ? "Send the request"
          : "Make a link",
    );
    button.setAttribute("aria-disabled", String(!value));
    return value ? { value, lines: read } : undefined;
  }

  function start() {
    rows = [];
    fill(list);
    language.value = DEFAULT_LANGUAGE[chosen().currency] ?? "en";
    fill(
      offered,
      chosen().articles.map((article) => h("option", { value: article.name })),
    );
    add();
  }

  /** Gives every line a unique SKU; a line that is not in the catalogue gets a new one. */
  function withSkus(lines) {
    const taken = new Set();
    return lines.map((line, at) => {
      let sku = line.sku || `line-${at + 1}`;
      while (taken.has(sku)) sku = `${sku}-${at + 1}`;
      taken.add(sku);
      return { ...line, sku };
    });
  }

  async function send(event) {
    event.preventDefault();
    const read = sum();
    if (!read) return fill(message, h("p.mistake", { role: "alert" }, "Give every line a name and a price, like 249 or 249.00."));
    const cart = { sales_unit: unit.value, lines: withSkus(read.lines), total: { value: read.value, currency: chosen().currency } };
    const wanted = {
      cart,
      description: about.value.trim() || undefined,
      expires_in_s: Number(lasts.value),
      language: language.value,
      customer_present: present.checked,
      customer: customer && { id: customer.id },
    };
    await run(() => submit(WHAT, PATH, wanted, desk.scope));
  }

  async function run(sends) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    fill(message);
    try {
      const { value } = await sends();
      announce("The request was made");
      location.hash = `#/orders/${encodeURIComponent(value.reference)}`;
    } catch (error) {
      fill(message, problemBox(error));
      showUnanswered();
    }
    button.removeAttribute("aria-busy");
  }

  /** While the outcome of a request is unknown, that one can be retried and no other be made. */
  function showUnanswered() {
    const before = pending(WHAT);
    const mine = before?.scope === desk.scope;
    const amount = before && money(before.body.cart.total.value, before.body.cart.total.currency);
    fill(
      reminder,
      before &&
        h(
          "p",
          {},
          mine
            ? `You requested ${amount} before, and there was no answer. Retrying is safe: the request is made once.`
            : `${amount} was requested under another login, and there was no answer. Log in with that login to retry it: from here it might be made twice.`,
        ),
      mine &&
        h("button.button.second", { type: "button", onclick: () => run(() => retry(WHAT, PATH, before, desk.scope)) }, "Retry"),
    );
    reminder.hidden = !before;
    button.hidden = Boolean(before);
  }

  function address() {
    fill(
      whom,
      customer
        ? h(
            "p.note",
            { "data-tone": "plain" },
            h(
              "span",
              {},
              "To ",
              h("strong", {}, customer.phone_number ? number(customer.phone_number) : customer.id),
              ", in the app if the sales unit is approved for it, otherwise as a link. ",
            ),
            h("a", { href: "#/request" }, "Make a link instead"),
          )
        : h(
            "p.soft",
            {},
            "A link and a QR code, for anyone you show or send it to. For a customer who has shared a number: ",
            h("a", { href: "#/customers" }, "find the customer"),
            ".",
          ),
    );
    sum();
  }

  const form = h(
    "form.panel.request",
    { novalidate: true, onsubmit: send },
    whom,
    units.length > 1 && h("div.field.short", {}, h("label.label", { for: "unit" }, "Sales unit"), unit),
    h(
      "fieldset",
      {},
      h("legend.label", {}, "Items"),
      h(
        "div.request-head.soft.small",
        { "aria-hidden": "true" },
        h("span", {}, "Item"),
        h("span", {}, "Pieces"),
        h("span", {}, "Price"),
        h("span", {}, "VAT"),
        h("span.sum", {}, "Sum"),
      ),
      list,
      offered,
      h(
        "div.request-foot",
        {},
        h("button.button.second", { type: "button", onclick: () => add().focus() }, "Add a line"),
        h("p", {}, h("span.soft", {}, "Total "), total),
      ),
    ),
    h("div.field", {}, h("label.label", { for: "about" }, "Description for the customer"), about),
    h(
      "div.two",
      {},
      h("div.field", {}, h("label.label", { for: "lasts" }, "Expires after"), lasts),
      h("div.field", {}, h("label.label", { for: "language" }, "Language of the pay page"), language),
    ),
    h("label.check", {}, present, h("span", {}, "The customer is here")),
    reminder,
    message,
    h("div.actions", {}, button),
  );
  const node = h("div.page", {}, h("h1", { tabindex: "-1" }, "Request a payment"), form);
  start();
  return {
    node,
    async navigate([id]) {
      desk.title("Request payment");
      customer = undefined;
      address();
      showUnanswered();
      node.querySelector("h1").focus({ preventScroll: true });
      if (!id) return;
      try {
        customer = await call("GET", `/v1/shop/customers/${encodeURIComponent(id)}`);
        if (chosen().name !== customer.sales_unit && units.some((one) => one.name === customer.sales_unit)) {
          unit.value = customer.sales_unit;
          start();
        }
        address();
      } catch (error) {
        fill(whom, problemBox(error));
      }
    },
  };
}
