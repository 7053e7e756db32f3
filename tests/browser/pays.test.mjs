/** A payment in one browser, from the product to the confirmation, with the requests that Vipps MobilePay received. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();

/** The order as the widget shows it before and after the payment: lines, total, and the VAT of each rate. */
const order = [
  "Stoneware mug 2 × NOK 249.00 NOK 498.00",
  "Loose-leaf tea, 100 g 1 × NOK 89.00 NOK 89.00",
  "Total NOK 587.00",
  "of which VAT 25% NOK 99.60",
  "of which VAT 15% NOK 11.61",
];

test("pays, shares the number, and reads the order confirmed", async () => {
  const kari = await set.shopper();
  await kari.opens("/mug.html");
  await kari.looksAround("product");
  await kari.follows("Go to the cart");
  await kari.seesButton("Pay with Vipps");
  await kari.looksAround("shop");

  await kari.presses("Pay with Vipps");
  await kari.readsOf("Your order", ...order);
  await kari.ticks(/I accept the terms of sale/);
  await kari.ticks(/Share my phone number with Nordlys Keramikk/);
  await kari.looksAround("start");
  await kari.presses("Pay with Vipps");

  const app = await App.in(kari);
  const { reference } = await app.payment();
  await kari.looksAround("landing");
  await app.opensHere();
  await kari.looksAround("consent");
  await app.shares();
  await kari.looksAround("app");
  await app.looksAtTheDetails(/2\s× Stoneware mug 498,00\skr/, /Loose-leaf tea, 100 g 89,00\skr/, /Total 587,00\skr/);
  await app.pays();
  await kari.looksAround("paid");
  await app.returns();

  await kari.isAt(set.shop, "/return.html");
  await kari.seesHeading("Thank you for your order");
  await kari.readsOf(orderNumber(reference), "NOK 587.00 is reserved for Nordlys Keramikk", ...order, /Shared, ending in ··67/);
  await kari.looksAround("confirmation");

  const payment = await set.records.payment(reference);
  assert.equal(payment.state, "AUTHORIZED");
  assert.equal(payment.msn, "123456");
  assert.deepEqual(payment.amount, { currency: "NOK", value: 58700 });
  assert.equal(payment.request.profile.scope, "phoneNumber");
  assert.equal(payment.request.userFlow, "WEB_REDIRECT");
  assert.match(payment.request.returnUrl, new RegExp(`^${set.shop}/return/[A-Za-z0-9_-]{20,}$`));
  const lines = payment.receipt.orderLines;
  assert.deepEqual(lines.map((line) => [line.name, line.totalAmount, line.totalTaxAmount]), [
    ["Stoneware mug", 49800, 9960],
    ["Loose-leaf tea, 100 g", 8900, 1161],
  ]);

  const [created, ...more] = await set.records.received("POST", "/epayment/v1/payments");
  assert.deepEqual(more, [], "one submit, one payment");
  for (const name of ["name", "version", "plugin-name", "plugin-version"]) {
    assert.match(created.headers[`vipps-system-${name}`], /^.{1,30}$/);
  }
  assert.ok(created.headers["idempotency-key"]);
  assert.ok(
    kari.received.some(({ body }) => body.includes('"phone_number_ending":"67"')),
    "the recorded answers have the end of the number",
  );
});

test("the token leaves the address, and a reload still shows the order", async () => {
  const kari = await set.shopper();
  const { reference, returned } = await App.paysFor(kari, { share: false });
  assert.equal(kari.page.url(), `${set.shop}/return.html`);
  await kari.page.reload();
  await kari.seesHeading("Thank you for your order");
  await kari.readsOf(orderNumber(reference));

  // What else the address says, and what else the page keeps in its history, stays as it is.
  const token = returned.split("/").at(-1);
  const other = await set.shopper();
  await other.page.addInitScript(() => history.state ?? history.replaceState({ own: 1 }, ""));
  await other.opens(`/return.html?navn=B%E6r&kvitt=${token}&flag#top`);
  await other.seesHeading("Thank you for your order");
  assert.equal(other.page.url(), `${set.shop}/return.html?navn=B%E6r&flag#top`);
  assert.deepEqual(await other.page.evaluate(() => history.state), { own: 1, kvitt: token });
  await other.opens("/mug.html");
  await other.goesBack();
  await other.seesHeading("Thank you for your order");

  // A visit of its own shows no order.
  await other.opens("/");
  await other.opens("/return.html");
  await other.page.evaluate(() => customElements.whenDefined("kvitt-confirmation"));
  await other.sees("Your order shows here");
  assert.equal(await other.page.getByText(orderNumber(reference)).count(), 0);
});

test("the token stays in the address where the widget cannot run, for the link to the proxy's page", async () => {
  const kari = await set.shopper();
  const { reference, returned } = await App.paysFor(kari, { share: false });
  const other = await set.shopper();
  other.expectsError(/ERR_FAILED|did not start/);
  await other.page.addInitScript(() => delete globalThis.WebAssembly);
  await other.opens(returned);
  await other.follows("Show the order on a page without JavaScript");
  await other.isAt(set.shop, "/pay/");
  await other.seesHeading("Thank you for your order");
  await other.readsOf(orderNumber(reference));
});

test("returns in another browser", async () => {
  const kari = await set.shopper();
  const { returned } = await App.paysFor(kari, { share: false });

  const other = await set.shopper();
  await other.opens(returned);
  await other.seesHeading("Thank you for your order");
  await other.readsOf("NOK 587.00 is reserved", "Not shared");

  other.expectsError(/404/);
  await other.opens("/return.html?kvitt=" + "A".repeat(43));
  await other.seesHeading("We cannot find this order");
  await other.looksAround("not-found");
  assert.equal(await other.opens("/return/" + "A".repeat(43)), 404);
  await other.readsOf("If you have paid, the payment is listed in the app.");
  await other.looksAround("not-found-page");
});
