/**
 * The base class of both elements: the attributes, the shadow root, the cover that is visible until the WebAssembly runs, and the fallback
 * to the page's own content when it cannot run. It holds no state of the payment; `src/model.rs` does.
 */
import style from "kvitt-button";
import { home } from "kvitt-home";
import { languageOf } from "./captions.js";
import { isPermanent, load, loadWithRetries, loadWords } from "./load.js";

const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
let sheet;

export class KvittElement extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ["language", "proxy", "theme", "token"];

  /** The WebAssembly that runs this element, once it is loaded. */
  #widget;
  /** The pay button, or the slot, that is visible while no screen is. */
  #cover;
  /** What the last `kvitt-state` has told of its order. */
  #order;

  /** The proxy's address; the script's origin unless the page gives another. */
  get origin() {
    const proxy = this.getAttribute("proxy") || home;
    try {
      return new URL(proxy, document.baseURI).href.replace(/\/+$/, "");
    } catch {
      return proxy;
    }
  }

  /** The language of the texts: the attribute, or the nearest `lang`, also outside of the shadow root that the element is in. */
  get locale() {
    let tag = this.getAttribute("language");
    for (let node = this; node && !tag; node = node.parentNode ?? node.host) tag = node.lang;
    return languageOf(tag);
  }

  connectedCallback() {
    for (const name of this.constructor.observedAttributes) this.#adopt(name);
    if (this.#cover) {
      this.attributeChangedCallback("language");
      return this.#widget ? this.#widget.wake() : this.start();
    }
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync?.(style);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append((this.#cover = this.cover()));
    this.#cover.lang = this.locale;
    this.start();
  }

  /** An element that is moved within the page is connected again by the next microtask. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#widget?.rest());
  }

  /** The state of the order that the element shows; null without one. */
  get state() {
    return this.#order?.state ?? null;
  }

  /**
   * Tells the page of something, as `kvitt-NAME` and under the name that it had in 0.1. Who cancels either, cancels both.
   * @returns {boolean} whether the page did not cancel it
   */
  emit(name, detail, cancelable) {
    if (detail?.state || name === "open") this.#order = detail ?? undefined;
    // What becomes of a payment is not the page's doing.
    if (detail?.code && (this.#order?.state ?? "open") === "open") this.explain(detail.code);
    const events = ["kvitt:", "kvitt-"].map((prefix) => new CustomEvent(prefix + name, { bubbles: true, composed: true, cancelable, detail }));
    return events.filter((event) => !this.dispatchEvent(event)).length === 0;
  }

  /**
   * Says on the console what is wrong.
   * @param {string | Error} what the code of a trouble, or why a file was not loaded
   * @returns {Promise<string | undefined>} the sentence for the customer, if it is the shop's fault
   */
  async explain(what) {
    // Without a network there is no explanation.
    return (await import(TROUBLE_FILE).catch(() => {}))?.diagnose(this, what);
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
      this.failed(why === "press", this.explain(error));
    }
  }

  /** Changes to the current language. If its texts cannot be loaded, the language stays. */
  async #changeLanguage() {
    const language = this.locale;
    const words = await loadWords(language).catch(() => {});
    if (words && language === this.locale) this.#widget?.speak(words);
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
    this.#widget = undefined;
    this.shadowRoot.replaceChildren(document.createElement("slot"));
    if (focus) (this.querySelector("[type=submit], button") ?? this.querySelector("a"))?.focus();
  }

  /** Applies a property that a framework set before the class was defined, or that its server wrote in small letters. */
  #adopt(name) {
    const property = camel(name);
    const value = Object.hasOwn(this, property) ? this[property] : this.getAttribute(name) ?? this.getAttribute(property.toLowerCase());
    delete this[property];
    if (value !== this.getAttribute(name)) this[property] = value;
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
