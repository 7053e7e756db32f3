/** `<kvitt-checkout>`: the branded button, visible before anything is loaded, and the payment that a press starts. */
import { brandOf, caption, loadFailed } from "./captions.js";
import { KvittElement } from "./element.js";

/**
 * Whether the page came by a reload, back or forward, not by a new visit. Once the page is complete this is false: an element that is
 * added later is new.
 */
const isRevisit = () =>
  document.readyState !== "complete" && performance.getEntriesByType("navigation")[0]?.type !== "navigate";

/** One for all elements: it keeps none of them in memory. */
let sight;

export class KvittCheckout extends KvittElement {
  static observedAttributes = [
    ...KvittElement.observedAttributes,
    ...["items", "cart", "amount", "currency", "market", "sales-unit", "return-url"],
  ];

  static {
    this.reflect();
  }

  /** The key in the tab's storage for the order's token; empty where the page gives the token. */
  get key() {
    return this.token ? "" : ["kvitt", this.origin, this.salesUnit, this.items].join(" ");
  }

  cover() {
    const button = document.createElement("button");
    button.type = "button";
    button.part = "button";
    button.onclick = () => this.#press(button);
    this.repaint(button);
    return button;
  }

  repaint(button) {
    const brand = brandOf(this.market, this.currency, Date.now());
    const [verb, name] = caption(this.locale, brand);
    const strong = document.createElement("b");
    strong.textContent = name;
    button.className = brand;
    button.replaceChildren(verb, strong);
  }

  start() {
    if (this.amount && (/\D/.test(this.amount) || !/^(nok|dkk|eur)$/i.test(this.currency))) this.explain("bad_amount");
    const [token, showFinal] = this.#token();
    if (token) this.resume(token, showFinal);
    else this.#preload();
  }

  /** Where the browser keeps the proxy's answers from this page another try will not help, and the page's form will. */
  async explain(what) {
    const told = await super.explain(what);
    if (what === "unreachable" && told && this.#hasForm && !this.#token()[0]) this.fallBack(true);
    return told;
  }

  get #hasForm() {
    return this.querySelector("form, a, button");
  }

  async failed(pressed, told) {
    if (this.#hasForm) return this.fallBack(pressed);
    this.emit("trouble", { code: "load_failed" });
    const note = document.createElement("p");
    note.role = "alert";
    note.textContent = (await told) ?? loadFailed(this.locale);
    this.shadowRoot.querySelector("p")?.remove();
    this.shadowRoot.append(note);
  }

  async #press(button) {
    if (button.ariaBusy) return;
    button.ariaBusy = "true";
    this.shadowRoot.querySelector("p")?.remove();
    (await this.wasm("press"))?.open();
    button.ariaBusy = null;
  }

  /** The order to show, if any: from the attribute, from the address when the customer comes back, or from the tab's storage. */
  #token() {
    if (this.token) return [this.token, true];
    const { returned } = this;
    if (returned && !document.querySelector("kvitt-confirmation")) return [returned, true];
    try {
      return [sessionStorage.getItem(this.key), isRevisit()];
    } catch {
      return [];
    }
  }

  /** Preloads when the button is in sight and the browser is idle. A page of a test run may have no sight. */
  #preload() {
    if (!globalThis.IntersectionObserver || navigator.connection?.saveData) return;
    sight ??= new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        (globalThis.requestIdleCallback ?? setTimeout)(() => target.wasm("preload"));
        sight.unobserve(target);
      }
    });
    sight.observe(this);
  }
}
