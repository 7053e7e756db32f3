/** Chromium and Firefox, driven by Puppeteer: the one through its own protocol, the other through WebDriver BiDi. */
import puppeteer from "puppeteer-core";

import { TIMEOUT_MS } from "../until.mjs";

// A headless browser says that it has no pointer. Here both say that they have a mouse, which is fine and can hover.
const programs = {
  chromium: {
    browser: "chrome",
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
      "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
    ],
  },
  firefox: {
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    extraPrefsFirefox: { "ui.primaryPointerCapabilities": 6, "ui.allPointerCapabilities": 6 },
  },
};

/** One of the two engines. Each customer has a context of their own in it. */
export class Puppeteer {
  #name;
  #started = new Map();

  /** @param {"chromium" | "firefox"} name */
  constructor(name) {
    this.#name = name;
  }

  /** Opens a browser for one customer. Its errors go to `report`. */
  async opens({ dark = false, scripts = true, width = 1100, height = 900 }, report) {
    const browser = await this.#browser(dark, scripts);
    const context = await browser.createBrowserContext();
    const opensAWindow = async () => {
      const page = await context.newPage();
      page.setDefaultTimeout(TIMEOUT_MS);
      page.on("pageerror", (error) => report(error.message));
      page.on("console", (message) => message.type() === "error" && report(message.text()));
      await page.setViewport({ width, height });
      if (this.#name === "chromium") {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
        await page.setJavaScriptEnabled(scripts);
      }
      return page;
    };
    return new Window(await opensAWindow(), opensAWindow, () => context.close());
  }

  /** Firefox takes its colour scheme, and whether scripts run, only when it starts. */
  #browser(dark, scripts) {
    const options = { timeout: TIMEOUT_MS, protocolTimeout: TIMEOUT_MS, ...programs[this.#name] };
    if (options.extraPrefsFirefox) {
      const own = { "layout.css.prefers-color-scheme.content-override": dark ? 0 : 1, "javascript.enabled": scripts };
      options.extraPrefsFirefox = { ...options.extraPrefsFirefox, ...own };
    }
    const kind = JSON.stringify(options.extraPrefsFirefox);
    if (!this.#started.has(kind)) this.#started.set(kind, puppeteer.launch(options));
    return this.#started.get(kind);
  }

  async stops() {
    await Promise.all([...this.#started.values()].map(async (browser) => (await browser).close()));
  }
}

/** A window, as `webkit.mjs` has one too. */
class Window {
  #page;
  #opensAWindow;
  #closes;

  constructor(page, opensAWindow, closes) {
    this.#page = page;
    this.#opensAWindow = opensAWindow;
    this.#closes = closes;
  }

  /** Another window of the same browser. */
  async opensAnother() {
    const page = await this.#opensAWindow();
    return new Window(page, this.#opensAWindow, () => page.close());
  }

  goes(url) {
    return this.#page.goto(url);
  }

  reloads() {
    return this.#page.reload();
  }

  address() {
    return this.#page.url();
  }

  /** Runs a function in the page. What it returns comes as JSON. */
  runs(action, ...args) {
    return this.#page.evaluate(action, ...args);
  }

  /** Clicks at a point of the window. */
  clicks(x, y) {
    return this.#page.mouse.click(x, y);
  }

  /** Presses a key: `Tab`, `Enter` or `Space`. */
  types(key) {
    return this.#page.keyboard.press(key === "Space" ? " " : key);
  }

  /** A picture of the window as PNG. */
  picture() {
    return this.#page.screenshot();
  }

  closes() {
    return this.#closes();
  }
}
