/** Payments that fail, each in its own way: the page says so, and offers a next step that works. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();

/** Tries again from the error screen, and pays. */
async function triesAgain(shopper, first) {
  await shopper.presses("Try again");
  const app = await App.in(shopper);
  const { reference } = await app.payment();
  assert.notEqual(reference, first, "another attempt has another reference");
  await app.opensHere();
  await app.pays();
  await app.returns();
  await shopper.seesHeading("Thank you for your order");
  await shopper.readsOf(orderNumber(reference));
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
}

test("rejected in the app", async () => {
  const per = await set.shopper();
  const { app, reference } = await App.startsFor(per, { share: false });
  await app.opensHere();
  await app.cancels();
  await set.records.reaches(reference, "ABORTED");
  await app.returns();
  await per.seesHeading("The payment was stopped");
  await per.readsOf("You have not paid anything.");
  await per.looksAround("trouble-rejected");
  await triesAgain(per, reference);
});

test("expired while waiting", async () => {
  const per = await set.shopper();
  const { app, reference } = await App.startsFor(per, { share: false });
  await app.opensHere();
  await app.letsItExpire();
  await set.records.reaches(reference, "EXPIRED");
  await app.returns();
  await per.seesHeading("The time ran out");
  await per.looksAround("trouble-expired");
  await triesAgain(per, reference);
});

test("cancelled from the waiting page", async () => {
  const per = await set.shopper();
  await per.page.addInitScript(() => addEventListener("kvitt:leave", (event) => event.preventDefault()));
  await App.fillsIn(per, { share: false });
  await per.seesHeading("Complete the payment in Vipps");
  const { reference } = await set.records.at(await per.page.getByRole("link", { name: "Open Vipps" }).getAttribute("href"));
  await per.presses("Cancel the payment");
  await per.seesHeading("The payment is cancelled");
  await per.looksAround("trouble-cancelled");
  await set.records.reaches(reference, "TERMINATED");
  const [cancel] = await set.records.received("POST", `/epayment/v1/payments/${reference}/cancel`);
  assert.equal(cancel.body.cancelTransactionOnly, true, "an approval in the same moment is not undone");
});

test("a price that differs from the page's", async () => {
  const per = await set.shopper();
  await per.opens("/");
  await per.page.locator("kvitt-checkout").evaluate((element) => element.setAttribute("amount", "55000"));
  await per.presses("Pay with Vipps");
  await per.seesHeading("The price has changed");
  await per.readsOf("Shown before NOK 550.00", "New total NOK 587.00");
  await per.looksAround("trouble-price");
  const before = (await set.records.payments()).length;
  await per.presses("Continue with the new price");
  await App.fillsIn(per, { share: false, opened: true });
  const app = await App.in(per);
  const { reference } = await app.payment();
  await app.opensHere();
  await app.pays();
  await app.returns();
  await per.readsOf(orderNumber(reference), "NOK 587.00 is reserved");
  assert.equal((await set.records.payment(reference)).amount.value, 58700);
  assert.equal((await set.records.payments()).length, before + 1, "nothing was created at the old price");
});

/** The next attempts on an order are refused: its time is over. */
async function lapses(shopper) {
  shopper.expectsError(/status of 409/);
  const body = JSON.stringify({ status: 409, code: "offer_ended", title: "The order can no longer be paid", trace_id: "a".repeat(32) });
  await shopper.page.route("**/attempts", (route) => route.fulfill({ status: 409, contentType: "application/problem+json", body }));
}

test("an order whose time is over is priced anew, and the terms are accepted anew", async () => {
  const per = await set.shopper();
  await per.page.addInitScript(() => addEventListener("kvitt:leave", (event) => event.preventDefault()));
  await App.fillsIn(per, { share: false });
  await per.seesHeading("Complete the payment in Vipps");
  const { reference } = await set.records.at(await per.page.getByRole("link", { name: "Open Vipps" }).getAttribute("href"));
  await per.presses("Cancel the payment");
  await per.seesHeading("The payment is cancelled");
  await lapses(per);
  await per.presses("Try again");
  await per.seesHeading("Your order");
  assert.equal(await per.page.getByRole("checkbox", { name: /I accept the terms/ }).isChecked(), false);
  await per.page.unroute("**/attempts");
  await App.fillsIn(per, { share: false, opened: true });
  await per.seesHeading("Complete the payment in Vipps");
  const again = await set.records.at(await per.page.getByRole("link", { name: "Open Vipps" }).getAttribute("href"));
  assert.notEqual(again.reference.replace(/-1$/, ""), reference.replace(/-1$/, ""), "another order, not another attempt");
});

test("an order whose time is over says so on the return page", async () => {
  const per = await set.shopper();
  const { app, reference } = await App.startsFor(per, { share: false });
  await app.opensHere();
  await app.cancels();
  await set.records.reaches(reference, "ABORTED");
  await app.returns();
  await per.seesHeading("The payment was stopped");
  await lapses(per);
  await per.presses("Try again");
  await per.seesHeading("This order cannot be paid here");
  assert.equal(await per.page.getByRole("checkbox").count(), 0, "nothing is asked where nothing can be tried again");
  await per.looksAround("trouble-ended");
});

for (const [name, kept] of [
  ["in the browser's cache", true],
  ["that is reloaded", false],
]) {
  test(`back from the landing page to a page ${name}`, async () => {
    const per = await set.shopper();
    // No browser caches a page with this listener.
    if (!kept) await per.page.addInitScript(() => addEventListener("unload", () => {}));
    const { reference } = await App.startsFor(per, { share: false });
    await per.goesBack();
    await set.records.reaches(reference, "ABORTED");
    await per.isAt(set.shop);
    await per.seesHeading("The payment was stopped");
    const fresh = await per.page.evaluate(() => performance.getEntriesByType("navigation")[0].type);
    assert.equal(fresh, kept ? "navigate" : "back_forward", "the page is cached or reloaded as this test needs");
    await per.looksAround("trouble-back");
    await triesAgain(per, reference);
  });
}

test("terms not accepted", async () => {
  const per = await set.shopper();
  const before = (await set.records.payments()).length;
  await per.opens("/");
  await per.presses("Pay with Vipps");
  await per.seesHeading("Your order");
  await per.presses("Pay with Vipps");
  await per.sees("Accept the terms of sale to go on.");
  assert.match(await per.focus(), /terms of sale/);
  await per.looksAround("start-terms-missing");
  assert.equal((await set.records.payments()).length, before);
});

test("the proxy is unreachable for a moment", async () => {
  const per = await set.shopper();
  per.expectsError(/ERR_CONNECTION_REFUSED/);
  await per.opens("/");
  await per.seesButton("Pay with Vipps");
  // Nothing of the proxy answers, also not a request that the browser lets any page make.
  const proxy = /\/v1\/cart|\/pkg\/kvitt\.js/;
  await per.page.route(proxy, (route) => route.abort("connectionrefused"));
  await per.presses("Pay with Vipps");
  await per.seesHeading("We cannot reach the shop");
  await per.looksAround("trouble-unreachable");
  await per.page.unroute(proxy);
  await per.presses("Try again");
  await per.seesHeading("Your order");
});

test("the code cannot be loaded for a moment while an order is pending", async () => {
  const per = await set.shopper();
  per.expectsError(/ERR_CONNECTION_REFUSED|the payment window did not start/);
  await per.page.addInitScript(() => addEventListener("kvitt:leave", (event) => event.preventDefault()));
  await App.fillsIn(per, { share: false });
  await per.seesHeading("Complete the payment in Vipps");
  let refused = 0;
  await per.page.route("**/app-*.js", (route) => (refused++ ? route.continue() : route.abort("connectionrefused")));
  await per.page.reload();
  await per.seesHeading("Complete the payment in Vipps");
  assert.ok(refused > 1, "the file was refused once, and requested again");
});
