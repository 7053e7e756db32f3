/** The page that plays the proxy: `fetch` and `EventSource` replaced, everything that was asked written down. */
export class Props {
  answers = new Map();
  requests = [];
  sources = new Set();
  events = [];

  constructor() {
    const props = this;
    globalThis.fetch = async (request) => {
      const url = new URL(request.url);
      const key = request.headers.get("idempotency-key");
      props.requests.push({ url: url.pathname + url.search, key, body: await request.text() });
      const { status, body } = props.answers.get(request.method + url.pathname) ?? { status: 500, body: "" };
      if (!status) throw new TypeError("the network is gone");
      return new Response(body, { status, headers: { "content-type": "application/json" } });
    };
    globalThis.EventSource = class extends EventTarget {
      constructor(url) {
        super();
        this.url = url;
        props.sources.add(this);
      }
      close() {
        props.sources.delete(this);
      }
    };
    sessionStorage.clear();
    // The rest of the page is the test runner's.
    document.querySelector("#stage")?.remove();
    this.host = document.createElement("div");
    this.host.id = "stage";
    // A field of the page's own, and the element that the customer is at.
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
    for (const kind of ["open", "leave", "state", "trouble"]) {
      this.host.addEventListener("kvitt:" + kind, (event) => {
        this.events.push(event.type);
        event.preventDefault();
      });
    }
  }

  answer(method, path, status, body) {
    this.answers.set(method + path, { status, body });
  }

  stream(data) {
    for (const source of [...this.sources]) source.dispatchEvent(new MessageEvent("checkout", { data }));
  }

  asked(part) {
    return this.requests.some((request) => request.url.includes(part));
  }

  sent(part) {
    return this.requests.findLast((request) => request.url.includes(part) && request.body)?.body ?? "";
  }

  keys() {
    return this.requests.flatMap(({ key }) => key ?? []).join(" ");
  }

  listens(part) {
    return [...this.sources].some((source) => source.url.includes(part));
  }

  focused() {
    return this.root.activeElement?.className ?? "";
  }

  /** The customer is at something else in the page. */
  elsewhere() {
    this.field.focus();
  }

  /** A page that changes the element whenever the keyboard moves in it. */
  meddles(then) {
    for (const kind of ["focusin", "focusout", "blur"]) this.host.addEventListener(kind, then, true);
  }

  said() {
    return this.events.join(" ");
  }

  /** After everything that is on its way has arrived; nothing here takes real time. */
  settle() {
    return new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(0);
    });
  }

  async until(selector) {
    for (let turn = 0; turn < 1000; turn++) {
      if (this.root.querySelector(selector)) return true;
      await this.settle();
    }
    return false;
  }
}
