/**
 * A customer with a browser: each action is a verb, and elements are named by their text on the screen.
 *
 * Elements are found by role and name, as by a screen reader, and every verb waits for its precondition. All that the shop's origin sends to
 * this browser, streams included, is recorded, so that a test can check what it must not contain.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { focused, written } from "./reading.mjs";
import { artifacts, TIMEOUT_MS, until } from "./until.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const standards = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

export class Shopper {
  /** What the shop's origin has sent to this browser: `{ url, status, body }`. */
  received = [];
  /** Errors and warnings on the console, and uncaught exceptions. */
  errors = [];
  #expected = [];
  #devtools;
  #options;

  /**
   * @param set the stage
   * @param browser
   * @param {import("playwright-core").BrowserContextOptions} [options]
   */
  static async arrives(set, browser, options) {
    const shopper = new Shopper();
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1100, height: 900 }, ...options });
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    Object.assign(shopper, { set, context, page });
    shopper.#options = options;
    await shopper.#records();
    return shopper;
  }

  async #records() {
    const { page, set } = this;
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.errors.push(message.text());
    });
    page.on("response", async (response) => {
      if (!response.url().startsWith(set.shop) || response.headers()["content-type"]?.startsWith("text/event-stream")) return;
      // A redirect has no body, and the body of a page that was left early cannot be read.
      const body = await response.text().catch(() => "");
      this.received.push({ url: response.url(), status: response.status(), body });
    });
    this.#devtools = await this.context.newCDPSession(page);
    await this.#devtools.send("Network.enable");
    this.#devtools.on("Network.eventSourceMessageReceived", ({ data }) => {
      this.received.push({ url: "event stream", status: 200, body: data });
    });
  }

  /** Errors that match are expected in this test. */
  expectsError(pattern) {
    this.#expected.push(pattern);
  }

  /** The errors that were not expected. */
  get unexpected() {
    return this.errors.filter((error) => !this.#expected.some((pattern) => pattern.test(error)));
  }

  /** Opens a page: a path of the shop, or a whole address. Returns the status. */
  async opens(address) {
    const answer = await this.page.goto(new URL(address, this.set.shop).href);
    return answer.status();
  }

  /** The address of the page. */
  address() {
    return this.page.url();
  }

  async goesBack() {
    // A cached page does not load again.
    await this.page.goBack({ waitUntil: "commit" });
  }

  async presses(name) {
    await this.page.getByRole("button", { name }).click();
  }

  async follows(name) {
    await this.page.getByRole("link", { name }).click();
  }

  /** Opens another tab in the same browser. Returns a customer with that tab. */
  async opensATab() {
    return Object.assign(new Shopper(), { set: this.set, context: this.context, page: await this.context.newPage() });
  }

  /** Follows a link that opens a tab. Returns a customer with that tab. */
  async followsIntoATab(name) {
    const opened = this.context.waitForEvent("page");
    await this.follows(name);
    return Object.assign(new Shopper(), { set: this.set, context: this.context, page: await opened });
  }

  async ticks(name) {
    await this.page.getByRole("checkbox", { name }).check();
  }

  /** Presses Tab until something with this name has the focus. */
  async tabsTo(name) {
    for (let presses = 0; presses < 60; presses += 1) {
      await this.page.keyboard.press("Tab");
      if (name.test(await this.focus())) return;
    }
    assert.fail(`${name} cannot be reached with the keyboard`);
  }

  /** The text of the focused element. */
  async focus() {
    return this.page.evaluate(focused);
  }

  async types(key) {
    await this.page.keyboard.press(key);
  }

  /** Waits until a text is on the screen. */
  async sees(text) {
    await this.page.getByText(text).first().waitFor();
  }

  async seesHeading(name) {
    await this.page.getByRole("heading", { name }).waitFor();
  }

  async seesButton(name) {
    await this.page.getByRole("button", { name }).waitFor();
  }

  /** Whether there is such a button now. */
  async hasButton(name) {
    return (await this.page.getByRole("button", { name }).count()) > 0;
  }

  /** Waits until the browser is at a page of this origin (and path). */
  async isAt(origin, path = "") {
    await this.page.waitForURL((url) => url.href.startsWith(origin + path), { waitUntil: "commit" });
  }

  /** All that is written on the page now, in the order of reading, with single spaces. */
  async reads() {
    return this.page.evaluate(written);
  }

  /** Waits until all of these are written on the page. */
  async readsOf(...texts) {
    let page = "";
    const all = async () => {
      // A page that refreshes while it is read is read again.
      page = await this.reads().catch((error) => {
        if (/context was destroyed/.test(error.message)) return "";
        throw error;
      });
      return texts.every((text) => (text instanceof RegExp ? text.test(page) : page.includes(text)));
    };
    await until(texts.join(" | "), all).catch((error) => {
      throw new Error(`${error.message}\nthe page says: ${page}`);
    });
    return page;
  }

  /** Takes a screenshot. The screen must fit its width, and break no accessibility rule. */
  async looksAround(name) {
    const { page } = this;
    await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true, animations: "disabled" });
    const { wide, scrolls } = await page.evaluate(() => ({
      wide: document.documentElement.clientWidth,
      scrolls: document.documentElement.scrollWidth,
    }));
    assert.ok(scrolls <= wide, `${name}: ${scrolls} px of page in ${wide} px of window`);
    const judged = this.#options?.javaScriptEnabled === false ? await this.#copy() : this;
    assert.deepEqual(await judged.#broken(), [], `${name}: accessibility`);
    if (judged !== this) await judged.leaves();
  }

  /** The axe rules that this screen breaks. axe runs in an isolated world, to which the page's policy does not apply. */
  async #broken() {
    const { frameTree } = await this.#devtools.send("Page.getFrameTree");
    const { executionContextId: contextId } = await this.#devtools.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
    const evaluates = async (expression) => {
      const how = { expression, contextId, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await this.#devtools.send("Runtime.evaluate", how);
      assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
      return result.value;
    };
    await evaluates(axe);
    return evaluates(`axe.run(document, { runOnly: ${JSON.stringify(standards)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary)))`);
  }

  /** The same page without its own scripts, in a browser with scripts: axe does not run without them. */
  async #copy() {
    const copy = await Shopper.arrives(this.set, this.context.browser(), { ...this.#options, javaScriptEnabled: true });
    const body = (await this.page.content()).replace(/<script[^]*?<\/script>|<meta http-equiv="refresh"[^>]*>/g, "");
    await copy.page.route(this.page.url(), (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
    await copy.opens(this.page.url());
    return copy;
  }

  async leaves() {
    await this.context.close();
  }
}
