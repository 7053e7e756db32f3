/** After the payment, and in other tabs: what a customer and the shop's analytics see on pages that stay open. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";
import { Packer } from "./packer.mjs";
import { until } from "./until.mjs";

const set = stage();

/** The shop's backend does something with an order. */
async function does(what, reference, body) {
  const headers = {
    authorization: `Bearer ${Packer.credentials(set).key}`,
    "content-type": "application/json",
    "idempotency-key": crypto.randomUUID(),
  };
  const address = `${set.shop}/v1/shop/orders/${reference}/${what}`;
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${what}: ${answer.status} ${await answer.text()}`);
}

const nok = (value) => ({ amount: { value, currency: "NOK" } });

/** Collects what the pages of a customer report as purchases. */
async function purchasesOf(shopper) {
  const purchases = [];
  await shopper.context.exposeFunction("reports", (detail) => purchases.push(detail));
  await shopper.context.addInitScript(() => addEventListener("kvitt-purchase", ({ detail }) => globalThis.reports(detail)));
  return purchases;
}

test("a confirmation on an open page shows what the shop does, without a reload", async () => {
  const kari = await set.shopper();
  const { reference } = await App.paysFor(kari, { share: false });
  await kari.readsOf("NOK 587.00 is reserved for Nordlys Keramikk");
  await kari.page.evaluate(() => (globalThis.sameDocument = true));

  await does("capture", reference, nok(58_700));
  await kari.readsOf("NOK 587.00 is paid to Nordlys Keramikk.");
  await does("category", reference, { category: "delivery", details_url: "https://post.example/parcel/1" });
  const parcel = kari.page.getByRole("link", { name: "Track the parcel" });
  await parcel.waitFor();
  assert.equal(await parcel.getAttribute("href"), "https://post.example/parcel/1");
  await kari.looksAround("shipped");
  await does("refund", reference, nok(8_900));
  await kari.readsOf("NOK 89.00 of the payment is refunded to you.");
  assert.ok(await kari.page.evaluate(() => globalThis.sameDocument));
});

test("a purchase is reported once, over reloads and browsers", async () => {
  const kari = await set.shopper();
  const purchases = await purchasesOf(kari);
  const { reference, returned } = await App.paysFor(kari, { share: false });
  await until("the purchase", () => purchases[0]);
  const { orderNumber, ...reported } = purchases[0];
  assert.ok(reference.startsWith(orderNumber), `${orderNumber} is the order of ${reference}`);
  assert.deepEqual(reported, {
    reference,
    value: 58_700,
    currency: "NOK",
    items: [
      { sku: "mug", name: "Stoneware mug", quantity: 2, total: 49_800 },
      { sku: "tea", name: "Loose-leaf tea, 100 g", quantity: 1, total: 8_900 },
    ],
  });

  const claims = (shopper) => shopper.received.filter(({ url }) => url.endsWith("/purchase")).map(({ body }) => JSON.parse(body).claimed);
  await kari.page.reload();
  await kari.seesHeading("Thank you for your order");
  await until("the second claim", () => claims(kari).length === 2);
  const ola = await set.shopper();
  const others = await purchasesOf(ola);
  await ola.opens(returned);
  await ola.seesHeading("Thank you for your order");
  await until("the claim of the other browser", () => claims(ola).length === 1);
  assert.deepEqual([claims(kari), claims(ola)], [[true, false], [false]]);
  assert.deepEqual([purchases.length, others.length], [1, 0]);
});

test("a state that was there before is told as replayed", async () => {
  const kari = await set.shopper();
  const states = [];
  await kari.context.exposeFunction("tells", (detail) => states.push(`${detail.state} ${detail.replayed}`));
  await kari.context.addInitScript(() => addEventListener("kvitt-state", ({ detail }) => globalThis.tells(detail)));
  await App.paysFor(kari, { share: false });
  await until("the state on the return page", () => states.includes("authorized true"));
  assert.match(states[0], / false$/);
  assert.equal(await kari.page.evaluate(() => document.querySelector("kvitt-confirmation").state), "authorized");
});

test("the tabs of one cart are one order", async () => {
  const kari = await set.shopper();
  await kari.opens("/");
  await kari.presses("Pay with Vipps");
  await kari.seesHeading("Your order");
  const second = await kari.opensATab();
  const before = (await set.records.received("POST", "/epayment/v1/payments")).length;
  const { app, reference } = await App.startsFor(second, { share: false });
  await kari.seesHeading("Complete the payment in Vipps");
  await app.opensHere();
  await app.pays();
  await app.returns();
  await second.seesHeading("Thank you for your order");
  await kari.seesHeading("Thank you for your order");
  await kari.readsOf(orderNumber(reference).replace(/-\d+$/, ""));
  assert.equal((await set.records.received("POST", "/epayment/v1/payments")).length, before + 1);
});

test("a tab that hears nothing of the other is answered with its order", async () => {
  // A phone shows no QR, so its start screen follows no order.
  const kari = await set.shopper({ viewport: { width: 390, height: 844 } });
  await kari.context.addInitScript(() => delete globalThis.BroadcastChannel);
  await kari.opens("/");
  await kari.presses("Pay with Vipps");
  await kari.seesHeading("Your order");
  const second = await kari.opensATab();
  const before = (await set.records.received("POST", "/epayment/v1/payments")).length;
  await App.paysFor(second, { share: false });
  await kari.ticks(/I accept the terms of sale/);
  await kari.presses("Pay with Vipps");
  await kari.seesHeading("Thank you for your order");
  assert.equal((await set.records.received("POST", "/epayment/v1/payments")).length, before + 1, "it is paid once");
});

test("the same cart can be bought again", async () => {
  const kari = await set.shopper({ viewport: { width: 390, height: 844 } });
  const { reference: first } = await App.paysFor(kari, { share: false });
  const { reference: second } = await App.paysFor(kari, { share: false });
  assert.notEqual(orderNumber(second), orderNumber(first));
  for (const reference of [first, second]) assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});

test("quick changes of the cart are one price request", async () => {
  const kari = await set.shopper();
  await kari.opens("/");
  await kari.presses("Pay with Vipps");
  await kari.seesHeading("Your order");
  const prices = () => kari.received.filter(({ url }) => url.includes("/v1/cart"));
  const before = prices().length;
  await kari.page.evaluate(() => {
    const element = document.querySelector("kvitt-checkout");
    element.removeAttribute("amount");
    for (let mugs = 1; mugs <= 24; mugs += 1) element.items = `mug:${mugs}`;
  });
  await kari.readsOf("Stoneware mug 24 × NOK 249.00 NOK 5,976.00");
  await until("the price", () => prices().length > before);
  assert.equal(prices().length, before + 1);
});
