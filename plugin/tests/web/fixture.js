/** A page with a fake proxy: it replaces `fetch` and `EventSource` and records every request. */
const later = globalThis.setTimeout.bind(globalThis);

export class FakePage {
  responses = new Map();
  requests = [];
  sources = new Set();
  events = [];

  constructor() {
    const page = this;
    globalThis.fetch = async (...sent) => {
      const request = new Request(...sent);
      const url = new URL(request.url);
      const key = request.headers.get("idempotency-key");
      page.requests.push({ url: url.pathname + url.search, key, body: await request.text() });
      const { status, body } = page.responses.get(request.method + url.pathname) ?? { status: 500, body: "" };
      if (!status) throw new TypeError("the network is gone");
      return new Response(body, { status, headers: { "content-type": "application/json" } });
    };
    globalThis.EventSource = class extends EventTarget {
      constructor(url) {
        super();
        this.url = url;
        page.sources.add(this);
      }
      close() {
        page.sources.delete(this);
      }
    };
    // What waits for less than a second need not wait here.
    globalThis.setTimeout = (callback, ms) => later(callback, ms < 1000 ? 0 : ms);
    sessionStorage.clear();
    localStorage.clear();
    // The rest of the page belongs to the test runner.
    document.querySelector("#fixture")?.remove();
    this.host = document.createElement("div");
    this.host.id = "fixture";
    // A field of the page, outside the element.
    this.field = document.createElement("input");
    document.querySelector("#field")?.remove();
    this.field.id = "field";
    document.body.append(this.field);
    document.activeElement?.blur();
    const attributes = { items: "mug:2,tea:1", amount: "58700", currency: "NOK", "sales-unit": "no", "return-url": "/return" };
    for (const [name, value] of Object.entries(attributes)) this.host.setAttribute(name, value);
    this.root = this.host.attachShadow({ mode: "open" });
    this.cover = document.createElement("button");
    this.root.append(this.cover);
    document.body.append(this.host);
    // The element's class dispatches events; this page cancels each.
    this.host.emit = (name) => {
      this.events.push(name);
      return false;
    };
  }

  respond(method, path, status, body) {
    this.responses.set(method + path, { status, body });
  }

  stream(data) {
    for (const source of [...this.sources]) source.dispatchEvent(new MessageEvent("checkout", { data }));
  }

  requested(part) {
    return this.requests.some((request) => request.url.includes(part));
  }

  bodyOf(part) {
    return this.requests.findLast((request) => request.url.includes(part) && request.body)?.body ?? "";
  }

  keys() {
    return this.requests.flatMap(({ key }) => key ?? []).join(" ");
  }

  hasStream(part) {
    return [...this.sources].some((source) => source.url.includes(part));
  }

  focused() {
    return this.root.activeElement?.className ?? "";
  }

  /** Moves the focus out of the element. */
  focusField() {
    this.field.focus();
  }

  /** Calls back whenever the focus moves in the element. */
  onFocusChange(callback) {
    for (const kind of ["focusin", "focusout", "blur"]) this.host.addEventListener(kind, callback, true);
  }

  eventNames() {
    return this.events.join(" ");
  }

  /** Waits until everything under way has arrived; nothing here takes real time. */
  settle() {
    return new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(0);
    });
  }

  until(selector) {
    return this.#eventually(() => this.root.querySelector(selector));
  }

  untilRequested(part) {
    return this.#eventually(() => this.requested(part));
  }

  async #eventually(look) {
    for (let turn = 0; turn < 1000; turn++) {
      if (look()) return true;
      await this.settle();
    }
    return false;
  }
}
