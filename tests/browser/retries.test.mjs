/** The widget retries under one key: a lost answer, a lost retry and a busy proxy end in one order. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();
/** A phone shows no QR code, so it opens an order only on submit. */
const phone = { viewport: { width: 390, height: 844 } };

/** The idempotency keys of this browser's requests for a payment. */
function keysOf(shopper) {
  const keys = [];
  shopper.page.on("request", (request) => {
    if (request.method() === "POST" && /\/v1\/checkouts/.test(request.url())) keys.push(request.headers()["idempotency-key"]);
  });
  return keys;
}

/** The proxy processes the request, and its first answer is lost. */
async function losesFirstAnswer(shopper, path) {
  // With the loss the widget asks, by a request that is refused, whether the page gets the proxy's answers at all.
  shopper.expectsError(/ERR_CONNECTION_RESET|status of 400/);
  await shopper.page.route(
    path,
    async (route) => {
      assert.equal((await route.fetch()).status(), 201);
      await route.abort("connectionreset");
    },
    { times: 1 },
  );
}

for (const [name, asksAgain] of [
  ["tries again", (liv) => liv.presses("Try again")],
  [
    "goes back and pays",
    async (liv) => {
      await liv.presses("Back");
      await liv.presses("Pay with Vipps");
      await App.fillsIn(liv, { share: false, opened: true });
    },
  ],
]) {
  test(`a lost answer ${name}, and one order is paid`, async () => {
    const liv = await set.shopper(phone);
    const before = (await set.records.payments()).length;
    const keys = keysOf(liv);
    await losesFirstAnswer(liv, "**/v1/checkouts");
    await App.fillsIn(liv, { share: false });
    await liv.seesHeading("We cannot reach the shop");
    await asksAgain(liv);
    const app = await App.in(liv);
    const { reference } = await app.payment();
    assert.equal((await set.records.payments()).length, before + 1, "one order");
    assert.match(keys[0], /^[0-9a-f]{32}-$/);
    assert.deepEqual(keys, [keys[0], keys[0]]);
    await app.opensHere();
    await app.pays();
    await app.returns();
    await liv.seesHeading("Thank you for your order");
    await liv.readsOf(orderNumber(reference));
  });
}

test("a lost answer to a retry makes one attempt", async () => {
  const liv = await set.shopper();
  const { app, reference } = await App.startsFor(liv, { share: false });
  await app.opensHere();
  await app.cancels();
  await set.records.reaches(reference, "ABORTED");
  await app.returns();
  await liv.seesHeading("The payment was stopped");
  const before = (await set.records.payments()).length;
  await losesFirstAnswer(liv, "**/attempts");
  await liv.presses("Try again");
  await liv.seesHeading("We cannot reach the shop");
  await liv.presses("Try again");
  await App.in(liv);
  assert.equal((await set.records.payments()).length, before + 1);
});

test("an unanswered first request is continued by the stream", async () => {
  const liv = await set.shopper();
  await liv.opens("/");
  await liv.presses("Pay with Vipps");
  await liv.sees("Or scan with your phone’s camera, and pay there.");
  const before = (await set.records.payments()).length;
  await losesFirstAnswer(liv, "**/attempts");
  await App.fillsIn(liv, { share: false, opened: true });
  await App.in(liv);
  assert.equal((await set.records.payments()).length, before + 1);
});

test("a changed cart opens another order", async () => {
  const liv = await set.shopper(phone);
  const keys = keysOf(liv);
  await losesFirstAnswer(liv, "**/v1/checkouts");
  await App.fillsIn(liv, { share: false });
  await liv.seesHeading("We cannot reach the shop");
  await liv.presses("Back");
  await liv.presses("Pay with Vipps");
  await App.fillsIn(liv, { share: true, opened: true });
  await App.in(liv);
  assert.equal(new Set(keys).size, 2, "the changed cart has its own key");
});

/** The answer of a busy proxy. */
const busy = (seconds, trace) => ({
  status: 429,
  headers: { "retry-after": `${seconds}` },
  contentType: "application/problem+json",
  body: JSON.stringify({ status: 429, code: "rate_limited", title: "Too many requests", trace_id: trace }),
});

test("Retry-After is respected up to a limit, and longer waits are shown", async () => {
  const liv = await set.shopper(phone);
  liv.expectsError(/status of 429/);
  const keys = keysOf(liv);
  await liv.page.route("**/v1/checkouts", (route) => route.fulfill(busy(1, "first")), { times: 1 });
  await App.fillsIn(liv, { share: false });
  await App.in(liv);
  assert.deepEqual(keys, [keys[0], keys[0]], "retried automatically");

  const odd = await set.shopper();
  odd.expectsError(/status of 429/);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  await odd.page.route("**/v1/cart*", (route) => route.fulfill(busy(60, trace)));
  await odd.opens("/");
  await odd.presses("Pay with Vipps");
  await odd.seesHeading("The shop cannot answer just now");
  await odd.readsOf(`Trace id: ${trace}`);
  assert.equal(await odd.page.getByText(trace, { exact: true }).evaluate((id) => getComputedStyle(id).userSelect), "all");
  await odd.looksAround("trouble-busy");
});
