/** The order desk: a packer's work. The records of Vipps MobilePay are what the tests check. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App } from "./app.mjs";
import { stage } from "./harness.mjs";
import { callsOf, money, order, Packer } from "./packer.mjs";
import { until } from "./until.mjs";

const set = stage();

test("the packer's day: an order comes in, half of it is shipped, one line is returned, the rest is released", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  await clerk.sees("Live");
  await clerk.sees("Nothing to ship");
  await clerk.sees("Choose an order");
  await clerk.looksAround("desk-empty");

  // A customer pays in the shop, and the order appears by itself.
  const ida = await set.shopper();
  const { reference } = await App.paysFor(ida, { share: true });
  const number = reference.replace(/-\d+$/, "");
  await siv.row(number).waitFor();
  await siv.takes(number);
  await clerk.readsOf("To ship", "NOK 587.00", "Stoneware mug", "Ship and capture by");
  await clerk.looksAround("desk-order");

  // One mug of two is shipped. The button gets a double click.
  await clerk.presses("Ship and capture");
  await siv.ticks("Loose-leaf tea", false);
  await siv.counts("Stoneware mug", 1);
  await clerk.looksAround("desk-ship");
  await siv.dialogButton("Capture NOK 249.00").dblclick();
  await siv.isThrough();
  await clerk.readsOf("Part shipped", "Captured NOK 249.00", "1 × Stoneware mug");
  assert.deepEqual(await money(set, reference), { captured: 24_900, cancelled: 0, refunded: 0 });
  assert.deepEqual(await callsOf(set, reference, "capture"), { keys: 1, calls: 1 });
  await ida.page.reload();
  await ida.readsOf("NOK 249.00 is paid to Nordlys Keramikk so far.");

  // The tea goes out too, with a price of its own agreed with the customer, within what is left.
  await clerk.presses("Ship and capture");
  await siv.ticks("Stoneware mug", false);
  const amount = page.getByLabel("Amount in NOK");
  assert.equal(await amount.inputValue(), "89.00");
  for (const [typed, words] of [
    ["1.000", /without a thousands separator/],
    ["339", /There is NOK.338\.00 left/],
    ["0", /more than zero/],
  ]) {
    await amount.fill(typed);
    await clerk.sees(words);
    assert.equal(await siv.dialogButton(/^Capture/).getAttribute("aria-disabled"), "true", typed);
    await siv.dialogButton(/^Capture/).click({ force: true });
  }
  await amount.fill("80,50");
  await siv.dialogButton("Capture NOK 80.50").click();
  await siv.isThrough();
  assert.deepEqual(await money(set, reference), { captured: 32_950, cancelled: 0, refunded: 0 });

  // The mug comes back.
  await clerk.presses("Refund");
  await siv.ticks("Stoneware mug");
  await clerk.looksAround("desk-refund");
  await siv.dialogButton("Refund NOK 249.00").click();
  await siv.isThrough();
  await clerk.readsOf("Refunded NOK 249.00");
  assert.deepEqual(await money(set, reference), { captured: 32_950, cancelled: 0, refunded: 24_900 });

  // The other mug is sold out.
  await clerk.presses("Release the rest");
  await clerk.readsOf("NOK 257.50", "This cannot be undone");
  await clerk.looksAround("desk-release");
  await siv.dialogButton("Release NOK 257.50").click();
  await siv.isThrough();
  await clerk.readsOf("Part refunded", "Released NOK 257.50");
  assert.deepEqual(await money(set, reference), { captured: 32_950, cancelled: 25_750, refunded: 24_900 });
  assert.equal(await page.getByRole("button", { name: /Ship and capture|Release the rest/ }).count(), 0);
  await clerk.looksAround("desk-done");
  await clerk.sees("Nothing to ship");
  await clerk.presses("Done");
  await siv.row(number).waitFor();
});

test("a lost answer causes no second capture, whatever the packer does", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  clerk.expectsError(/ERR_FAILED|ERR_CONNECTION/);
  const [first, second] = [await order(set), await order(set)];

  // Lost once: the desk retries by itself.
  let lost = 0;
  await page.route("**/capture", async (route) => {
    if ((lost += 1) > 1) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await siv.takes(first.number);
  await clerk.presses("Ship and capture");
  await siv.dialogButton("Capture NOK 587.00").click();
  await siv.isThrough();
  await clerk.readsOf("Captured NOK 587.00");
  assert.equal(lost, 2);
  assert.deepEqual(await callsOf(set, first.reference, "capture"), { keys: 1, calls: 1 });

  // Lost every time: the desk says that the outcome is unknown, and keeps the submission over a reload.
  await page.unroute("**/capture");
  await page.route("**/capture", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await siv.takes(second.number);
  await clerk.presses("Ship and capture");
  await siv.ticks("Loose-leaf tea", false);
  await siv.dialogButton("Capture NOK 498.00").click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await clerk.sees("The outcome is unknown.");
  await clerk.looksAround("desk-unanswered");
  await page.unroute("**/capture");
  await page.reload();
  await clerk.readsOf("You submitted a capture, and there was no answer");
  await clerk.looksAround("desk-unanswered-note");
  await clerk.presses("Retry");
  await siv.dialogButton("Capture NOK 498.00").click();
  await siv.isThrough();
  assert.deepEqual(await callsOf(set, second.reference, "capture"), { keys: 1, calls: 1 });
  assert.deepEqual(await money(set, second.reference), { captured: 49_800, cancelled: 0, refunded: 0 });
  await clerk.readsOf("Part shipped");
  assert.equal(await page.getByText("there was no answer").count(), 0);
});

test("an unanswered capture blocks another one, also from a second tab", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  const { reference, number } = await order(set);
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route("**/capture", async (route) => {
    await held;
    await route.continue();
  });
  // The second tab has its dialog open already.
  const tab = await clerk.context.newPage();
  await tab.goto(`${set.shop}/desk#/orders/${reference}`);
  await tab.getByRole("button", { name: "Ship and capture" }).click();
  await tab.getByLabel("Amount in NOK").fill("100");

  await siv.takes(number);
  await clerk.presses("Ship and capture");
  await siv.ticks("Loose-leaf tea", false);
  await siv.counts("Stoneware mug", 1);
  await siv.dialogButton("Capture NOK 249.00").click();
  await clerk.types("Escape");
  await siv.isThrough();
  await clerk.presses("Ship and capture");
  await clerk.sees("the answer is pending");
  assert.equal(await page.getByLabel("Amount in NOK").count(), 0, "there is no field for another amount");
  await siv.dialogButton("Capture NOK 249.00").waitFor();
  await clerk.looksAround("desk-being-answered");

  await tab.getByRole("button", { name: /Capture NOK.100/ }).click();
  await tab.getByText("An earlier operation has no answer yet.").waitFor();
  assert.deepEqual(await callsOf(set, reference, "capture"), { keys: 0, calls: 0 });

  answer();
  await clerk.sees("The earlier operation was answered.");
  await clerk.sees(/Left to capture: NOK.338\.00/);
  assert.deepEqual(await money(set, reference), { captured: 24_900, cancelled: 0, refunded: 0 });
  await page.getByLabel("Amount in NOK").fill("100");
  await siv.dialogButton("Capture NOK 100.00").click();
  await siv.isThrough();
  assert.deepEqual(await money(set, reference), { captured: 34_900, cancelled: 0, refunded: 0 });
  assert.deepEqual(await callsOf(set, reference, "capture"), { keys: 2, calls: 2 });
});

test("an open dialog follows changes by someone else, and keeps a valid amount", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  const { reference, number } = await order(set);
  await siv.takes(number);
  await clerk.presses("Ship and capture");
  await page.getByLabel("Amount in NOK").fill("80.50");
  const { key } = Packer.credentials(set);
  const first = await fetch(`${set.shop}/v1/shop/orders/${reference}/capture`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "idempotency-key": "the-next-table", "content-type": "application/json" },
    body: JSON.stringify({ amount: { value: 24_900, currency: "NOK" }, lines: [{ sku: "mug", quantity: 1 }] }),
  });
  assert.equal(first.status, 200);
  await clerk.sees("This order was changed meanwhile.");
  await clerk.sees(/Left to capture: NOK.338\.00/);
  assert.equal(await page.getByLabel("Amount in NOK").inputValue(), "80.50");
  assert.equal(await page.getByLabel("How many of Stoneware mug").getAttribute("max"), "1");
  await clerk.looksAround("desk-overtaken");
});

test("an operation without an answer of Vipps MobilePay is shown as pending", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  const { reference, number } = await order(set);
  // Its answer says that it is pending, as it does when Vipps MobilePay takes long.
  let hold = true;
  const late = (shown) => {
    const { operations } = shown.attempts[0];
    if (!hold || operations.length === 0) return shown;
    shown.aggregate.captured = 0;
    Object.assign(operations[0], { state: "pending", settled_at_ms: undefined });
    return shown;
  };
  await page.route(`**/v1/shop/orders/${reference}**`, async (route) => {
    const answer = await route.fetch();
    const status = route.request().method() === "POST" && hold ? 202 : answer.status();
    await route.fulfill({ response: answer, status, json: late(await answer.json()) });
  });
  await siv.takes(number);
  await clerk.presses("Ship and capture");
  await siv.dialogButton("Capture NOK 587.00").click();
  await siv.isThrough();
  await clerk.readsOf("Pending", "Capture of NOK 587.00 is pending", "has not answered yet");
  assert.equal(await page.getByRole("button", { name: "Ship and capture" }).count(), 0);
  await clerk.looksAround("desk-pending");
  hold = false;
  await clerk.readsOf("Captured NOK 587.00", "Shipped");
});

test("a refusal of the proxy is shown in words, and can be corrected", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk } = siv;
  clerk.expectsError(/status of 409/);
  const { reference, number } = await order(set);
  // The desk does not know yet that someone else has captured.
  let old;
  await siv.page.route(`**/v1/shop/orders/${reference}`, async (route) => {
    const answer = await route.fetch();
    old ??= await answer.json();
    await route.fulfill({ response: answer, json: old });
  });
  await siv.page.route("**/capture", async (route) => {
    await siv.page.unroute(`**/v1/shop/orders/${reference}`);
    await route.continue();
  });
  await siv.takes(number);
  await clerk.presses("Ship and capture");
  const { key } = Packer.credentials(set);
  const first = await fetch(`${set.shop}/v1/shop/orders/${reference}/capture`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "idempotency-key": "the-other-table", "content-type": "application/json" },
    body: JSON.stringify({ amount: { value: 50_000, currency: "NOK" } }),
  });
  assert.equal(first.status, 200);
  await siv.dialogButton("Capture NOK 587.00").click();
  await clerk.sees("That is more than there is left.");
  await clerk.looksAround("desk-refused");
  await clerk.sees(/Left to capture: NOK.87\.00/);
  await siv.dialogButton("Capture NOK 87.00").click();
  await siv.isThrough();
  assert.equal((await money(set, reference)).captured, 58_700);
});

test("everything works by keyboard alone", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  const [older, newer] = [await order(set), await order(set)];
  await siv.row(newer.number).waitFor();
  await siv.row(older.number).waitFor();
  await clerk.types("j");
  await until("the newest has the focus", async () => (await clerk.focus()).includes(newer.number));
  await clerk.types("j");
  assert.match(await clerk.focus(), new RegExp(older.number));
  await clerk.types("k");
  await clerk.types("Enter");
  await clerk.seesHeading(newer.number);
  assert.equal(await clerk.focus(), newer.number, "the order's heading has the focus");
  await clerk.types("s");
  await page.getByRole("dialog").waitFor();
  await clerk.tabsTo(/^Capture NOK.587\.00$/);
  await clerk.types("Enter");
  await siv.isThrough();
  await clerk.readsOf("Captured NOK 587.00");
  assert.equal((await money(set, newer.reference)).captured, 58_700);

  await clerk.types("Escape");
  await clerk.sees("Choose an order");
  await clerk.types("/");
  await page.keyboard.type(older.number);
  await until("only one is found", async () => (await page.locator(".row").count()) === 1);
  await clerk.types("Escape");
  await clerk.types("Escape");
  await clerk.types("?");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await clerk.looksAround("desk-help");
  await page.getByRole("checkbox", { name: "Use single-key shortcuts" }).uncheck();
  await clerk.types("Escape");
  await clerk.types("/");
  assert.notEqual(await page.evaluate(() => document.activeElement.type), "search", "shortcuts are turned off");
});

test("a request at the counter: lines by hand, a QR for the customer's phone, and the paid order", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  await clerk.follows("Request");
  await clerk.seesHeading("Request a payment");
  await page.getByLabel("Item").fill("Stoneware mug");
  await page.getByLabel("How many").fill("2");
  await clerk.presses("Add a line");
  await page.getByLabel("Item").nth(1).fill("Engraving");
  await page.getByLabel("Price of one").nth(1).fill("50");
  await page.getByLabel("Description for the customer").fill("Two mugs with a name");
  await clerk.looksAround("desk-request");
  await clerk.presses("Make a link for NOK 548.00");
  await clerk.seesHeading("Scan to pay");
  const code = page.getByRole("img", { name: /QR code of the link to pay NOK.548\.00/ });
  await until("the code to be drawn", () => code.evaluate((image) => image.complete && image.naturalWidth > 0));
  await clerk.readsOf("Not paid yet", "Two mugs with a name", "Engraving");
  await clerk.looksAround("desk-requested");

  // The customer's phone.
  const ida = await set.shopper({ viewport: { width: 390, height: 844 } });
  await ida.opens(await page.locator(".requested a").getAttribute("href"));
  await ida.readsOf("Stoneware mug", "Engraving");
  await ida.ticks(/vilkår|terms/i);
  await ida.presses(/Pay with Vipps|Betal med Vipps/);
  const app = await App.in(ida);
  const { reference } = await app.payment();
  await app.opensHere();
  await app.pays();
  await clerk.readsOf("To ship", "Paid: the money is reserved");
  assert.equal(await page.getByText("Scan to pay").count(), 0);
  assert.equal((await set.records.payment(reference)).amount.value, 54_800);
  await clerk.presses("Ship and capture");
  await siv.dialogButton("Capture NOK 548.00").click();
  await siv.isThrough();
  assert.equal((await money(set, reference)).captured, 54_800);
});

test("a withdrawn request cannot be paid", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  await clerk.follows("Request");
  await page.getByLabel("Item").fill("Loose-leaf tea, 100 g");
  await clerk.presses("Make a link for NOK 89.00");
  await clerk.seesHeading("Scan to pay");
  const link = await page.locator(".requested a").getAttribute("href");
  await clerk.presses("Withdraw");
  await until("the code to disappear", async () => (await page.getByText("Scan to pay").count()) === 0);
  await clerk.looksAround("desk-withdrawn");
  const ida = await set.shopper();
  await ida.opens(link);
  await ida.seesHeading(/was cancelled|ble avbrutt/);
  assert.equal(await ida.page.getByRole("button", { name: /Betal med|Pay with/ }).count(), 0);
});

test("an unanswered request is retried under no other login", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  clerk.expectsError(/ERR_FAILED|ERR_CONNECTION/);
  let requests = 0;
  await page.route("**/v1/shop/payment-requests", (route) => ((requests += 1), route.abort()));
  await clerk.follows("Request");
  await page.getByLabel("Item").fill("Loose-leaf tea, 100 g");
  await clerk.presses("Make a link for NOK 89.00");
  await clerk.sees(/You requested NOK.89\.00 before/);
  const before = requests;
  // The next login is for one sales unit.
  await page.route("**/desk/session", async (route) => {
    const answer = await route.fetch();
    const known = await answer.json();
    await route.fulfill({ response: answer, json: { ...known, sales_unit: known.sales_units[0].name, sales_units: known.sales_units.slice(0, 1) } });
  });
  await page.reload();
  await clerk.sees("was requested under another login");
  assert.equal(await page.getByRole("button", { name: /Retry|Make a link/ }).count(), 0);
  await clerk.looksAround("desk-request-elsewhere");
  await page.unroute("**/desk/session");
  await page.reload();
  await page.unroute("**/v1/shop/payment-requests");
  await clerk.presses("Retry");
  await clerk.seesHeading("Scan to pay");
  assert.ok(before > 0 && requests === before, "nothing was sent under the other login");
});
