/**
 * The stage of a test file: one demo (shop, proxy and emulator in one child process) and one Chromium, both stopped at the end.
 *
 * CHROMIUM names the browser (default: Debian's). The harness knows nothing of the tests. It never sleeps for a fixed time: it polls, and
 * fails loudly at its timeout.
 */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

import { ANY_NUMBER } from "./app.mjs";
import { Demo } from "./demo.mjs";
import { Records } from "./records.mjs";
import { artifacts } from "./until.mjs";
import { Shopper } from "./shopper.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium. The back/forward cache is on, as in a customer's browser. */
export const startsBrowser = () =>
  chromium.launch({ executablePath, args: flags, ignoreDefaultArgs: ["--disable-back-forward-cache"] });

/**
 * Sets the stage for all tests of the file that calls it.
 *
 * @param {{ args?: () => string[] | Promise<string[]> }} [options] `args` are arguments of `kvitt demo`
 */
export function stage({ args = () => [] } = {}) {
  const set = {
    /** The shop's origin, which is the proxy's too. */
    shop: "",
    /** The emulator's origin: the landing page and the phone. */
    vipps: "",
    /** @type {Records} */
    records: undefined,
    /** All that the demo has written to its outputs. */
    get log() {
      return demo?.log ?? "";
    },
    /** A new customer with a browser of their own. @returns {Promise<Shopper>} */
    async shopper(options) {
      const shopper = await Shopper.arrives(set, browser, options);
      shoppers.push(shopper);
      return shopper;
    },
    /** A member of the shop's staff, who may see a shared number. @returns {Promise<Shopper>} */
    async clerk(options) {
      const clerk = await Shopper.arrives(set, browser, options);
      clerks.push(clerk);
      return clerk;
    },
  };
  const shoppers = [];
  const clerks = [];
  let browser;
  let demo;

  before(async () => {
    await mkdir(artifacts, { recursive: true });
    demo = await Demo.starts(await args());
    set.shop = demo.shop;
    set.vipps = demo.vipps;
    set.records = new Records(set.vipps);
    browser = await startsBrowser();
  });

  after(async () => {
    await browser?.close();
    await demo?.stops();
    for (const { received, unexpected } of shoppers) {
      for (const { url, body } of received) assert.doesNotMatch(body, ANY_NUMBER, `a telephone number in ${url}`);
      assert.deepEqual(unexpected, [], "errors on the console of the shop's pages");
    }
    for (const { unexpected } of clerks) assert.deepEqual(unexpected, [], "errors on the console of the desk");
  });

  return set;
}
