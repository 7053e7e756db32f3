/** The stage of the journeys in one engine: a demo, a shop on an origin of its own, and browsers. All are stopped at the end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before } from "node:test";

import { Demo } from "../demo.mjs";
import { Records } from "../records.mjs";
import { artifacts } from "../until.mjs";
import { Customer } from "./customer.mjs";
import { Puppeteer } from "./puppeteer.mjs";
import { WebKit } from "./webkit.mjs";

/**
 * Sets the stage for all tests of the file that calls it.
 *
 * @param {"chromium" | "firefox" | "webkit"} name the engine
 */
export function stage(name) {
  const engine = name === "webkit" ? new WebKit() : new Puppeteer(name);
  const set = {
    /** The shop's origin, which is the proxy's too. */
    shop: "",
    /** The emulator's origin: the landing page and the phone. */
    vipps: "",
    /** The origin of another shop, whose pages are those of `pages`. */
    other: "",
    /** @type {Records} */
    records: undefined,
    /** A new customer with a browser of their own. What its console says is wrong is in `errors`. @returns {Promise<Customer>} */
    async customer(options = {}) {
      const errors = [];
      const customer = new Customer(set, await engine.opens(options, (error) => errors.push(error)), name);
      customers.push(customer);
      return Object.assign(customer, { errors });
    },
  };
  const customers = [];
  const server = createServer((request, response) => serves(set.shop, request, response));
  let demo;

  before(async () => {
    await mkdir(artifacts, { recursive: true });
    await once(server.listen(0, "127.0.0.1"), "listening");
    set.other = `http://127.0.0.1:${server.address().port}`;
    demo = await Demo.starts(["--allow-origin", set.other]);
    set.shop = demo.shop;
    set.vipps = demo.vipps;
    set.records = new Records(set.vipps);
  });

  after(async () => {
    await Promise.allSettled(customers.map((customer) => customer.leaves()));
    await engine.stops();
    server.close();
    server.closeAllConnections();
    await demo?.stops();
  });

  return set;
}

/**
 * What a browser can lack, and a script that takes it away. A page at `/without/NAME` of the other shop has the script before the widget's.
 */
export const missing = {
  "custom elements": "Object.defineProperty(globalThis, 'customElements', { value: undefined })",
  "constructed style sheets": "globalThis.CSSStyleSheet = class { constructor() { throw new TypeError('Illegal constructor'); } }",
  "Object.hasOwn": "delete Object.hasOwn",
  WebAssembly: "delete globalThis.WebAssembly",
  "AbortSignal.timeout": "delete AbortSignal.timeout",
};

/** Serves a page of the other shop. */
function serves(proxy, request, response) {
  const path = decodeURIComponent(request.url);
  const policy = `default-src 'none'; script-src ${proxy}; connect-src ${proxy}; img-src ${proxy}`;
  const feature = path.replace("/without/", "");
  const known = ["/", "/no-wasm"].includes(path) || feature in missing;
  response.writeHead(known ? 200 : 404, {
    "content-type": "text/html; charset=utf-8",
    ...(path === "/no-wasm" && { "content-security-policy": policy }),
  });
  const script = `<script>${missing[feature] ?? ""}</script><script type="module" src="${proxy}/pkg/kvitt.js"></script>`;
  response.end(`<!doctype html><html lang="en"><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Tea by the sea</title>
${script}<main><h1>Tea by the sea</h1>
<kvitt-checkout items="mug:2,tea:1" amount="58700" currency="NOK" market="NO" language="en">
<form method="post" action="${proxy}/pay">
<input type="hidden" name="items" value="mug:2,tea:1"><input type="hidden" name="amount" value="58700">
<input type="hidden" name="currency" value="NOK"><input type="hidden" name="language" value="en">
<label><input type="checkbox" name="terms_accepted" value="yes" required> I accept the terms of sale</label>
<button>Send the form</button>
</form></kvitt-checkout></main></html>`);
}
