/** The phone number is requested only with the customer's consent, and a refusal costs no payment. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();

test("without consent nothing is requested or shared", async () => {
  const liv = await set.shopper();
  const { app, reference } = await App.startsFor(liv, { share: false });
  await app.opensHere();
  await app.pays();
  await app.returns();

  await liv.seesHeading("Thank you for your order");
  await liv.readsOf(orderNumber(reference), "Phone number Not shared");
  await liv.looksAround("confirmation-unshared");
  const payment = await set.records.payment(reference);
  assert.equal(payment.request.profile, undefined);
  assert.equal(payment.userDetails, undefined);
  assert.ok(!liv.received.some(({ body }) => body.includes('"phone_number_ending":')));
});

test("a customer who refuses in the app can pay without sharing", async () => {
  const liv = await set.shopper();
  const { app, reference: first } = await App.startsFor(liv, { share: true });
  await app.opensHere();
  await app.refusesToShare();
  await set.records.reaches(first, "ABORTED");
  await app.returns();

  await liv.seesHeading("The payment was stopped");
  await liv.readsOf("If you would rather not share your phone number, you can pay without it.");
  await liv.looksAround("trouble-unshared");
  await liv.presses("Pay without sharing my number");

  const again = await App.in(liv);
  const { reference: second } = await again.payment();
  assert.notEqual(second, first);
  await again.opensHere();
  await again.pays();
  await again.returns();

  await liv.seesHeading("Thank you for your order");
  await liv.readsOf(orderNumber(second), "Phone number Not shared");
  const payment = await set.records.payment(second);
  assert.equal(payment.state, "AUTHORIZED");
  assert.equal(payment.request.profile, undefined);
  assert.equal((await set.records.payment(first)).request.profile.scope, "phoneNumber");
});
