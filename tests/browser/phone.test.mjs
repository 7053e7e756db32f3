/** The customer shops on one device and approves on another. The first page follows by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();

test("the landing page goes back to the shop once the phone has paid", async () => {
  const ola = await set.shopper();
  const { app: landing, reference } = await App.startsFor(ola, { share: true });
  await landing.sendsToThePhone();
  await ola.looksAround("landing-waiting");

  const phone = await set.shopper({ viewport: { width: 390, height: 844 } });
  const app = await App.onThePhone(phone);
  await phone.looksAround("phone");
  await app.takes(reference);
  await phone.looksAround("phone-consent");
  await app.shares();
  await phone.looksAround("phone-app");
  await app.pays();

  await ola.isAt(set.shop, "/return.html");
  await ola.seesHeading("Thank you for your order");
  await ola.readsOf(orderNumber(reference), /Shared, ending in ··67/);
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});

test("a page that stays open follows live", async () => {
  const ola = await set.shopper();
  await ola.page.addInitScript(() => addEventListener("kvitt:leave", (event) => event.preventDefault()));
  await App.fillsIn(ola, { share: true });
  await ola.seesHeading("Complete the payment in Vipps");
  await ola.readsOf("NOK 587.00", "10 minutes left to pay");
  await ola.looksAround("waiting");
  await ola.page.evaluate(() => (globalThis.sameDocument = true));
  const landing = await App.in(await ola.followsIntoATab("Open Vipps"));
  const { reference } = await landing.payment();
  await landing.sendsToThePhone();

  const phone = await set.shopper({ viewport: { width: 390, height: 844 } });
  const app = await App.onThePhone(phone);
  await app.takes(reference);
  await app.shares();
  await app.pays();

  await ola.seesHeading("Thank you for your order");
  await ola.readsOf(orderNumber(reference), /Shared, ending in ··67/);
  await ola.looksAround("confirmation-in-place");
  assert.ok(await ola.page.evaluate(() => globalThis.sameDocument), "the page was not reloaded");
  assert.ok(
    ola.received.some(({ url, body }) => url === "event stream" && body.includes('"state":"authorized"')),
    "the state came by the stream",
  );
  const [payment] = (await set.records.payments()).filter((payment) => payment.reference === reference);
  assert.equal(payment.state, "AUTHORIZED");
});
