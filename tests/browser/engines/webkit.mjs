/** WebKitGTK's MiniBrowser, driven by its own WebDriver server, on a screen in memory. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { freeAddress } from "../nginx.mjs";
import { until } from "../until.mjs";

const server = process.env.WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver";
/** The code points that WebDriver has for keys. */
const KEYS = { Tab: "\uE004", Enter: "\uE007", Space: " " };
/** Lets the window be as narrow as a small phone, in spite of its toolbar. */
const NARROW = "* { min-width: 0; margin: 0; padding: 0; font-size: 1px; -gtk-icon-transform: scale(0.1); }\n";

/** The engine. Each customer has a browser of their own, since one server drives one. */
export class WebKit {
  #screen;

  /** Opens a browser for one customer. This driver does not tell the errors on its console. */
  async opens({ dark = false, scripts = true, width = 1100, height = 900 }) {
    this.#screen ??= Screen.starts();
    const { display, folder } = await this.#screen;
    const address = await freeAddress();
    const [host, port] = address.split(":");
    const env = {
      ...process.env,
      DISPLAY: display,
      XDG_CONFIG_HOME: folder,
      // Its sandbox needs a user who is not root.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    };
    const child = spawn(server, [`--host=${host}`, `--port=${port}`], { env, stdio: "ignore" });
    const driver = new Driver(`http://${address}`, child);
    try {
      return await this.#begins(driver, { dark, scripts, width, height });
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  async #begins(driver, { dark, scripts, width, height }) {
    await until("WebKitWebDriver", () => driver.calls("GET", "/status").then(() => true, () => false));
    await driver.begins(["--automation", `--enable-javascript=${scripts}`, ...(dark ? ["--dark-mode"] : [])]);
    const window = new Window(driver, await driver.calls("GET", "/window"), { width, height });
    await window.resizes();
    return window;
  }

  async stops() {
    await (await this.#screen)?.stops();
  }
}

/** A screen in memory, and the configuration of GTK for it. */
class Screen {
  static async starts() {
    const screen = new Screen();
    screen.folder = await mkdtemp(join(tmpdir(), "kvitt-webkit-"));
    await mkdir(join(screen.folder, "gtk-3.0"));
    await writeFile(join(screen.folder, "gtk-3.0", "gtk.css"), NARROW);
    const args = ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
    screen.child = spawn("Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const [number] = await once(screen.child.stdio[3], "data");
    screen.display = `:${String(number).trim()}`;
    return screen;
  }

  async stops() {
    this.child.kill();
    await once(this.child, "exit");
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A WebDriver server with one session. */
class Driver {
  #url;
  #child;
  #session = "";
  #current;

  constructor(url, child) {
    this.#url = url;
    this.#child = child;
  }

  async begins(args) {
    const alwaysMatch = { "webkitgtk:browserOptions": { args } };
    const { sessionId } = await this.calls("POST", "/session", { capabilities: { alwaysMatch } });
    this.#session = `/session/${sessionId}`;
  }

  async calls(method, path, body) {
    const answer = await fetch(this.#url + this.#session + path, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    assert.ok(answer.ok, `${path}: ${value?.message}`);
    return value;
  }

  /** The same, about one of the session's windows. */
  async callsIn(handle, method, path, body) {
    if (this.#current !== handle) await this.calls("POST", "/window", { handle });
    this.#current = handle;
    return this.calls(method, path, body);
  }

  async ends() {
    await this.calls("DELETE", "");
    this.#child.kill();
    await once(this.#child, "exit");
  }
}

/** A window, as `puppeteer.mjs` has one too. */
class Window {
  #driver;
  #handle;
  #size;

  constructor(driver, handle, size) {
    this.#driver = driver;
    this.#handle = handle;
    this.#size = size;
  }

  #calls(method, path, body) {
    return this.#driver.callsIn(this.#handle, method, path, body);
  }

  #acts(type, ...actions) {
    return this.#calls("POST", "/actions", { actions: [{ type, id: type, actions }] });
  }

  /** Makes the page as large as it should be: a window has a toolbar too. */
  async resizes() {
    const { width, height } = this.#size;
    await this.#calls("POST", "/window/rect", { width, height });
    const bar = height - (await this.runs(() => innerHeight));
    await this.#calls("POST", "/window/rect", { width, height: height + bar });
  }

  async opensAnother() {
    const { handle } = await this.#calls("POST", "/window/new", { type: "window" });
    const window = new Window(this.#driver, handle, this.#size);
    await window.resizes();
    return window;
  }

  goes(url) {
    return this.#calls("POST", "/url", { url });
  }

  reloads() {
    return this.#calls("POST", "/refresh", {});
  }

  address() {
    return this.#calls("GET", "/url");
  }

  runs(action, ...args) {
    return this.#calls("POST", "/execute/sync", { script: `return (${action})(...arguments)`, args });
  }

  clicks(x, y) {
    const [down, up] = ["pointerDown", "pointerUp"].map((type) => ({ type, button: 0 }));
    return this.#acts("pointer", { type: "pointerMove", x, y }, down, up);
  }

  types(key) {
    return this.#acts("key", { type: "keyDown", value: KEYS[key] }, { type: "keyUp", value: KEYS[key] });
  }

  async picture() {
    return Buffer.from(await this.#calls("GET", "/screenshot"), "base64");
  }

  closes() {
    return this.#driver.ends();
  }
}
