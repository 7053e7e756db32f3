/** `<kvitt-checkout>`: the branded button, visible before anything is loaded, and the payment that a press starts. */
import { brandOf, caption, loadFailed } from "./captions.js";
import { KvittElement } from "./element.js";

/**
 * Whether the page came by a reload, back or forward, not by a new visit. Once the page is complete this is false: an element that is
 * added later is new.
 */
const isRevisit = () =>
  document.readyState !== "complete" && performance.getEntriesByType("navigation")[0]?.type !== "navigate";

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
    button.addEventListener("click", () => this.#press(button));
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
    this.addEventListener("kvitt:trouble", this.#troubled);
    if (this.amount && !(/^\d+$/.test(this.amount) && /^(nok|dkk|eur)$/i.test(this.currency)))
      console.warn("kvitt: unusable amount or currency:", this.amount, this.currency);
    const [token, showFinal] = this.#token();
    if (token) this.resume(token, showFinal);
    else this.#preload();
  }

  /**
   * The proxy did not answer. If it can be reached, but no request with a preflight gets an answer, the browser keeps its answers from this
   * page: then another try will not help, and the page's form will. If it answers now, an answer was only lost, and a retry finds what became
   * of the request.
   */
  async #unanswered() {
    const answers = (path, how) => fetch(this.origin + path, { cache: "no-store", ...how }).then(() => true, () => false);
    if (!this.#hasForm || this.#token()[0] || !(await answers("/pkg/kvitt.js", { method: "HEAD", mode: "no-cors" }))) return;
    if (await answers("/v1/cart", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })) return;
    console.warn("kvitt: the browser keeps the proxy's answers from this page; its form pays");
    this.fallBack(true);
  }

  get #hasForm() {
    return this.querySelector("form, a, button");
  }

  failed(permanent, pressed) {
    if (this.#hasForm) return this.fallBack(pressed);
    this.dispatchEvent(new CustomEvent("kvitt:trouble", { bubbles: true, composed: true, detail: { code: "load_failed" } }));
    const note = document.createElement("p");
    note.role = "alert";
    note.textContent = loadFailed(this.locale);
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

  #troubled = ({ detail }) => detail.code === "unreachable" && this.#unanswered();

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

  /** Preloads when the button is in sight and the browser is idle. */
  #preload() {
    if (navigator.connection?.saveData) return;
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      idle(() => this.wasm("preload"));
    });
    observer.observe(this);
  }
}
