/** Paying without scripts or WebAssembly: by the form in the widget's slot, and the proxy's own pages. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();
const plain = { javaScriptEnabled: false };

/** Accepts the terms, and submits the form. */
async function sendsTheForm(shopper, { share }) {
  await shopper.ticks(/I accept the terms of sale/);
  if (share) await shopper.ticks(/Share my phone number with Nordlys Keramikk/);
  await shopper.presses("Pay with Vipps");
}

/** Changes the shop's page in this browser. */
async function changesThePage(shopper, change) {
  await shopper.page.route(`${set.shop}/`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, ...change(await response.text(), response.headers()) });
  });
}

test("pays without scripts", async () => {
  const siri = await set.shopper(plain);
  await siri.opens("/");
  await siri.looksAround("plain-shop");
  await sendsTheForm(siri, { share: true });
  const app = await App.in(siri);
  const { reference, request } = await app.payment();
  assert.equal(request.profile.scope, "phoneNumber");
  await siri.looksAround("plain-landing");

  const early = await set.shopper(plain);
  assert.equal(await early.opens(request.returnUrl), 200);
  await early.seesHeading("Waiting for your approval");
  await early.looksAround("plain-waiting");

  await app.opensHere();
  await siri.looksAround("plain-consent");
  await app.shares();
  await app.pays();
  await app.returns();
  await siri.isAt(set.shop, "/return/");
  await siri.seesHeading("Thank you for your order");
  const order = ["2 × Stoneware mug NOK 498.00", "1 × Loose-leaf tea, 100 g NOK 89.00", "Total NOK 587.00"];
  await siri.readsOf(orderNumber(reference), ...order, "of which VAT 25% NOK 99.60", "of which VAT 15% NOK 11.61");
  // The page with the number is complete, and stops refreshing.
  await siri.readsOf("Phone number ending in 67");
  await siri.looksAround("plain-confirmation");
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");

  await early.seesHeading("Thank you for your order");
  await early.readsOf("Phone number ending in 67");
});

test("shows that a payment was rejected", async () => {
  const siri = await set.shopper(plain);
  await siri.opens("/");
  await sendsTheForm(siri, { share: false });
  const app = await App.in(siri);
  await app.opensHere();
  await app.cancels();
  await app.returns();
  await siri.isAt(set.shop, "/return/");
  await siri.seesHeading("The payment was not approved");
  await siri.looksAround("plain-rejected");
  await siri.follows("Back to the shop");
  await siri.seesButton("Pay with Vipps");
});

test("shows what is wrong with the form", async () => {
  const before = (await set.records.payments()).length;
  for (const [name, change, status, words] of [
    ["terms", (html) => html.replace(" required", ""), 422, "Accept the terms of sale to go on"],
    ["price", (html) => html.replaceAll('value="58700"', 'value="55000"'), 409, "New total NOK 587.00"],
    ["article", (html) => html.replaceAll('value="mug:2,tea:1"', 'value="anchor:1"'), 422, "This order cannot be paid here"],
  ]) {
    const siri = await set.shopper(plain);
    siri.expectsError(/status of 4/);
    await changesThePage(siri, (html) => ({ body: change(html) }));
    await siri.opens("/");
    if (name !== "terms") await siri.ticks(/I accept the terms of sale/);
    const answer = siri.page.waitForResponse(`${set.shop}/pay`);
    await siri.presses("Pay with Vipps");
    assert.equal((await answer).status(), status, name);
    await siri.readsOf(words, "You have not paid anything.");
    await siri.looksAround(`plain-problem-${name}`);
    await siri.follows("Back to the shop");
    await siri.seesButton("Pay with Vipps");
  }
  assert.equal((await set.records.payments()).length, before, "no payment was created");
});

test("pays where the page's policy refuses WebAssembly", async () => {
  const siri = await set.shopper();
  siri.expectsError(/WebAssembly|unsafe-eval|Content Security Policy|did not start/);
  await changesThePage(siri, (_, headers) => {
    const policy = headers["content-security-policy"];
    assert.match(policy, /'wasm-unsafe-eval'/);
    return { headers: { ...headers, "content-security-policy": policy.replace(" 'wasm-unsafe-eval'", "") } };
  });
  await siri.opens("/");
  await siri.ticks(/I accept the terms of sale/);
  await siri.looksAround("no-wasm");
  await siri.presses("Pay with Vipps");
  const app = await App.in(siri);
  const { reference } = await app.payment();
  await app.opensHere();
  await app.pays();
  await app.returns();
  await siri.isAt(set.shop, "/return/");
  await siri.seesHeading("Thank you for your order");
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});

test("pays by the form where the browser refuses the proxy's answers", async () => {
  const siri = await set.shopper();
  siri.expectsError(/ERR_FAILED|keeps the proxy's answers/);
  // As after a preflight that fails: the page gets no answer, and the proxy's files can be reached.
  await siri.page.route("**/v1/**", (route) => route.abort());
  await siri.opens("/");
  await siri.presses("Pay with Vipps");
  await siri.ticks(/I accept the terms of sale/);
  await siri.presses("Pay with Vipps");
  const app = await App.in(siri);
  const { reference } = await app.payment();
  await app.opensHere();
  await app.pays();
  await app.returns();
  await siri.isAt(set.shop, "/return/");
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});
