/**
 * A packer at the order desk, and the orders of the shop: the actions of the desk's tests.
 */
import assert from "node:assert/strict";

import { until } from "./until.mjs";

const MUG = { sku: "mug", quantity: 2 };
const TEA = { sku: "tea", quantity: 1 };

export class Packer {
  /** The login link and the keys that the demo prints: one for everything, one that ships, one that reads. */
  static credentials(set) {
    const [link, key, ship, read] = ["desk", "key", "ship", "read"].map((name) => set.log.match(new RegExp(`^${name}\\s+(\\S+)$`, "m"))?.[1]);
    assert.ok(link && key && ship && read, `the demo prints no login\n${set.log}`);
    return { link, key, ship, read };
  }

  /** A packer who has logged in with one of the shop's keys. */
  static async atTheDesk(set, options, role = "key") {
    const packer = new Packer();
    packer.set = set;
    packer.clerk = await set.clerk(options);
    // Without a session the proxy answers 401, which the browser writes to its console.
    packer.clerk.expectsError(/status of 401/);
    await packer.clerk.opens("/desk");
    await packer.logsInWith(Packer.credentials(set)[role]);
    await packer.clerk.page.getByRole("navigation", { name: "Desk" }).waitFor();
    return packer;
  }

  get page() {
    return this.clerk.page;
  }

  async logsInWith(key) {
    await this.page.getByLabel("Shop key").fill(key);
    await this.clerk.presses("Log in");
  }

  /** The row of an order in the list. */
  row(number) {
    return this.page.locator(`.row:has-text("${number}")`);
  }

  /** Opens an order of the list with the mouse. */
  async takes(number) {
    await this.row(number).click();
    await this.clerk.seesHeading(number);
  }

  /** A button of the open dialog, by its text. */
  dialogButton(name) {
    return this.page.getByRole("dialog").getByRole("button", { name });
  }

  async ticks(item, on = true) {
    await this.page.getByRole("dialog").getByRole("checkbox", { name: item }).setChecked(on);
  }

  async counts(item, pieces) {
    await this.page.getByLabel(`How many of ${item}`).fill(String(pieces));
  }

  async isThrough() {
    await until("the dialog to close", async () => (await this.page.getByRole("dialog").count()) === 0);
  }
}

/**
 * An order of two mugs and a tea, as the shop's page places it, and the action of its customer: `approve`, `reject`, or none yet.
 *
 * @returns {Promise<{ reference: string, number: string }>}
 */
export async function order(set, does = "approve") {
  const answer = await fetch(`${set.shop}/v1/checkouts`, {
    method: "POST",
    headers: { origin: set.shop, "content-type": "application/json" },
    body: JSON.stringify({
      items: [MUG, TEA],
      amount: { value: 58_700, currency: "NOK" },
      sales_unit: "no",
      terms_accepted: true,
      consent: { wording: "2026-11" },
      language: "nb",
    }),
  });
  const { reference } = await answer.json();
  assert.equal(answer.status, 201);
  if (does) {
    const path = `${set.vipps}/_emulator/payments/${reference}/${does}`;
    assert.ok((await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).ok, path);
  }
  return { reference, number: reference.replace(/-\d+$/, "") };
}

/** A payment's amounts, by the records of Vipps MobilePay. */
export async function money(set, reference) {
  const { aggregate } = await set.records.payment(reference);
  const value = (name) => aggregate[`${name}Amount`].value;
  return { captured: value("captured"), cancelled: value("cancelled"), refunded: value("refunded") };
}

/** The calls of an operation that Vipps MobilePay received for a payment: the number of keys, and of calls. */
export async function callsOf(set, reference, what) {
  const calls = await set.records.received("POST", `/epayment/v1/payments/${reference}/${what}`);
  return { keys: new Set(calls.map((call) => call.headers["idempotency-key"])).size, calls: calls.length };
}
