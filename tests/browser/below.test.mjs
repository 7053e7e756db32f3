/** Below a path of somebody's site, behind nginx with its defaults: the order desk, the documentation and the widget. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { startsProxy } from "./alone.mjs";
import { startsBrowser } from "./harness.mjs";
import { freeAddress, startsNginx } from "./nginx.mjs";
import { Shopper } from "./shopper.mjs";
import { artifacts } from "./until.mjs";

let nginx, proxy, browser, key, shop;
const people = [];

before(async () => {
  await mkdir(artifacts, { recursive: true });
  const address = await freeAddress();
  shop = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(product()));
  await once(shop.listen(0, "127.0.0.1"), "listening");
  shop.url = `http://127.0.0.1:${shop.address().port}`;
  proxy = await startsProxy(`allowed_origins = ["${shop.url}"]`, `http://${address}/kvitt`);
  nginx = await startsNginx(address, proxy.url);
  [key] = await proxy.runs("keys", "add", "office");
  browser = await startsBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stops();
  await proxy?.stops();
  shop?.close();
  for (const { unexpected } of people) assert.deepEqual(unexpected, [], "errors on the console");
});

/** A page of the shop, which is another origin than the proxy. */
const product = () => `<!doctype html><html lang="en"><title>Mug</title><link rel="icon" href="data:,"><main><h1>Mug</h1>
<script type="module" src="${nginx.url}/pkg/kvitt.js"></script>
<kvitt-checkout items="mug:1" amount="24900" currency="NOK" market="NO" language="en" return-url="${shop.url}/thanks"></kvitt-checkout></main></html>`;

/** Somebody with a browser. `asked` has what it asked for outside the path. */
async function somebody() {
  const one = await Shopper.arrives({ shop: nginx.url }, browser);
  people.push(one);
  one.asked = [];
  const { origin } = new URL(nginx.url);
  one.page.on("request", (request) => {
    const url = request.url();
    if (url.startsWith(origin) && !url.startsWith(`${nginx.url}/`)) one.asked.push(url);
  });
  return one;
}

test("a clerk works at the desk, and stays logged in after a reload", async () => {
  const clerk = await somebody();
  clerk.expectsError(/status of 401/);
  await clerk.page.goto(`${nginx.url}/desk`);
  await clerk.page.getByLabel("Shop key").fill(key);
  await clerk.presses("Log in");
  await clerk.seesHeading("Orders");
  await clerk.follows("Request");
  await clerk.page.getByLabel("Item").fill("Stoneware mug");
  await clerk.presses("Make a link for NOK 249.00");
  await clerk.seesHeading("Scan to pay");
  await clerk.page.reload();
  await clerk.seesHeading("Scan to pay");
  await clerk.looksAround("below-desk");
  const [cookie] = await clerk.context.cookies();
  assert.equal(cookie.path, "/kvitt");
  assert.deepEqual(clerk.asked, []);
});

test("a reader searches the documentation and follows what is found", async () => {
  const reader = await somebody();
  await reader.page.goto(`${nginx.url}/docs`);
  await reader.page.getByRole("combobox", { name: "Search the documentation" }).pressSequentially("signed cart");
  await reader.page.getByRole("listbox", { name: "Headings" }).getByRole("option").first().click();
  await reader.page.waitForURL(`${nginx.url}/docs/**`);
  assert.ok(await reader.page.locator("h1").isVisible());
  await reader.looksAround("below-docs");
  assert.deepEqual(reader.asked, []);
});

test("the widget on a shop's page asks below the path", async () => {
  const customer = await somebody();
  // The article's picture is a file of the demo, which a proxy alone does not serve.
  customer.expectsError(/ERR_BLOCKED_BY_RESPONSE/);
  await customer.page.goto(shop.url);
  await customer.presses("Pay with Vipps");
  await customer.seesHeading("Your order");
  assert.deepEqual(customer.asked, []);
});
