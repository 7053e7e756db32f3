/**
 * The floor: the least that shows the same. Two elements by hand, in one file, with the widget's own style. They make the widget's requests
 * and show its texts, in one language, and do nothing else that the widget does: no retries, no other screens, no remembered order.
 */
import button from "../../../plugin/js/button.css";
import theme from "../../../plugin/src/theme.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(button + theme);

/** Makes an element. `name` is its class and its part. */
function el(tag, name, ...inside) {
  const element = document.createElement(tag);
  if (name) element.className = element.part = name;
  element.append(...inside);
  return element;
}

const row = (name, label, value) => el("div", name, el("dt", "", label), el("dd", "", value));
const money = ({ currency }, value) => new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(value / 100);
const percent = (rate) => new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 2 }).format(rate / 10_000);
const date = (at) => new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(at);
const brand = (cart) => (cart.brand === "mobilepay" ? "MobilePay" : "Vipps");

function payButton(name) {
  const pay = el("button", "button", "Pay with ", el("b", "", name));
  pay.classList.add(name.toLowerCase());
  return pay;
}

function lines(cart, pictures) {
  const list = el("ul", "lines");
  const vats = new Map();
  for (const line of cart.lines) {
    const item = el("li", "line");
    if (pictures && line.picture) item.append(el("span", "picture", Object.assign(new Image(56, 56), { alt: "", src: line.picture })));
    const each = `${line.quantity} × ${money(cart.total, line.unit_price)}`;
    item.append(el("div", "what", el("span", "name", line.name), el("span", "note", each)), el("span", "sum", money(cart.total, line.total)));
    list.append(item);
    vats.set(line.vat_rate, (vats.get(line.vat_rate) ?? 0) + line.vat);
  }
  const sums = el("dl", "sums", row("total", "Total", money(cart.total, cart.total.value)));
  for (const [rate, vat] of vats) sums.append(row("vat", `of which VAT ${percent(rate)}`, money(cart.total, vat)));
  return el("div", "order", list, sums);
}

function choice(...label) {
  const box = Object.assign(el("input", "checkbox"), { type: "checkbox" });
  return el("div", "choice", el("label", "check", box, el("span", "", ...label)));
}

class Element extends HTMLElement {
  connectedCallback() {
    this.root = this.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [sheet];
    this.start();
  }

  shows(heading, ...inside) {
    this.root.replaceChildren(el("section", "frame", el("h2", "heading", heading), ...inside));
  }
}

customElements.define(
  "vanilla-checkout",
  class extends Element {
    start() {
      const pay = payButton("Vipps");
      pay.addEventListener("click", () => this.press());
      this.root.append(pay);
    }

    async press() {
      this.shows("One moment …", el("div", "busy"));
      const answer = await fetch(`/v1/cart?items=${encodeURIComponent(this.getAttribute("items"))}`);
      const cart = await answer.json();
      const terms = Object.assign(el("a", "link", "terms of sale"), { href: cart.terms_url, target: "_blank" });
      const share = choice(`Share my phone number with ${cart.shop}`);
      const why = `Optional. ${cart.shop} can then send your next payment request straight to ${brand(cart)} on your phone. ${brand(cart)} asks you to confirm.`;
      share.append(el("p", "note", why));
      const actions = el("div", "actions", payButton(brand(cart)), el("button", "quiet", "Back"));
      this.shows("Your order", el("p", "shop", cart.shop), lines(cart, true), choice("I accept the ", terms), share, actions);
    }
  },
);

customElements.define(
  "vanilla-confirmation",
  class extends Element {
    async start() {
      const answer = await fetch(`/v1/checkouts/${new URLSearchParams(location.search).get("kvitt")}`);
      const { cart, reference, created_at_ms: at, sharing } = await answer.json();
      const facts = el("dl", "facts", row("fact", "Reference", reference), row("fact", "Date", date(at)), row("fact", "Paid with", brand(cart)));
      if (cart.asks_phone_number) facts.append(row("fact", "Phone number", sharing.consented ? "Shared, on its way" : "Not shared"));
      const lead = `${money(cart.total, cart.total.value)} is reserved for ${cart.shop} and is drawn when your order is sent.`;
      const actions = el("div", "actions", el("button", "second", "Print"));
      this.shows("Thank you for your order", el("span", "tick"), el("p", "lead", lead), facts, lines(cart, false), actions);
    }
  },
);
