/** Brands, languages, the keyboard alone, dark mode and small phones. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { stage } from "./harness.mjs";

const set = stage();

/** MobilePay is renamed Vipps on 12 January 2027, so the expected name depends on the day. */
const mobilePay = Date.now() < Date.UTC(2027, 0, 11, 23) ? "MobilePay" : "Vipps";

test("brand and currency of each market", async () => {
  for (const [market, msn, total, ending] of [
    ["dk", "234567", { currency: "DKK", value: 42700 }, "78"],
    ["fi", "345678", { currency: "EUR", value: 5870 }, "67"],
  ]) {
    const ida = await set.shopper();
    await App.fillsIn(ida, { share: true, address: `/${market}.html`, caption: `Pay with ${mobilePay}` });
    const app = await App.in(ida);
    const { reference } = await app.payment();
    await ida.looksAround(`${market}-landing`);
    await app.opensHere();
    await ida.looksAround(`${market}-consent`);
    await app.shares();
    await ida.looksAround(`${market}-app`);
    await app.pays();
    await app.returns();
    await ida.seesHeading("Thank you for your order");
    await ida.readsOf(orderNumber(reference), `Paid with ${mobilePay}`, new RegExp(`ending in ··${ending}`));
    await ida.looksAround(`${market}-confirmation`);
    const payment = await set.records.payment(reference);
    assert.equal(payment.msn, msn);
    assert.deepEqual(payment.amount, total);
    await ida.leaves();
  }
});

test("the shop's own colours, whatever its variables are called", async () => {
  const ida = await set.shopper();
  ida.expectsError(/ERR_FAILED/);
  await ida.opens("/");
  await ida.seesButton("Pay with Vipps");
  // Nothing of the proxy answers: if its files did, the page's form would take over.
  await ida.page.route(/\/v1\/cart|\/pkg\/kvitt\.js/, (route) => route.abort());
  await ida.presses(/Pay with/);
  await ida.seesHeading("We cannot reach the shop");
  // The demo shop's own variables have the names of the widget's.
  const [seen, meant] = await ida.page.locator("kvitt-checkout .frame").evaluate((frame) => {
    const shop = getComputedStyle(document.documentElement);
    const style = getComputedStyle(frame);
    const probe = frame.ownerDocument.body.appendChild(document.createElement("i"));
    const colour = (name) => {
      probe.style.color = shop.getPropertyValue(name);
      return getComputedStyle(probe).color;
    };
    const seen = [style.color, style.backgroundColor, getComputedStyle(frame.querySelector(".cross")).backgroundColor];
    return [seen, ["--ink", "--card", "--paper"].map(colour)];
  });
  assert.deepEqual(seen, meant);
});

test("five languages", async () => {
  const amounts = new Set();
  for (const [language, button, heading, total] of [
    ["nb", "Betal med Vipps", "Din bestilling", "Totalt"],
    ["da", "Betal med Vipps", "Din bestilling", "I alt"],
    ["fi", "Maksa Vippsillä", "Tilauksesi", "Yhteensä"],
    ["sv", "Betala med Vipps", "Din beställning", "Totalt"],
    ["en", "Pay with Vipps", "Your order", "Total"],
  ]) {
    const ida = await set.shopper();
    await ida.opens("/");
    await ida.page.locator("kvitt-checkout").evaluate((element, language) => element.setAttribute("language", language), language);
    await ida.presses(button);
    await ida.seesHeading(heading);
    const amount = await ida.page.evaluate(
      (language) => new Intl.NumberFormat(language, { style: "currency", currency: "NOK" }).format(587).replace(/\s/g, " "),
      language,
    );
    amounts.add(amount);
    await ida.readsOf(`${total} ${amount}`);
    assert.equal(await ida.page.locator("kvitt-checkout button[part=button]").first().getAttribute("lang"), language);
    await ida.looksAround(`start-${language}`);
    await ida.leaves();
  }
  assert.ok(amounts.size >= 3, `each language has its own format: ${[...amounts].join(" | ")}`);
});

test("everything works by keyboard alone", async () => {
  const ida = await set.shopper();
  await ida.opens("/");
  await ida.tabsTo(/^Pay with Vipps$/);
  await ida.types("Enter");
  await ida.seesHeading("Your order");
  assert.match(await ida.focus(), /Your order/, "the new screen has the focus");
  await ida.tabsTo(/I accept the/);
  await ida.types("Space");
  await ida.tabsTo(/Share my phone number/);
  await ida.types("Space");
  await ida.tabsTo(/^Pay with Vipps$/);
  await ida.types("Enter");
  const app = await App.in(ida);
  const { reference } = await app.payment();
  await app.walksThroughByKeyboard();
  await ida.isAt(set.shop, "/return.html");
  await ida.seesHeading("Thank you for your order");
  assert.match(await ida.focus(), /^$|Thank you|Your order/);
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});

for (const [name, options] of [
  ["dark", { colorScheme: "dark" }],
  ["small", { viewport: { width: 320, height: 640 } }],
  ["small-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ["forced-colours", { forcedColors: "active" }],
]) {
  test(`every screen, ${name}`, async () => {
    const ida = await set.shopper(options);
    await ida.opens("/");
    await ida.seesButton("Pay with Vipps");
    await ida.looksAround(`${name}-shop`);
    await App.fillsIn(ida, { share: true, before: () => ida.looksAround(`${name}-start`) });
    const app = await App.in(ida);
    const { reference } = await app.payment();
    await ida.looksAround(`${name}-landing`);
    await app.opensHere();
    await ida.looksAround(`${name}-consent`);
    await app.shares();
    await ida.looksAround(`${name}-app`);
    await app.pays();
    await app.returns();
    await ida.seesHeading("Thank you for your order");
    await ida.readsOf(/Shared, ending in ··67/);
    await ida.looksAround(`${name}-confirmation`);
    await ida.opens("/terms.html");
    await ida.looksAround(`${name}-terms`);
    await ida.opens("/tea.html");
    await ida.looksAround(`${name}-tea`);

    const plain = await set.shopper({ ...options, javaScriptEnabled: false });
    await plain.opens((await app.payment()).request.returnUrl.replace("/return/", "/return.html?kvitt="));
    await plain.sees("the app you paid with");
    await plain.looksAround(`${name}-return-without-scripts`);
    await plain.follows("Show the order on a page without JavaScript");
    await plain.isAt(set.shop, "/pay/");
    await plain.seesHeading("Thank you for your order");
    await plain.readsOf(orderNumber(reference));
  });
}
