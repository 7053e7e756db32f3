/** A shop on its own origin loads the widget from the proxy, and pays only if the proxy allows the origin. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";
import { named, site } from "./site.mjs";
import { until } from "./until.mjs";

const page = (name) => readFile(new URL(`../apps/tag/${name}.html`, import.meta.url), "utf8");
const pages = { "/": await page("index"), "/thanks": await page("thanks") };
const known = await shopOnItsOwn();
const stranger = await shopOnItsOwn();
const set = stage({ args: () => ["--allow-origin", known] });

/** Starts the shop of `tests/apps/tag` with a strict content security policy. Returns its origin. */
async function shopOnItsOwn() {
  const origin = await site((path) => {
    const page = pages[path];
    const policy = [
      `default-src 'none'; script-src ${set.shop} 'wasm-unsafe-eval'; connect-src ${set.shop}; img-src ${set.shop}`,
      "require-trusted-types-for 'script'; trusted-types 'none'",
    ].join("; ");
    return page && { body: named(page, set.shop, origin), headers: { "content-security-policy": policy } };
  });
  return origin;
}

test("a page on an allowed origin can pay", async () => {
  const eva = await set.shopper();
  await App.fillsIn(eva, { share: true, address: `${known}/` });
  const app = await App.in(eva);
  const { reference } = await app.payment();
  await app.opensHere();
  await app.shares();
  await app.pays();
  await app.returns();
  await eva.isAt(known, "/thanks");
  await eva.seesHeading("Thank you for your order");
  await eva.readsOf(orderNumber(reference), /Shared, ending in ··67/);
  await eva.looksAround("embedded-confirmation");
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});

test("a page on another origin cannot", async () => {
  const eva = await set.shopper();
  eva.expectsError(/CORS policy|ERR_FAILED|allowed_origins/);
  const before = (await set.records.payments()).length;
  await eva.opens(`${stranger}/`);
  await eva.presses("Pay with Vipps");
  await eva.seesHeading(/We cannot reach the shop|This order cannot be paid here/);
  await eva.looksAround("embedded-stranger");
  assert.equal((await set.records.payments()).length, before);
});

test("a cart that changes in the page is paid as shown", async () => {
  const eva = await set.shopper();
  await eva.opens(`${known}/`);
  // The first cart's price comes late, after the page has requested another.
  let late;
  await eva.page.route(/items=mug%3A2/, async (route) => {
    await new Promise((resolve) => (late = resolve));
    await route.continue();
  });
  await eva.presses("Pay with Vipps");
  await until("the request for the first price", () => late);
  const items = (value, amount) =>
    eva.page.locator("kvitt-checkout").evaluate((element, to) => Object.assign(element, to), { items: value, amount });
  await items(" mug:1, tea:1 ,", "33800");
  await eva.seesHeading("Your order");
  const answered = eva.page.waitForResponse(/items=mug%3A2/);
  late();
  await answered;
  // Had the late price won, this would be the screen about a changed price.
  await App.fillsIn(eva, { share: false, opened: true });
  const app = await App.in(eva);
  const payment = await app.payment();
  assert.equal((await set.records.payment(payment.reference)).amount.value, 33800);
});
