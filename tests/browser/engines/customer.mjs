/**
 * A customer in any engine: the verbs of `shopper.mjs` that the core journeys need, on a window that can do little (see `puppeteer.mjs`
 * and `webkit.mjs`). So that nothing depends on an engine's driver, elements are found by functions that run in the page.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { focused, place, written } from "../reading.mjs";
import { artifacts, until } from "../until.mjs";

const KINDS = {
  button: "button, input[type=submit]",
  checkbox: "input[type=checkbox]",
  heading: "h1, h2, h3",
  link: "a[href]",
};

/** A name as the pattern that it matches: the whole of it, as in a customer's mouth. */
const pattern = (name) => (name instanceof RegExp ? name.source : `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);

export class Customer {
  #window;

  /**
   * @param set the stage
   * @param window
   * @param {string} engine the name of the engine
   */
  constructor(set, window, engine) {
    Object.assign(this, { set, engine });
    this.#window = window;
  }

  /** Another window of the same browser. */
  async opensAnotherWindow() {
    return new Customer(this.set, await this.#window.opensAnother(), this.engine);
  }

  /** Opens a page: a path of the shop, or a whole address. */
  async opens(address) {
    await this.#window.goes(new URL(address, this.set.shop).href);
  }

  async reloads() {
    await this.#window.reloads();
  }

  address() {
    return this.#window.address();
  }

  /** Runs a function in the page. What it returns comes as JSON. */
  runs(action, ...args) {
    return this.#window.runs(action, ...args);
  }

  async #finds(kind, name) {
    // A page that is being left cannot be searched.
    const found = () => this.#window.runs(place, KINDS[kind], pattern(name)).catch(() => undefined);
    return until(`the ${kind} ${name}`, found).catch(async (error) => {
      throw new Error(`${error.message}\nthe page says: ${await this.reads().catch(({ message }) => message)}`);
    });
  }

  async #clicks(kind, name) {
    let before;
    // What still moves would be missed.
    await until(`the ${kind} ${name} to stand still`, async () => {
      const found = await this.#finds(kind, name);
      const still = `${found}` === `${before}`;
      before = found;
      return still;
    });
    await this.#window.clicks(...before);
  }

  async presses(name) {
    await this.#clicks("button", name);
  }

  async follows(name) {
    await this.#clicks("link", name);
  }

  async ticks(name) {
    await this.#clicks("checkbox", name);
  }

  async seesHeading(name) {
    await this.#finds("heading", name);
  }

  async seesButton(name) {
    await this.#finds("button", name);
  }

  /** Whether there is such a button now. */
  async hasButton(name) {
    return Boolean(await this.#window.runs(place, KINDS.button, pattern(name)));
  }

  /** Presses Tab until something with this name has the focus. */
  async tabsTo(name) {
    for (let presses = 0; presses < 60; presses += 1) {
      await this.types("Tab");
      if (name.test(await this.focus())) return;
    }
    assert.fail(`${name} cannot be reached with the keyboard`);
  }

  /** The text of the focused element. */
  async focus() {
    return (await this.#window.runs(focused)).trim();
  }

  async types(key) {
    await this.#window.types(key);
  }

  /** Waits until a text is on the page. */
  async sees(text) {
    await this.readsOf(text);
  }

  /** Waits until the browser is at a page of this origin (and path). */
  async isAt(origin, path = "") {
    await until(`the page ${origin}${path}`, async () => (await this.address()).startsWith(origin + path));
  }

  /** All that is written on the page now. */
  reads() {
    return this.#window.runs(written);
  }

  /** Waits until all of these are written on the page. */
  async readsOf(...texts) {
    let page = "";
    const all = async () => {
      page = await this.reads().catch(() => "");
      return texts.every((text) => (text instanceof RegExp ? text.test(page) : page.includes(text)));
    };
    await until(texts.join(" | "), all).catch((error) => {
      throw new Error(`${error.message}\nthe page says: ${page}`);
    });
  }

  /** Takes a picture. The page must fit the window's width. */
  async looksAround(name) {
    await writeFile(join(artifacts, `${this.engine}-${name}.png`), await this.#window.picture());
    const { wide, scrolls } = await this.#window.runs(() => ({
      wide: document.documentElement.clientWidth,
      scrolls: document.documentElement.scrollWidth,
    }));
    assert.ok(scrolls <= wide, `${name}: ${scrolls} px of page in ${wide} px of window`);
  }

  async leaves() {
    await this.#window.closes();
  }
}
