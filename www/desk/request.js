/**
 * Asking somebody for money: lines written by hand or taken from the catalogue, as a link with a QR to show at a counter, or straight to a
 * customer who has agreed to that.
 */
import { ask as get } from "./api.js";
import { number } from "./customer.js";
import { fill, h, say } from "./dom.js";
import { minor, money, typed } from "./format.js";
import { press, unanswered } from "./presses.js";
import { trouble } from "./problems.js";

const WHAT = "payment request";
const LASTS = [
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
/** What most customers of a currency speak. */
const SPOKEN = { NOK: "nb", DKK: "da", EUR: "fi" };

/** The screen. */
export function request(desk) {
  const units = desk.sales_units;
  let customer;
  let rows = [];

  const unit = h("select", { id: "unit", onchange: () => start() }, units.map((unit) => h("option", { value: unit.name }, `${unit.name} · ${unit.currency}`)));
  const lasts = h("select", { id: "lasts" }, LASTS.map(([seconds, text]) => h("option", { value: seconds, selected: seconds === 86_400 }, text)));
  const language = h("select", { id: "language" }, LANGUAGES.map(([tag, text]) => h("option", { value: tag }, text)));
  const present = h("input", { type: "checkbox" });
  const about = h("input", { id: "about", maxlength: 100, autocomplete: "off", placeholder: "The items, when left empty" });
  const list = h("ul.request-lines");
  const offered = h("datalist", { id: "articles" });
  const total = h("output.request-total.sum");
  const said = h("div.said");
  const whom = h("div.whom");
  const reminder = h("div.note", { hidden: true });
  const button = h("button.button", { type: "submit" });

  const chosen = () => units.find((one) => one.name === unit.value);

  function line() {
    const { articles, currency } = chosen();
    const name = h("input", { "aria-label": "Item", placeholder: "Item", list: "articles", maxlength: 200, autocomplete: "off", oninput: () => take() });
    const pieces = h("input", { "aria-label": "How many", type: "number", min: 1, max: 999, value: 1, inputmode: "numeric", oninput: () => sum() });
    const price = h("input", { "aria-label": `Price of one, in ${currency}`, placeholder: "Price", inputmode: "decimal", autocomplete: "off", oninput: () => sum() });
    const vat = h("input", { "aria-label": "VAT in percent", value: String((articles[0]?.vat_rate ?? 2_500) / 100), inputmode: "decimal", autocomplete: "off", oninput: () => sum() });
    const cost = h("span.sum");
    const row = {
      node: undefined,
      fields: { name, pieces, price, vat },
      cost,
      read() {
        const article = articles.find((article) => article.name === name.value.trim());
        const [unitPrice, rate, quantity] = [minor(price.value), minor(vat.value), Number(pieces.value)];
        if (!name.value.trim() || unitPrice === undefined || rate === undefined || rate > 10_000 || !Number.isInteger(quantity) || quantity < 1) return undefined;
        return { sku: article?.sku ?? "", name: name.value.trim(), quantity, unit_price: unitPrice, vat_rate: rate };
      },
    };
    const take = () => {
      const article = articles.find((article) => article.name === name.value);
      if (article) {
        price.value = typed(article.unit_price);
        vat.value = String(article.vat_rate / 100);
      }
      sum();
    };
    row.node = h(
      "li.request-line",
      {},
      h("span.cell.wide", {}, name),
      h("span.cell", {}, pieces),
      h("span.cell", {}, price),
      h("span.cell.percent", {}, vat, h("span.soft", { "aria-hidden": "true" }, "%")),
      cost,
      h("button.quiet-button", { type: "button", "aria-label": "Remove this line", onclick: () => (rows.length > 1 && ((rows = rows.filter((one) => one !== row)), row.node.remove()), sum()) }, "✕"),
    );
    return row;
  }

  function add() {
    const row = line();
    rows.push(row);
    list.append(row.node);
    sum();
    return row;
  }

  /** What all lines come to; undefined while one of them cannot be read. */
  function sum() {
    const { currency } = chosen();
    const read = rows.map((row) => row.read());
    rows.forEach((row, at) => fill(row.cost, read[at] ? money(read[at].quantity * read[at].unit_price, currency) : ""));
    const value = read.every(Boolean) ? read.reduce((sum, line) => sum + line.quantity * line.unit_price, 0) : undefined;
    fill(total, value === undefined ? "–" : money(value, currency));
    fill(button, value ? `${customer ? "Send a request for" : "Make a link for"} ${money(value, currency)}` : customer ? "Send the request" : "Make a link");
    button.setAttribute("aria-disabled", String(!value));
    return value ? { value, lines: read } : undefined;
  }

  function start() {
    rows = [];
    fill(list);
    language.value = SPOKEN[chosen().currency] ?? "en";
    fill(offered, chosen().articles.map((article) => h("option", { value: article.name })));
    add();
  }

  /** Each line has a name of its own; what is not in the catalogue gets one that is new. */
  function named(lines) {
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
    if (!read) return fill(said, h("p.mistake", { role: "alert" }, "Give every line a name and a price, like 249 or 249.00."));
    const cart = { sales_unit: unit.value, lines: named(read.lines), total: { value: read.value, currency: chosen().currency } };
    await ask({
      cart,
      description: about.value.trim() || undefined,
      expires_in_s: Number(lasts.value),
      language: language.value,
      customer_present: present.checked,
      customer: customer && { id: customer.id },
    });
  }

  async function ask(wanted) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    fill(said);
    try {
      const { value } = await press(WHAT, "/v1/shop/payment-requests", wanted);
      say("The request is made");
      location.hash = `#/orders/${encodeURIComponent(value.reference)}`;
    } catch (error) {
      fill(said, trouble(error));
      remind();
    }
    button.removeAttribute("aria-busy");
  }

  /** While it is not known what came of a request, that one can be sent again and no other. */
  function remind() {
    const before = unanswered(WHAT);
    fill(
      reminder,
      before && h("p", {}, `You asked for ${money(before.cart.total.value, before.cart.total.currency)} before, and there was no answer. Sending it again is safe: it is made once.`),
      before && h("button.button.second", { type: "button", onclick: () => ask(before) }, "Finish it"),
    );
    reminder.hidden = !before;
    button.hidden = Boolean(before);
  }

  function address() {
    fill(
      whom,
      customer
        ? h("p.note", { "data-tone": "plain" }, h("span", {}, "To ", h("strong", {}, customer.phone_number ? number(customer.phone_number) : customer.id), ", in the app where that may be, else as a link. "), h("a", { href: "#/request" }, "Make a link instead"))
        : h("p.soft", {}, "A link and a QR code, for anybody you show or send it to. For a customer who has shared a number: ", h("a", { href: "#/customers" }, "find the customer"), "."),
    );
    sum();
  }

  const form = h(
    "form.panel.request",
    { novalidate: true, onsubmit: send },
    whom,
    units.length > 1 && h("div.field.short", {}, h("label.label", { for: "unit" }, "Sales unit"), unit),
    h("fieldset", {}, h("legend.label", {}, "What is to be paid"), h("div.request-head.soft.small", { "aria-hidden": "true" }, h("span", {}, "Item"), h("span", {}, "Pieces"), h("span", {}, "Price"), h("span", {}, "VAT"), h("span.sum", {}, "Sum")), list, offered, h("div.request-foot", {}, h("button.button.second", { type: "button", onclick: () => add().fields.name.focus() }, "Add a line"), h("p", {}, h("span.soft", {}, "Total "), total))),
    h("div.field", {}, h("label.label", { for: "about" }, "What the customer sees it is for"), about),
    h("div.two", {}, h("div.field", {}, h("label.label", { for: "lasts" }, "Can be paid for"), lasts), h("div.field", {}, h("label.label", { for: "language" }, "Language of the pay page"), language)),
    h("label.check", {}, present, h("span", {}, "The customer is here")),
    reminder,
    said,
    h("div.actions", {}, button),
  );
  const node = h("div.page", {}, h("h1", { tabindex: "-1" }, "Request a payment"), form);
  start();
  return {
    node,
    async turn([id]) {
      desk.title("Request payment");
      customer = undefined;
      address();
      remind();
      node.querySelector("h1").focus({ preventScroll: true });
      if (!id) return;
      try {
        customer = await get("GET", `/v1/shop/customers/${encodeURIComponent(id)}`);
        if (chosen().name !== customer.sales_unit && units.some((one) => one.name === customer.sales_unit)) {
          unit.value = customer.sales_unit;
          start();
        }
        address();
      } catch (error) {
        fill(whom, trouble(error));
      }
    },
  };
}
