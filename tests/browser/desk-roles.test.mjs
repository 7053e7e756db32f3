/** The order desk with a login that may not do everything: it offers what the login may do, and the proxy refuses the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./harness.mjs";
import { money, order, Packer } from "./packer.mjs";

const set = stage();

/** The names of the buttons of the order that is open. */
const actions = (page) => page.locator(".order .actions button").allTextContents();

/** The status and the code of a request that the page itself sends. */
const asks = (page, path, body) =>
  page.evaluate(
    async ([path, body]) => {
      const headers = { "kvitt-desk": "person", "content-type": "application/json", "idempotency-key": `by hand ${path.length}`.replace(/ /g, "-") };
      const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      return [answer.status, (await answer.json()).code];
    },
    [path, body],
  );

test("a login that ships captures and releases, and finds no refund, no request and no erasure", async () => {
  const { number, reference } = await order(set);
  const siv = await Packer.atTheDesk(set, undefined, "ship");
  const { clerk, page } = siv;
  clerk.expectsError(/status of 403/);
  await clerk.sees("the packing table · Ships");
  const screens = page.getByRole("navigation", { name: "Desk" }).getByRole("link");
  assert.deepEqual(await screens.evaluateAll((links) => links.map((link) => link.dataset.way)), ["orders", "customers", "attention"]);
  await siv.takes(number);
  assert.deepEqual(await actions(page), ["Ship and capture…", "Cancel the order…"]);
  await clerk.presses("Ship and capture");
  await siv.ticks("Loose-leaf tea", false);
  await siv.dialogButton("Capture NOK 498.00").click();
  await siv.isThrough();
  await clerk.readsOf("Captured NOK 498.00", "by the packing table");
  assert.deepEqual(await actions(page), ["Ship and capture…", "Release the rest…"]);
  await clerk.looksAround("desk-ships");
  // The key of a refund opens nothing either, nor does its address.
  await clerk.types("f");
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.deepEqual(await asks(page, `/v1/shop/orders/${reference}/refund`, {}), [403, "role_not_allowed"]);
  await page.evaluate(() => (location.hash = "#/request"));
  await clerk.sees("Choose an order to see it here.");
  assert.equal(await page.getByText("Request a payment").count(), 0);
  assert.deepEqual(await money(set, reference), { captured: 49_800, cancelled: 0, refunded: 0 });
});

test("a login that reads changes nothing, and keeps what another login has submitted", async () => {
  const { number, reference } = await order(set);
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  clerk.expectsError(/ERR_FAILED|status of 403/);
  await page.route("**/capture", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await siv.takes(number);
  await clerk.presses("Ship and capture");
  await siv.dialogButton("Capture NOK 587.00").click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.unroute("**/capture");
  await clerk.types("Escape");
  await clerk.presses("Log out");

  await siv.logsInWith(Packer.credentials(set).read);
  await clerk.readsOf("accounts · Reads");
  await page.evaluate((reference) => (location.hash = `#/orders/${reference}`), reference);
  await clerk.readsOf("You submitted a capture, and there was no answer", "This login may not");
  assert.deepEqual(await actions(page), []);
  await clerk.looksAround("desk-reads");
  assert.deepEqual(await asks(page, `/v1/shop/orders/${reference}/cancel`, {}), [403, "role_not_allowed"]);
  await clerk.follows("Attention");
  await clerk.seesHeading("Attention");
  await clerk.looksAround("desk-reads-attention");

  await clerk.presses("Log out");
  await siv.logsInWith(Packer.credentials(set).key);
  await page.evaluate((reference) => (location.hash = `#/orders/${reference}`), reference);
  await clerk.presses("Retry");
  await siv.dialogButton("Capture NOK 587.00").click();
  await siv.isThrough();
  assert.deepEqual(await money(set, reference), { captured: 58_700, cancelled: 0, refunded: 0 });
  await clerk.readsOf("by demo");
  await page.locator(".timeline").scrollIntoViewIfNeeded();
  await clerk.looksAround("desk-by-whom");
});
