/**
 * The base class of both elements: the attributes, the shadow root, the cover that is visible until the WebAssembly runs, and the fallback
 * to the page's own content when it cannot run. It holds no state of the payment; `src/model.rs` does.
 */
import style from "kvitt-button";
import { languageOf } from "./captions.js";
import { isPermanent, load, loadWithRetries, loadWords } from "./load.js";

/** Where the script comes from: the proxy, which may be below a path. */
const scriptOrigin = import.meta.url.match(/^(.+)\/pkg\/[^/]+$/)?.[1] ?? new URL(import.meta.url).origin;
const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
let sheet;

export class KvittElement extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ["language", "proxy", "token"];

  /** The WebAssembly that runs this element, once it is loaded. */
  #widget;
  /** The pay button, or the slot, that is visible while no screen is. */
  #cover;

  /** The proxy's address; the script's origin unless the page gives another. */
  get origin() {
    return new URL(this.getAttribute("proxy") || scriptOrigin, document.baseURI).href.replace(/\/+$/, "");
  }

  /** The language of the texts: the attribute, or the nearest `lang`. */
  get locale() {
    return languageOf(this.getAttribute("language") || this.parentElement?.closest("[lang]")?.lang);
  }

  connectedCallback() {
    for (const name of this.constructor.observedAttributes) this.#adopt(camel(name));
    if (this.#cover) return this.#widget ? this.#widget.wake() : this.start();
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(style);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#cover = this.cover();
    this.#cover.lang = this.locale;
    root.append(this.#cover);
    this.start();
  }

  /** An element that is moved within the page is connected again by the next microtask. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#widget?.rest());
  }

  attributeChangedCallback(name, before, now) {
    if (!this.#cover) return;
    if (name === "token" && before !== now) this.start();
    this.#cover.lang = this.locale;
    this.repaint?.(this.#cover);
    this.#widget?.changed(this.key, this.origin);
    if (this.#widget && name === "language") this.#changeLanguage();
  }

  /** The key in the tab's storage for the order's token; empty for an element that only shows an order. */
  get key() {
    return "";
  }

  /**
   * Runs the WebAssembly for this element, if it is in the page.
   * @param {"press" | "resume" | "preload"} why `press`: the customer waits. `resume`: there is an order to show, so a failed load is
   *   retried. `preload`: only loads, and a failure is not shown.
   */
  async wasm(why) {
    const language = this.locale;
    try {
      const [[app, theme], words] = await (why === "resume" ? loadWithRetries : load)(language);
      if (why === "preload" || !this.isConnected) return;
      if (this.#widget) return this.#widget;
      if (language !== this.locale) return this.wasm(why);
      this.shadowRoot.adoptedStyleSheets = [sheet, theme];
      return (this.#widget = app.widget(this, this.#cover, this.key, this.origin, words));
    } catch (error) {
      if (why === "preload" && !isPermanent(error)) return;
      console.warn("kvitt: the payment window did not start:", error);
      this.failed(isPermanent(error), why === "press");
    }
  }

  /** Changes to the current language. If its texts cannot be loaded, the language stays. */
  async #changeLanguage() {
    const language = this.locale;
    const words = await loadWords(language).catch(() => {});
    if (words && language === this.locale) this.#widget.speak(words);
  }

  /** The token of the order that the customer comes back from: in the address, or beside it once `hideToken` has taken it out. */
  get returned() {
    return new URLSearchParams(location.search).get("kvitt") ?? history.state?.kvitt;
  }

  /** Shows an order that exists; with `showFinal` also when its state is final. */
  async resume(token, showFinal) {
    (await this.wasm("resume"))?.resume(token, showFinal);
  }

  /** Shows the page's own content. */
  fallBack(focus) {
    this.#widget?.rest();
    this.shadowRoot.replaceChildren(document.createElement("slot"));
    if (focus) (this.querySelector("[type=submit], button") ?? this.querySelector("a"))?.focus();
  }

  /** Applies a property that a framework set before the class was defined. */
  #adopt(property) {
    if (!Object.hasOwn(this, property)) return;
    const value = this[property];
    delete this[property];
    this[property] = value;
  }

  /** Defines a property for each observed attribute. */
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
