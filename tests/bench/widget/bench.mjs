/**
 * What a customer waits for on a phone: the widget beside the least that shows the same, and beside Adyen's library. README.md of the bench
 * says what is measured, and how. `cargo xtask bench widget` builds what takes part, and starts this.
 *
 * KVITT_BIN names the proxy's binary, CHROMIUM the browser. `--results FILE` is the document whose section is replaced.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem } from "node:os";
import { parseArgs } from "node:util";

import { Demo } from "../../browser/demo.mjs";
import { startsBrowser } from "../../browser/harness.mjs";
import { Records } from "../../browser/records.mjs";
import { until } from "../../browser/until.mjs";
import { startsFront } from "./front.mjs";
import { TITLE, section, table } from "./report.mjs";
import { watch } from "./watch.mjs";

const string = { type: "string" };
const { values: args } = parseArgs({ options: { results: string, commit: string, proxy: string, rounds: string } });
const rounds = Number(args.rounds);

/** A phone on a slow network. */
const SLOWER = 4;
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 1_600_000 / 8 };
/** The page itself notes the time, so looking for it may be slow. */
const PATIENT = { polling: 100, timeout: 60_000 };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: "en-GB" };

const names = ["kvitt", "vanilla", "adyen"];
let front, demo, browser, token;

/** An order that is paid. Returns its token. */
async function paidOrder() {
  const order = {
    items: [{ sku: "mug", quantity: 2 }, { sku: "tea", quantity: 1 }],
    amount: { value: 58_700, currency: "NOK" },
    terms_accepted: true,
  };
  const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  const answer = await fetch(`${demo.shop}/v1/checkouts`, { method: "POST", headers, body: JSON.stringify(order) });
  const { token, reference } = await answer.json();
  const records = new Records(demo.vipps);
  await until("the payment", () => records.payment(reference).catch(() => undefined));
  await records.approves(reference);
  const state = async () => (await (await fetch(`${demo.shop}/v1/checkouts/${token}`)).json()).state;
  await until("the order to be paid", async () => (await state()) === "authorized");
  return token;
}

/**
 * Opens a page in a new tab, slowed down. Returns the page, with `sees`: the milliseconds at which something was seen, from the navigation.
 */
async function opens(context, path, presses) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", NETWORK);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  const files = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (/\.(js|css|wasm)$/.test(pathname)) files.push([pathname, Number(response.headers()["content-length"])]);
  });
  await page.addInitScript(watch, presses);
  await page.goto(front.origin + path, { waitUntil: "commit" });
  const sees = async (what) => (await page.waitForFunction((what) => globalThis.seen?.[what], what, PATIENT)).jsonValue();
  return { page, files, sees };
}

/** One measurement of one who takes part: what it measured, by name. */
async function measures(name) {
  const context = await browser.newContext(PHONE);
  const measured = {};
  const startsToo = name !== "adyen";
  for (const kind of ["cold", "warm"]) {
    const { page, sees } = await opens(context, `/bench/${name}`, startsToo);
    measured[`button ${kind}`] = await sees("button");
    if (startsToo) measured[`start ${kind}`] = (await sees("start")) - (await sees("press"));
    await page.close();
  }
  await context.close();

  const idle = await browser.newContext(PHONE);
  const { page, files, sees } = await opens(idle, `/bench/${name}`, false);
  await sees("button");
  await page.waitForLoadState("networkidle");
  if (startsToo) {
    await page.evaluate(() => globalThis.presses());
    measured["start idle"] = (await sees("start")) - (await sees("press"));
  }
  measured.bytes = files.reduce((sum, [, bytes]) => sum + bytes, 0);
  await idle.close();

  if (startsToo) {
    const back = await browser.newContext(PHONE);
    for (const kind of ["cold", "warm"]) {
      const { page, sees } = await opens(back, `/bench/${name}-return?kvitt=${token}`, false);
      measured[`done ${kind}`] = await sees("done");
      await page.close();
    }
    await back.close();
  }
  return measured;
}

/** The head of the section: on what machine, with which versions. */
async function head(load) {
  const { version } = JSON.parse(await readFile(createRequire(import.meta.url).resolve("@adyen/adyen-web").replace(/\/dist\/.*/, "/package.json")));
  const [{ model }] = cpus();
  return [
    `- Machine: ${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; load of other work at the start ${load.toFixed(1)}`,
    `- Chromium ${browser.version()}, its processor ${SLOWER} times slower, ${NETWORK.latency} ms latency, 1.6 Mbit/s; Node.js ${process.version}`,
    `- Kvitt: commit ${args.commit}, the proxy ${args.proxy}; @adyen/adyen-web ${version}`,
    `- \`cargo xtask bench widget\`: medians of ${rounds} rounds with quartiles, in milliseconds; those who take part take turns`,
  ];
}

const [load] = loadavg();
try {
  front = await startsFront();
  demo = await Demo.starts(["--allow-origin", front.origin]);
  front.proxyIs(demo.shop);
  browser = await startsBrowser();
  token = await paidOrder();
  const results = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Each begins as often as the others.
    const turn = names.map((_, place) => names[(place + round) % names.length]);
    for (const name of turn) results.get(name).push(await measures(name));
    console.log(`round ${round + 1} of ${rounds}`);
  }
  const text = `${TITLE}\n\n${(await head(load)).join("\n")}\n\n${table(results)}`;
  console.log(`\n${text}`);
  if (args.results) await writeFile(args.results, section(await readFile(args.results, "utf8"), text));
} finally {
  await browser?.close();
  await demo?.stops();
  front?.stops();
}
