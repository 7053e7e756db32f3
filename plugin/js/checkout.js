/** `<kvitt-checkout>`: the branded button, painted before anything is loaded, and what a press on it starts. */
import { brandOf, caption, loadFailed } from "./captions.js";
import { KvittElement } from "./element.js";

/**
 * A page that is shown again, not asked for anew, comes back to where the customer was. Once it stands, an element in it is new,
 * whichever way the page itself came.
 */
const shownAgain = () =>
  document.readyState !== "complete" && performance.getEntriesByType("navigation")[0]?.type !== "navigate";

export class KvittCheckout extends KvittElement {
  static observedAttributes = [
    ...KvittElement.observedAttributes,
    ...["items", "cart", "amount", "currency", "market", "sales-unit", "return-url"],
  ];

  static {
    this.reflect();
  }

  /** Under which this tab remembers the order that is being paid here; nothing where the page itself knows which. */
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
    const [verb, name] = caption(this.spoken, brand);
    const strong = document.createElement("b");
    strong.textContent = name;
    button.className = brand;
    button.replaceChildren(verb, strong);
  }

  arrive() {
    if (this.amount && !(/^\d+$/.test(this.amount) && /^(nok|dkk|eur)$/i.test(this.currency)))
      console.warn("kvitt: unusable amount or currency:", this.amount, this.currency);
    const [token, sure] = this.#token();
    if (token) this.resume(token, sure);
    else this.#warmUp();
  }

  failed(refused, pressed) {
    if (this.querySelector("form, a, button")) return this.surrender(pressed);
    this.dispatchEvent(new CustomEvent("kvitt:trouble", { bubbles: true, composed: true, detail: { code: "load_failed" } }));
    const note = document.createElement("p");
    note.role = "alert";
    note.textContent = loadFailed(this.spoken);
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

  /** The order that is under way: named by the page, by the address when the customer comes back to this page, else remembered by the tab. */
  #token() {
    if (this.token) return [this.token, true];
    const named = new URLSearchParams(location.search).get("kvitt");
    if (named && !document.querySelector("kvitt-confirmation")) return [named, true];
    try {
      return [sessionStorage.getItem(this.key), shownAgain()];
    } catch {
      return [];
    }
  }

  /** Loads ahead when the button is in sight and the browser has nothing better to do. */
  #warmUp() {
    if (navigator.connection?.saveData) return;
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    const sight = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      sight.disconnect();
      idle(() => this.wasm("ahead"));
    });
    sight.observe(this);
  }
}
