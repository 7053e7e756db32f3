/**
 * The stage of a test file: one demo (shop, proxy and emulator in one child process) and one Chromium, both stopped at the end.
 *
 * KVITT_BIN names the binary (default: the workspace's debug build), CHROMIUM the browser (default: Debian's). The harness knows nothing of
 * the tests. It never sleeps for a fixed time: it polls, and fails loudly at its timeout.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { ANY_NUMBER } from "./app.mjs";
import { Records } from "./records.mjs";
import { artifacts, until } from "./until.mjs";
import { Shopper } from "./shopper.mjs";

const workspace = new URL("../../", import.meta.url);
const binary = process.env.KVITT_BIN ?? fileURLToPath(new URL("target/debug/kvitt", workspace));
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
    log: "",
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
  let child;

  before(async () => {
    await mkdir(artifacts, { recursive: true });
    child = spawn(binary, ["demo", "--listen", "127.0.0.1:0", ...(await args())], { stdio: ["ignore", "pipe", "pipe"] });
    const exit = once(child, "exit").then(([code, signal]) => ({ code, signal }));
    const gone = exit.then((how) => assert.fail(`the demo ended at once: ${JSON.stringify(how)}\n${set.log}`));
    gone.catch(() => {});
    child.exit = exit;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (set.log += text));
    }
    const address = (name) => until(`the demo's ${name} address`, () => set.log.match(new RegExp(`^${name}\\s+(http://\\S+)$`, "m"))?.[1]);
    const [shop, phone] = await Promise.race([Promise.all([address("shop"), address("phone")]), gone]);
    set.shop = new URL(shop).origin;
    set.vipps = new URL(phone).origin;
    set.records = new Records(set.vipps);
    // The back/forward cache is on, as in a customer's browser.
    browser = await chromium.launch({ executablePath, args: flags, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  });

  after(async () => {
    await browser?.close();
    if (!child?.exit) return;
    child.kill("SIGINT");
    const { code } = await child.exit;
    assert.equal(code, 0, `the demo stopped cleanly\n${set.log}`);
    assert.doesNotMatch(set.log, /panicked/);
    assert.doesNotMatch(set.log, ANY_NUMBER, "a telephone number in the log");
    for (const { received, unexpected } of shoppers) {
      for (const { url, body } of received) assert.doesNotMatch(body, ANY_NUMBER, `a telephone number in ${url}`);
      assert.deepEqual(unexpected, [], "errors on the console of the shop's pages");
    }
    for (const { unexpected } of clerks) assert.deepEqual(unexpected, [], "errors on the console of the desk");
  });

  return set;
}
