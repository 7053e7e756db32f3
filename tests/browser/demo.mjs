/**
 * One demo (shop, proxy and emulator) in a child process.
 *
 * KVITT_BIN names the binary (default: the workspace's debug build).
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { ANY_NUMBER } from "./app.mjs";
import { until } from "./until.mjs";

const binary = process.env.KVITT_BIN ?? fileURLToPath(new URL("../../target/debug/kvitt", import.meta.url));

export class Demo {
  /** The shop's origin, which is the proxy's too. */
  shop;
  /** The emulator's origin: the landing page and the phone. */
  vipps;
  /** A shop key. */
  key;
  /** All that it has written to its outputs. */
  log = "";
  #child;
  #exit;

  /** @param {string[]} [args] more arguments of `kvitt demo` */
  static async starts(args = []) {
    const demo = new Demo();
    demo.#child = spawn(binary, ["demo", "--listen", "127.0.0.1:0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    demo.#exit = once(demo.#child, "exit").then(([code, signal]) => ({ code, signal }));
    const gone = demo.#exit.then((how) => assert.fail(`the demo ended at once: ${JSON.stringify(how)}\n${demo.log}`));
    gone.catch(() => {});
    for (const stream of [demo.#child.stdout, demo.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (demo.log += text));
    }
    const printed = (name) => until(`the demo's ${name}`, () => demo.log.match(new RegExp(`^${name}\\s+(\\S+)$`, "m"))?.[1]);
    const [shop, phone, key] = await Promise.race([Promise.all(["shop", "phone", "key"].map(printed)), gone]);
    demo.shop = new URL(shop).origin;
    demo.vipps = new URL(phone).origin;
    demo.key = key;
    return demo;
  }

  async stops() {
    this.#child.kill("SIGINT");
    const { code } = await this.#exit;
    assert.equal(code, 0, `the demo stopped cleanly\n${this.log}`);
    assert.doesNotMatch(this.log, /panicked/);
    assert.doesNotMatch(this.log, ANY_NUMBER, "a telephone number in the log");
  }
}
