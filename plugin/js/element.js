/**
 * What both elements are made of: attributes as the API, a shadow root, a cover that stands until the WebAssembly takes over, and
 * the way back to the page's own content when it cannot. It holds no state of the payment; that is in `src/model.rs`.
 */
import style from "kvitt-button";
import { languageOf } from "./captions.js";
import { load, patiently, refused, speak } from "./load.js";

const here = new URL(import.meta.url).origin;
const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
let sheet;

export class KvittElement extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ["language", "proxy", "token"];

  /** Set while the WebAssembly runs this element. */
  #widget;
  /** The button, or the slot, that is seen until then. */
  #cover;

  /** The proxy's address without a path; where the script came from unless the page says otherwise. */
  get origin() {
    return new URL(this.getAttribute("proxy") || here, document.baseURI).href.replace(/\/+$/, "");
  }

  get spoken() {
    return languageOf(this.getAttribute("language") || this.parentElement?.closest("[lang]")?.lang);
  }

  connectedCallback() {
    for (const name of this.constructor.observedAttributes) this.#adopt(camel(name));
    if (this.#cover) return this.#widget ? this.#widget.wake() : this.arrive();
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(style);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#cover = this.cover();
    this.#cover.lang = this.spoken;
    root.append(this.#cover);
    this.arrive();
  }

  /** Being moved within the page is not leaving it. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#widget?.rest());
  }

  attributeChangedCallback(name, before, now) {
    if (!this.#cover) return;
    if (name === "token" && before !== now) this.arrive();
    this.#cover.lang = this.spoken;
    this.repaint?.(this.#cover);
    this.#widget?.changed(this.key, this.origin);
    if (this.#widget && name === "language") this.#speak();
  }

  /** Where the tab remembers the order that is being paid here; an element that only shows one has no such place. */
  get key() {
    return "";
  }

  /**
   * Runs the WebAssembly for this element, as long as it is in the page.
   * @param {"press" | "back" | "ahead"} why `press`: the customer is waiting. `back`: an order is to be shown, so a bad connection
   *   is given some time. `ahead`: nobody is waiting, so it may pass unseen.
   */
  async wasm(why) {
    const language = this.spoken;
    try {
      const [[app, theme], words] = await (why === "back" ? patiently : load)(language);
      if (why === "ahead" || !this.isConnected) return;
      if (this.#widget) return this.#widget;
      if (language !== this.spoken) return this.wasm(why);
      this.shadowRoot.adoptedStyleSheets = [sheet, theme];
      return (this.#widget = app.widget(this, this.#cover, this.key, this.origin, words));
    } catch (error) {
      if (why === "ahead" && !refused(error)) return;
      console.warn("kvitt: the payment window did not start:", error);
      this.failed(refused(error), why === "press");
    }
  }

  /** Goes on in the language of now; in the one before where the words of that cannot be had. */
  async #speak() {
    const language = this.spoken;
    const words = await speak(language).catch(() => {});
    if (words && language === this.spoken) this.#widget.speak(words);
  }

  /** Shows an order that exists. */
  async resume(token, sure) {
    (await this.wasm("back"))?.resume(token, sure);
  }

  /** Shows the page's own content instead of ours. */
  surrender(focus) {
    this.shadowRoot.replaceChildren(document.createElement("slot"));
    if (focus) (this.querySelector("[type=submit], button") ?? this.querySelector("a"))?.focus();
  }

  /** A framework may have set properties before the class was there to see it. */
  #adopt(property) {
    if (!Object.hasOwn(this, property)) return;
    const value = this[property];
    delete this[property];
    this[property] = value;
  }

  /** Lets each observed attribute be read and written as a property. */
  static reflect() {
    for (const name of this.observedAttributes) {
      Object.defineProperty(this.prototype, camel(name), {
        configurable: true,
        enumerable: true,
        get() {
          return this.getAttribute(name);
        },
        set(value) {
          if (value == null) this.removeAttribute(name);
          else this.setAttribute(name, value);
        },
      });
    }
  }
}
