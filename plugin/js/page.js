/**
 * An element's page as the WebAssembly sees it: what happens there goes in by one call, and the methods from `draw` on carry out what follows.
 * The WebAssembly holds nothing of the page, so that an element that is removed can be collected.
 */
import { draw } from "./draw.js";

/** How long a request may take, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** What can happen; `src/app.rs` has the same numbers. */
const OPENED = 0;
const RESUMED = 1;
const CONFIGURED = 2;
const LANGUAGE_LOADED = 3;
const REACTIVATED = 4;
const DISCONNECTED = 5;
const CLICKED = 6;
const STREAMED = 7;
const STREAM_LOST = 8;
const TICKED = 9;
const ANSWERED = 10;
const STREAM_ENDED = 11;
const HIDDEN = 12;
const SHARED = 13;

/** The name of the cart's text in the browser's storage, before the proxy's address. */
const CART = "kvitt cart ";

/** For how long the attributes have to stay as they are before a changed order counts, in milliseconds. */
const SETTLED_MS = 250;

export class Page {
  /** The element's state in the WebAssembly. */
  widget;
  #host;
  #root;
  #cover;
  /** The key in the tab's storage, and the proxy's address. */
  #key;
  #origin;
  #stream;
  #timer;
  /** Runs until changed attributes have settled. */
  #settling;
  /** Tells the other tabs of orders that are being paid. */
  #channel;
  /** The answers that came while the page was being left. */
  #held;

  /**
   * @param {HTMLElement} host the element
   * @param {HTMLElement} cover what is visible while no screen is
   * @param {string} key the key in the tab's storage; empty for an element that only shows an order
   * @param {string} origin the proxy's address
   */
  constructor(host, cover, key, origin) {
    this.#host = host;
    this.#cover = cover;
    this.#root = cover.parentNode;
    this.#key = key;
    this.#origin = origin;
  }

  /** Connects the page with its state. */
  start(widget) {
    this.widget = widget;
    this.#listen("add");
  }

  /** The customer pressed the pay button. */
  open() {
    this.#settle();
    this.#tell(OPENED);
  }

  /** Shows an order that exists; with `showFinal` also when its state is final. */
  resume(token, showFinal) {
    this.#tell(RESUMED, { token, showFinal });
  }

  /** The attributes changed, and with them perhaps the key in the tab's storage and the proxy's address. */
  changed(key, origin) {
    this.#key = key;
    this.#origin = origin;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#settle(), SETTLED_MS);
  }

  /** Takes over what the attributes say now. */
  #settle() {
    clearTimeout(this.#settling);
    this.#tell(CONFIGURED, this.order());
  }

  /** Changes the language to that of a file of texts. */
  speak(words) {
    this.#tell(LANGUAGE_LOADED, { words });
  }

  /** The element is in the page again. */
  wake() {
    this.#listen("add");
    this.#settle();
    this.#release();
    this.#tell(REACTIVATED);
  }

  /** The element was removed from the page: its stream, timer and listeners end. */
  rest() {
    clearTimeout(this.#settling);
    this.#tell(DISCONNECTED);
    this.#listen("remove");
    clearTimeout(this.#timer);
  }

  /** Describes the order of the element, mostly by its attributes. The address to return to becomes absolute. */
  order() {
    const get = (name) => this.#host.getAttribute(name) || undefined;
    let returnUrl = get("return-url");
    try {
      returnUrl &&= new URL(returnUrl, document.baseURI).href;
    } catch {
      returnUrl = undefined;
    }
    return {
      key: this.#key,
      origin: this.#origin,
      cartId: cartId(this.#origin),
      items: get("items"),
      cart: get("cart"),
      amount: /^\d+$/.test(get("amount")) ? get("amount") : undefined,
      currency: get("currency")?.toUpperCase(),
      salesUnit: get("sales-unit"),
      returnUrl,
    };
  }

  handleEvent({ type, target, data }) {
    if (type == "click") {
      const button = target.closest("[data-do]");
      if (button) this.#tell(CLICKED, { name: button.dataset.do, ticked: button.checked });
    } else if (type == "checkout") this.#tell(STREAMED, parse(data));
    else if (type == "end") this.#tell(STREAM_ENDED);
    else if (type == "error") this.#tell(STREAM_LOST);
    else if (type == "message") data?.key == this.#key && this.#tell(SHARED, data);
    else if (type == "pagehide") {
      // What is cut off now says nothing of the network, and a channel could keep the page from coming back as it is.
      this.#held ??= [];
      this.#channel?.close();
    } else if (document.hidden) this.#tell(HIDDEN);
    else {
      if (type == "pageshow") this.#join();
      this.#release();
      this.#tell(REACTIVATED);
    }
  }

  /** Hands over the answers that came while the page was being left. */
  #release() {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) this.#tell(ANSWERED, answer);
  }

  /** Listens to the other tabs, if there is a cart. A browser that keeps nothing for this page may refuse. */
  #join() {
    this.#channel?.close();
    if (!this.#key) return;
    try {
      this.#channel = new BroadcastChannel("kvitt");
      this.#channel.onmessage = (event) => this.handleEvent(event);
    } catch {
      this.#channel = undefined;
    }
  }

  #listen(verb) {
    if (verb == "add") this.#join();
    else this.#channel?.close();
    verb += "EventListener";
    this.#root[verb]("click", this);
    document[verb]("visibilitychange", this);
    for (const name of ["online", "pageshow", "pagehide"]) window[verb](name, this);
  }

  #tell(what, value) {
    this.widget.happened(this, what, value);
  }

  /** Shows a screen instead of the cover, or the cover. With `anew` nothing of the screen before it stays. */
  draw(screen, locale, closed, anew) {
    this.#cover.hidden = !closed;
    if (anew) this.#root.querySelector(".frame")?.remove();
    draw(this.#root, this.#cover.nextSibling, screen, locale);
  }

  /** Gives the cover a class and a content. */
  cover(name, content) {
    this.#cover.className = name;
    draw(this.#cover, this.#cover.firstChild, content);
  }

  /** Moves the focus to the first element of the selector, or to the cover. */
  focus(selector) {
    (this.#root.querySelector(selector) ?? this.#cover).focus();
  }

  /** Whether the focus is on something in the page outside the element. */
  focusIsOutside() {
    return !this.#root.activeElement && !!document.querySelector(":focus");
  }

  /** Sends a request to the proxy. Its answer comes with its number; there is none if it cannot be read. */
  send(number, url, method, key, body) {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const options = body && { body: JSON.stringify(body), headers };
    Promise.resolve()
      .then(() => fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS), ...options }))
      .then((response) => response.json().then((json) => ({ number, response, json })))
      .catch(() => ({ number }))
      .then((answer) => (this.#held ? this.#held.push(answer) : this.#tell(ANSWERED, answer)));
  }

  /** Opens a stream instead of the one that is open; without an address there is none then. */
  listen(url) {
    this.#stream?.close();
    this.#stream = url ? new EventSource(url) : undefined;
    for (const name of ["checkout", "end", "error"]) this.#stream?.addEventListener(name, this);
  }

  /** Sets the timer instead of the one that is running. */
  tick(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(TICKED), afterMs);
  }

  /** Dispatches an event on the element. @returns {boolean} whether the page did not prevent its default */
  emit(name, detail, cancelable) {
    return this.#host.emit(name, detail, cancelable);
  }

  /** Goes to an address in the top-level window, also when the shop is in a frame. */
  leave(url) {
    try {
      top.location.href = url;
    } catch {
      // A frame may not be allowed to. The customer follows the link on the waiting screen.
    }
  }

  /** The customer's cart is bought: the next one is another. */
  forget() {
    try {
      localStorage.removeItem(CART + this.#origin);
    } catch {
      // There was nothing to forget.
    }
  }

  /** Stores an order's token for this tab; or removes it, unless another token has replaced it. */
  store(key, token, keep) {
    try {
      if (!key) return;
      if (keep) {
        sessionStorage.setItem(key, token);
        this.#channel?.postMessage({ key, token });
      } else if (sessionStorage.getItem(key) == token) sessionStorage.removeItem(key);
    } catch {
      // The tab has no storage, or the page is being left and tells nobody.
    }
  }

  print() {
    print();
  }
}

/**
 * The random text of the customer's cart, which all its tabs have: with it the proxy knows the order that another tab has opened. One for each
 * proxy; a purchase ends it. A page that may not store, or is not secure, has none.
 */
function cartId(origin) {
  try {
    const key = CART + origin;
    if (!localStorage.getItem(key)) localStorage.setItem(key, crypto.randomUUID());
    return localStorage.getItem(key);
  } catch {
    // Without it the tabs are orders of their own.
  }
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    // What cannot be read is ignored; the widget polls, too.
  }
}
