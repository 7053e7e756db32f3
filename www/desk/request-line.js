/**
 * One line of a payment request, as a form: an article of the catalogue, or a line of its own.
 */
import { fill, h } from "./dom.js";
import { minor, money, typed } from "./format.js";

/** The VAT rate of a new line, in hundredths of a percent. */
const VAT_RATE = 2_500;

/**
 * @param {{ articles: { sku: string, name: string, unit_price: number, vat_rate: number }[], currency: string }} unit
 * @param {() => void} changed
 * @param {() => void} remove
 */
export function line({ articles, currency }, changed, remove) {
  const input = (name, more) => h("input", { "aria-label": name, autocomplete: "off", oninput: changed, ...more });
  const name = input("Item", { placeholder: "Item", list: "articles", maxlength: 200, oninput: () => take() });
  const pieces = input("How many", { type: "number", min: 1, max: 999, value: 1, inputmode: "numeric" });
  const price = input(`Price of one, in ${currency}`, { placeholder: "Price", inputmode: "decimal" });
  const vat = input("VAT in percent", { value: String((articles[0]?.vat_rate ?? VAT_RATE) / 100), inputmode: "decimal" });
  const cost = h("span.sum");

  const known = () => articles.find((article) => article.name === name.value.trim());

  /** Fills in the price of a catalogue article. */
  function take() {
    const article = known();
    if (article) {
      price.value = typed(article.unit_price);
      vat.value = String(article.vat_rate / 100);
    }
    changed();
  }

  /** The line, or undefined while it is incomplete. */
  function read() {
    const entered = {
      sku: known()?.sku ?? "",
      name: name.value.trim(),
      quantity: Number(pieces.value),
      unit_price: minor(price.value),
      vat_rate: minor(vat.value),
    };
    const isCount = Number.isInteger(entered.quantity) && entered.quantity >= 1;
    const isComplete = entered.name && isCount && entered.unit_price !== undefined && entered.vat_rate <= 10_000;
    fill(cost, isComplete ? money(entered.quantity * entered.unit_price, currency) : "");
    return isComplete ? entered : undefined;
  }

  const node = h(
    "li.request-line",
    {},
    h("span.cell.wide", {}, name),
    h("span.cell", {}, pieces),
    h("span.cell", {}, price),
    h("span.cell.percent", {}, vat, h("span.soft", { "aria-hidden": "true" }, "%")),
    cost,
    h("button.quiet-button", { type: "button", "aria-label": "Remove this line", onclick: remove }, "✕"),
  );
  return { node, read, focus: () => name.focus() };
}
