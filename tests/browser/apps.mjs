/**
 * The sample apps in `tests/apps`: each is built, or served by its own development server, with the npm package as it would be published.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { named, site } from "./site.mjs";
import { until } from "./until.mjs";

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const apps = folder("../apps/");
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

export class Apps {
  /** The proxy's origin, which the pages of the apps then have in place of the guides' `https://pay.shop.example`. */
  proxy;

  /** Packs the npm package as for a registry, and unpacks it where `npm install` would. */
  static async withThePackage(...names) {
    const scratch = await mkdtemp(join(tmpdir(), "kvitt-pack-"));
    const [{ filename }] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--silent", `--pack-destination=${scratch}`], { cwd: folder("../../www/pkg"), encoding: "utf8" }),
    );
    for (const name of names) {
      const installed = join(apps, name, "node_modules");
      assert.ok(existsSync(installed), `tests/apps/${name} is not installed: cargo xtask test --only set-up`);
      for (const old of ["kvitt", ".vite"]) await rm(join(installed, old), { recursive: true, force: true });
      await mkdir(join(installed, "kvitt"));
      execFileSync("tar", ["-xzf", join(scratch, filename), "--strip-components=1", "-C", join(installed, "kvitt")]);
    }
    await rm(scratch, { recursive: true });
    return new Apps();
  }

  /** Runs a script of one of the app's packages to its end, and serves the folder that it writes. Returns the origin. */
  async built(name, script, ...args) {
    this.#run(name, script, args);
    const read = (path) => {
      const file = join(apps, name, "target", path);
      return existsSync(file) && extname(file) ? { body: readFileSync(file), type: types[extname(file)] } : undefined;
    };
    // What is no file is a page of the app.
    return this.#site((path) => read(path) ?? (extname(path) ? { body: "", status: 404 } : read("index.html")));
  }

  /** A site with the names of this proxy and this site. */
  async #site(answer, upstream) {
    const origin = await site(async (...asked) => {
      const answered = await answer(...asked);
      const isText = /html|javascript|component/.test(answered?.type);
      return isText ? { ...answered, body: named(answered.body.toString(), this.proxy, origin) } : answered;
    }, upstream);
    return origin;
  }

  #run(name, script, args) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join("node_modules", script), ...args], {
      cwd: join(apps, name),
      encoding: "utf8",
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
    });
    assert.equal(status, 0, `${name} cannot be built\n${stdout}${stderr}`);
  }

  /**
   * Builds the app if there is something to build, and starts its own server. Returns the origin of a
   * site before it.
   */
  async served(name, script, args, build) {
    if (build) this.#run(name, script, build);
    const server = spawn(process.execPath, [join("node_modules", script), ...args], {
      cwd: join(apps, name),
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
    });
    // It ends with the tests, and does not keep them from ending.
    process.on("exit", () => server.kill());
    server.unref();
    let log = "";
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (log += text));
      stream.unref();
    }
    const printed = () => {
      assert.equal(server.exitCode, null, `the server of ${name} has ended\n${log}`);
      return log.match(/https?:\/\/(?:127\.0\.0\.1|localhost):\d+/)?.[0];
    };
    const upstream = (await until(`the server of ${name}`, printed)).replace("localhost", "127.0.0.1");
    return this.#site(async (_, { url, headers: { accept } }) => {
      const response = await fetch(upstream + url, { headers: { accept } });
      return { status: response.status, type: response.headers.get("content-type") ?? "", body: Buffer.from(await response.arrayBuffer()) };
    }, upstream);
  }
}
