/** Payment requests: paid by a link on a phone, by a QR code, and in the app of a returning customer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";
import { Packer } from "./packer.mjs";
import { until } from "./until.mjs";

const set = stage();
const phone = { viewport: { width: 390, height: 844 } };

/** A request of the shop's backend to its proxy. */
async function shop(method, path, body, headers = {}) {
  const answer = await fetch(`${set.shop}/v1/shop/${path}`, {
    method,
    headers: { authorization: `Bearer ${Packer.credentials(set).key}`, "content-type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

async function requestsPayment(more = {}) {
  const line = { sku: "glaze", name: "A glaze of your own", quantity: 1, unit_price: 75_000, vat_rate: 2500 };
  const freight = { sku: "freight", name: "Sending it to you", quantity: 1, unit_price: 9_900, vat_rate: 2500, shipping: true };
  const cart = { lines: [line, freight], total: { value: 84_900, currency: "NOK" } };
  return shop("POST", "payment-requests", { cart, language: "en", ...more }, { "idempotency-key": crypto.randomUUID() });
}

async function becomes(reference, state) {
  return until(`${reference} is ${state}`, async () => {
    const order = await shop("GET", `orders/${reference}`);
    return order.state === state && order;
  });
}

test("a link is paid on a phone", async () => {
  const { request, reference } = await requestsPayment();
  const siri = await set.shopper(phone);
  assert.equal(await siri.opens(request.url), 200);
  await siri.seesHeading("To pay: NOK 849.00");
  await siri.readsOf("Nordlys Keramikk", "1 × A glaze of your own NOK 750.00", "Sending it to you", reference, /To be paid by \d/);
  await siri.looksAround("pay-page");
  await siri.ticks(/I accept the terms of sale/);
  await siri.ticks(/Share my phone number with Nordlys Keramikk/);
  await siri.presses("Pay with Vipps");
  const app = await App.in(siri);
  await app.opensHere();
  await app.shares();
  await app.pays();
  await app.returns();
  await siri.seesHeading("Thank you for your order");
  await siri.readsOf("Phone number ending in 67");
  await becomes(reference, "authorized");

  // The link shows that it is paid.
  const other = await set.shopper();
  await other.opens(request.url);
  await other.seesHeading("Thank you for your order");
  assert.equal(await other.page.getByRole("button").count(), 0);
  assert.equal((await set.records.payment(reference)).amount.value, 84_900);
});

test("a pay page shows what is missing, a failed attempt, and the end", async () => {
  const { request, reference } = await requestsPayment();
  const ola = await set.shopper({ javaScriptEnabled: false, colorScheme: "dark" });
  await ola.opens(request.url);
  await ola.looksAround("dark-pay-page");
  // The browser requires the terms. Without `required`, the page does.
  await ola.page.route(request.url, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll(" required", "") });
  });
  await ola.opens(request.url);
  ola.expectsError(/status of 422/);
  await ola.presses("Pay with Vipps");
  await ola.sees("Accept the terms of sale to go on.");
  await ola.ticks(/I accept the terms of sale/);
  await ola.presses("Pay with Vipps");
  const app = await App.in(ola);
  await app.opensHere();
  await app.cancels();
  await becomes(reference, "aborted");
  await ola.opens(request.url);
  await ola.sees("The last attempt was not completed. No money has been drawn.");
  await ola.looksAround("pay-page-again");
  await shop("POST", `payment-requests/${reference}/withdraw`, {}, {});
  await ola.opens(request.url);
  await ola.seesHeading("The payment was not approved");
});

test("a returning customer gets the next request in the app", async () => {
  const kari = await set.shopper();
  const { reference } = await App.paysFor(kari, { share: true });
  const { customer_id: id } = await until("the customer is known", async () => {
    const order = await shop("GET", `orders/${reference}`);
    return order.customer_id && order;
  });
  const { request, reference: next, state } = await requestsPayment({ customer: { id } });
  assert.equal(request.sent_by, "app");
  assert.equal(state, "created");
  const telephone = await set.shopper(phone);
  const app = await App.onThePhone(telephone);
  await telephone.page.locator('a[href^="/phone/payments/"]', { hasText: "849" }).click();
  await telephone.readsOf("849", "A glaze of your own");
  await app.pays();
  const paid = await becomes(next, "authorized");
  assert.equal(paid.customer_id, id);
  const recorded = await set.records.payment(next);
  assert.equal(recorded.request.userFlow, "PUSH_MESSAGE");
  assert.equal(recorded.request.profile, undefined);
});

test("a phone scans the QR, and the desktop follows to the confirmation", async () => {
  const before = (await set.records.payments()).length;
  const ola = await set.shopper();
  await ola.opens("/");
  await ola.presses("Pay with Vipps");
  await ola.seesHeading("Your order");
  await ola.sees("Or scan with your phone’s camera, and pay there.");
  const code = ola.page.locator("kvitt-checkout .code");
  await until("the picture", () => code.evaluate((image) => image.complete && image.naturalWidth > 0));
  await ola.looksAround("start-scan");
  assert.equal((await set.records.payments()).length, before, "no payment before the customer pays");

  const siri = await set.shopper(phone);
  await siri.opens((await code.getAttribute("src")).replace(/\/qr\.svg$/, ""));
  await siri.seesHeading("To pay: NOK 587.00");
  await siri.ticks(/I accept the terms of sale/);
  await siri.ticks(/Share my phone number with Nordlys Keramikk/);
  await siri.presses("Pay with Vipps");
  const app = await App.in(siri);
  const { reference } = await app.payment();
  await ola.seesHeading("Complete the payment in Vipps");
  await app.opensHere();
  await app.shares();
  await app.pays();
  await ola.seesHeading("Thank you for your order");
  await ola.readsOf(orderNumber(reference), /Shared, ending in ··67/);
  assert.equal((await set.records.payments()).length, before + 1, "one order, on two devices");
});

test("the desktop pays the order of its own QR", async () => {
  const ola = await set.shopper();
  await ola.opens("/");
  await ola.presses("Pay with Vipps");
  await ola.sees("Or scan with your phone’s camera, and pay there.");
  const token = (await ola.page.locator("kvitt-checkout .code").getAttribute("src")).match(/\/pay\/(.+)\/qr\.svg$/)[1];
  const { reference } = await App.startsFor(ola, { share: false, opened: true });
  const shown = await (await fetch(`${set.shop}/v1/checkouts/${token}`)).json();
  assert.equal(shown.reference, reference);
});
