/**
 * What both elements are made of: attributes as the API, a shadow root, a cover that stands until the WebAssembly takes over, and
 * the way back to the page's own content when it cannot. It holds no state of the payment; that is in `src/model.rs`.
 */
import style from "kvitt-button";
import { languageOf } from "./captions.js";
import { load, refused } from "./load.js";

const here = new URL(import.meta.url).origin;
const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
let sheet;

export class KvittElement extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ["language", "proxy"];

  /** Set while the WebAssembly runs this element. */
  #widget;
  /** The button, or the slot, that is seen until then. */
  #cover;

  /** The proxy's address without a path; where the script came from unless the page says otherwise. */
  get origin() {
    return new URL(this.getAttribute("proxy") || here, document.baseURI).href.replace(/\/+$/, "");
  }

  get spoken() {
    return languageOf(this.getAttribute("language") || this.closest("[lang]")?.lang);
  }

  connectedCallback() {
    for (const name of this.constructor.observedAttributes) this.#adopt(camel(name));
    if (this.#cover) return this.#widget ? this.#widget.wake() : this.arrive();
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(style);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    if (!this.hasAttribute("lang")) this.lang = this.spoken;
    this.#cover = this.cover();
    root.append(this.#cover);
    this.arrive();
  }

  /** Being moved within the page is not leaving it. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#widget?.rest());
  }

  attributeChangedCallback(name) {
    if (!this.#cover) return;
    if (name === "language") this.lang = this.spoken;
    this.repaint?.(this.#cover);
    this.#widget?.changed(this.origin, this.spoken);
  }

  /** Runs the WebAssembly for this element. `quietly`: nobody is waiting for it, so a bad connection may pass unseen. */
  async wasm(quietly) {
    try {
      const { app, theme } = await load();
      if (this.#widget || quietly) return this.#widget;
      this.shadowRoot.adoptedStyleSheets = [sheet, theme];
      return (this.#widget = new app.Widget(this, this.#cover, this.key ?? "", this.origin, this.spoken));
    } catch (error) {
      if (quietly && !refused(error)) return;
      console.warn("kvitt: the payment window did not start:", error);
      this.failed(refused(error), quietly);
    }
  }

  /** Shows the page's own content instead of ours. */
  surrender(focus) {
    this.shadowRoot.replaceChildren(document.createElement("slot"));
    if (focus) this.querySelector("[type=submit], button, a")?.focus();
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
