/** The order desk: its login, every screen in every size, and its arithmetic. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { stage } from "./harness.mjs";
import { order, Packer } from "./packer.mjs";

const set = stage();

test("a key logs in, a wrong key does not, and a session ends with the logout", async () => {
  const clerk = await set.clerk();
  clerk.expectsError(/status of 401/);
  const answer = await clerk.page.goto(`${set.shop}/desk`);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'.*require-trusted-types-for 'script'/);
  assert.doesNotMatch(policy, /unsafe/);
  const field = clerk.page.getByLabel("Shop key");
  await field.waitFor();
  await clerk.looksAround("desk-login");
  await field.fill("kvitt_abcdefgh_wrong");
  await clerk.presses("Log in");
  await clerk.sees("The login was refused.");
  await clerk.looksAround("desk-login-wrong");
  const { key } = Packer.credentials(set);
  await field.fill(` ${key} `);
  await clerk.types("Enter");
  await clerk.seesHeading("Orders");
  assert.equal(await clerk.page.evaluate(() => document.cookie), "", "no script can read the session");
  const kept = await clerk.page.evaluate(() =>
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.body.textContent]),
  );
  assert.ok(!kept.includes(key.split("_")[2]), "the key is stored nowhere");
  await clerk.page.reload();
  await clerk.seesHeading("Orders");

  const [cookie] = await clerk.context.cookies();
  assert.ok(cookie.httpOnly && cookie.sameSite === "Strict", JSON.stringify(cookie));
  await clerk.presses("Log out");
  await clerk.sees("You have logged out.");
  await clerk.looksAround("desk-logged-out");
  await clerk.context.addCookies([cookie]);
  await clerk.page.reload();
  await field.waitFor();
});

test("a login link works once, by its button, and leaves the address", async () => {
  const { link } = Packer.credentials(set);
  const [siv, other] = [await set.clerk(), await set.clerk()];
  for (const clerk of [siv, other]) {
    clerk.expectsError(/status of 401/);
    // Opening the page does not use the link.
    await clerk.page.goto(link);
    await clerk.sees("This link opens the order desk once");
    assert.equal(new URL(clerk.page.url()).hash, "");
  }
  await siv.looksAround("desk-link");
  await siv.presses("Open the desk");
  await siv.seesHeading("Orders");
  await other.presses("Open the desk");
  await other.sees("A link is valid once");
  await other.looksAround("desk-link-used");
  await other.follows("Log in with a shop key");
  await other.page.getByLabel("Shop key").waitFor();
});

test("a link that is pasted into an open desk is shown too, and stays valid while the proxy does not answer", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  clerk.expectsError(/status of 503/);
  await page.evaluate(() => (location.hash = "#link=kvitt-of-tomorrow"));
  await clerk.sees("This link opens the order desk once");
  assert.equal(new URL(page.url()).hash, "");
  await page.route("**/desk/session", (route) => route.fulfill({ status: 503, json: { code: "busy", title: "Busy" } }));
  await clerk.presses("Open the desk");
  await clerk.sees("Nothing is lost. Try again shortly.");
  await page.unroute("**/desk/session");
  await clerk.presses("Open the desk");
  await clerk.sees("A link is valid once");
  assert.equal(await clerk.focus(), "Order desk", "the heading has the focus");
});

test("a session that ends shows the login, which returns to the same order", async () => {
  const siv = await Packer.atTheDesk(set);
  const { number } = await order(set);
  await siv.takes(number);
  await siv.clerk.context.clearCookies();
  // The next request ends the session's view, whether the user or the page sends it.
  await siv.page.evaluate(() => document.querySelector(".filter:last-child")?.click());
  await siv.clerk.sees("Your session has ended.");
  await siv.logsInWith(Packer.credentials(set).key);
  await siv.clerk.seesHeading(number);
});

test("the desk shows that the event stream, and then the proxy, does not answer", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  clerk.expectsError(/ERR_FAILED|status of 503/);
  await clerk.sees("Live");
  await page.route("**/v1/shop/events/stream", (route) => route.fulfill({ status: 503, json: { code: "busy", title: "Busy" } }));
  await page.reload();
  await clerk.sees("Every 5 s");
  const { number } = await order(set);
  await siv.row(number).waitFor();
  await page.route("**/*", (route) => route.abort());
  await clerk.sees("No connection");
  await page.unrouteAll();
  await clerk.sees("Live");
});

for (const [name, options] of [
  ["phone", { viewport: { width: 390, height: 844 } }],
  ["small", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ["dark", { colorScheme: "dark" }],
  ["forced-colours", { forcedColors: "active" }],
]) {
  test(`every screen, ${name}`, async () => {
    const [open] = [await order(set), await order(set, "reject"), await order(set, "")];
    const siv = await Packer.atTheDesk(set, options);
    const { clerk, page } = siv;
    await siv.row(open.number).waitFor();
    await clerk.looksAround(`desk-${name}-orders`);
    await clerk.presses("All");
    await clerk.sees("Being paid");
    await clerk.sees("Not approved");
    await clerk.looksAround(`desk-${name}-all`);
    await siv.takes(open.number);
    await clerk.looksAround(`desk-${name}-order`);
    await clerk.presses("Ship and capture");
    await clerk.looksAround(`desk-${name}-ship`);
    await siv.ticks("Stoneware mug", false);
    await siv.dialogButton("Capture NOK 89.00").click();
    await siv.isThrough();
    await clerk.readsOf("Part shipped");
    await clerk.looksAround(`desk-${name}-part`);
    for (const [way, heading] of [
      ["Request", "Request a payment"],
      ["Customers", "Customers"],
      ["Attention", "Attention"],
    ]) {
      await clerk.follows(way);
      await clerk.seesHeading(heading);
      await clerk.looksAround(`desk-${name}-${way.toLowerCase()}`);
    }
    await page.goBack();
    await clerk.seesHeading("Customers");
  });
}

/** A module of the desk that imports nothing. */
async function module(name) {
  const text = await readFile(new URL(`../../www/desk/${name}`, import.meta.url), "utf8");
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

test("the prices of pieces sum to the line's total however it is split", async () => {
  const { costOf, pieces, toCapture, toRefund } = await module("sums.js");
  for (const [total, quantity] of [
    [1_000, 3],
    [24_900, 7],
    [1, 5],
    [99_999, 13],
  ]) {
    const line = { total, quantity };
    let sum = 0;
    for (let gone = 0; gone < quantity; gone += 1) sum += costOf(line, 1, gone);
    assert.equal(sum, total, `${total} in ${quantity}`);
    assert.equal(costOf(line, 2) + costOf(line, quantity - 2, 2), total);
  }
  const operation = (kind, value, state, lines = []) => ({ kind, amount: { value }, state, lines });
  const operations = [
    operation("capture", 200, "done", [{ sku: "a", quantity: 3 }]),
    operation("capture", 100, "pending", [{ sku: "b", quantity: 1 }]),
    operation("capture", 700, "refused", [{ sku: "b", quantity: 1 }]),
    operation("refund", 50, "pending", [{ sku: "a", quantity: 1 }]),
  ];
  const order = {
    reference: "x-1",
    state: "authorized",
    aggregate: { authorized: 1_000, captured: 200, cancelled: 0, refunded: 0 },
    attempts: [{ reference: "x-1", operations }],
    // The same article on two lines: the first one is filled first.
    lines: [
      { sku: "a", quantity: 2 },
      { sku: "a", quantity: 2 },
      { sku: "b", quantity: 2 },
    ],
  };
  assert.deepEqual([toCapture(order), toRefund(order)], [700, 150]);
  assert.deepEqual(
    pieces(order).map(({ shipped, returned }) => [shipped, returned]),
    [
      [2, 1],
      [1, 0],
      [1, 0],
    ],
  );
});

test("an ambiguous amount is refused", async () => {
  const { minor } = await module("format.js");
  for (const [typed, value] of [
    ["249", 24_900],
    ["249,5", 24_950],
    ["249.05", 24_905],
    [" 1 249,00 ", 124_900],
    ["0.01", 1],
    ["1.249", undefined],
    ["1,249", undefined],
    ["1.249,00", undefined],
    ["-5", undefined],
    ["", undefined],
    ["12a", undefined],
    ["1e3", undefined],
    [".5", undefined],
  ]) {
    assert.equal(minor(typed), value, typed);
  }
});
