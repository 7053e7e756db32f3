/** The files of the widget: which are loaded and when, and how the customer pays if one cannot be loaded. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App } from "./app.mjs";
import { stage } from "./harness.mjs";
import { until } from "./until.mjs";

const set = stage();

/** The widget's files that this browser has requested, without their hashes. */
function filesOf(shopper) {
  const files = [];
  shopper.page.on("request", (request) => {
    const [, name] = request.url().match(/\/pkg\/(.+)$/) ?? [];
    if (name) files.push(name.replace(/-[0-9a-f]{8}\./, "."));
  });
  return files;
}

/** Changes the language of the widget. */
const setLanguage = (shopper, language) =>
  shopper.page.locator("kvitt-checkout").evaluate((element, language) => element.setAttribute("language", language), language);

test("a page loads its own language alone, and all files in parallel", async () => {
  const nils = await set.shopper();
  const files = filesOf(nils);
  // No file is answered before all three are requested. One that waited for another would never load.
  for (const file of ["app-*.js", "kvitt-*.wasm", "words-*.js"]) {
    await nils.page.route(`**/pkg/${file}`, async (route) => {
      await until("the request for all files", () => ["app.js", "kvitt.wasm", "words.js"].every((name) => seen().includes(name)));
      await route.continue();
    });
  }
  const seen = () => files.map((name) => name.replace(/words-\w\w/, "words"));
  await nils.opens("/");
  await nils.presses("Pay with Vipps");
  await nils.seesHeading("Your order");
  assert.deepEqual([...files].sort(), ["app.js", "kvitt.js", "kvitt.wasm", "words-en.js"]);

  await setLanguage(nils, "nb");
  await nils.seesHeading("Din bestilling");
  assert.deepEqual(files.slice(4), ["words-nb.js"], "another language is loaded only on request");
});

test("the last requested language wins", async () => {
  const nils = await set.shopper();
  await nils.opens("/");
  await nils.presses("Pay with Vipps");
  await nils.seesHeading("Your order");
  let release;
  await nils.page.route("**/words-da-*.js", async (route) => {
    await new Promise((resolve) => (release = resolve));
    await route.continue();
  });
  await setLanguage(nils, "da");
  await until("the request for the Danish words", () => release);
  await setLanguage(nils, "fi");
  await nils.seesHeading("Tilauksesi");
  const danish = nils.page.waitForResponse(/words-da/);
  release();
  await danish;
  await nils.page.evaluate(() => import(performance.getEntriesByType("resource").find(({ name }) => /words-da/.test(name)).name));
  await nils.seesHeading("Tilauksesi");
});

test("without its words file the page keeps its language", async () => {
  const nils = await set.shopper();
  nils.expectsError(/ERR_FAILED/);
  await nils.opens("/");
  await nils.presses("Pay with Vipps");
  await nils.seesHeading("Your order");
  await nils.page.route("**/words-sv-*.js", (route) => route.abort());
  const failed = nils.page.waitForEvent("requestfailed");
  await setLanguage(nils, "sv");
  await failed;
  await nils.seesHeading("Your order");
  assert.equal(await nils.page.locator("kvitt-checkout .frame").getAttribute("lang"), "en");
});

for (const file of ["app-*.js", "kvitt-*.wasm", "words-*.js"]) {
  test(`without ${file} the form replaces the button and takes the focus`, async () => {
    const nils = await set.shopper();
    nils.expectsError(/ERR_FAILED|did not start/);
    await nils.page.route(`**/pkg/${file}`, (route) => route.abort());
    await nils.opens("/");
    await nils.tabsTo(/^Pay with Vipps$/);
    await nils.types("Enter");
    await nils.page.getByRole("checkbox", { name: /I accept the terms of sale/ }).waitFor();
    assert.equal(await nils.page.evaluate(() => document.activeElement.outerHTML.slice(0, 35)), '<button class="vipps" type="submit"');
    await nils.ticks(/I accept the terms of sale/);
    await nils.presses("Pay with Vipps");
    await App.in(nils);
  });
}

test("without a form the button says so, keeps the focus, and can be pressed again", async () => {
  const nils = await set.shopper();
  nils.expectsError(/ERR_FAILED|did not start/);
  await nils.page.route("**/pkg/words-*.js", (route) => route.abort());
  await nils.opens("/");
  await nils.page.locator("kvitt-checkout").evaluate((element) => {
    element.replaceChildren();
    element.addEventListener("kvitt:trouble", ({ detail }) => (globalThis.code = detail.code));
  });
  await nils.tabsTo(/^Pay with Vipps$/);
  await nils.types("Enter");
  await nils.sees("The payment could not be opened. Check your connection and try again.");
  assert.equal(await nils.page.evaluate(() => globalThis.code), "load_failed");
  assert.equal(await nils.focus(), "Pay with Vipps");
  await nils.looksAround("load-failed");
  await nils.page.unrouteAll();
  await nils.types("Enter");
  await nils.seesHeading("Your order");
  assert.equal(await nils.focus(), "Your order");
});

test("a single-page app restores a pending order, and shows a finished one on reload", async () => {
  const nils = await set.shopper();
  await nils.page.addInitScript(() => addEventListener("kvitt:leave", (event) => event.preventDefault()));
  // As a router does: the view is removed and built again in the same page.
  const rebuilds = () => nils.page.locator("kvitt-checkout").evaluate((element) => element.replaceWith(element.cloneNode(true)));
  await App.fillsIn(nils, { share: false });
  await nils.seesHeading("Complete the payment in Vipps");
  await rebuilds();
  await nils.seesHeading("Complete the payment in Vipps");
  await nils.presses("Cancel the payment");
  await nils.seesHeading("The payment is cancelled");
  await nils.page.reload();
  await nils.seesHeading("The payment is cancelled");
  await rebuilds();
  await nils.seesButton("Pay with Vipps");
  await nils.presses("Pay with Vipps");
  await nils.seesHeading("Your order");
});
