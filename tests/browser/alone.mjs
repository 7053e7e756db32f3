/**
 * A proxy without anything around it, and commands beside it, for tests of what needs no payment.
 *
 * KVITT_BIN names the binary (default: the workspace's debug build), PYTHON the interpreter that has the packages of requirements.txt
 * (`cargo xtask test` makes one).
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { until } from "./until.mjs";

const workspace = new URL("../../", import.meta.url);
const binary = process.env.KVITT_BIN ?? fileURLToPath(new URL("target/debug/kvitt", workspace));
const python = process.env.PYTHON ?? fileURLToPath(new URL("target/python/bin/python", workspace));
// The proxy refuses unknown variables that begin with KVITT_.
const { KVITT_BIN: _, ...env } = process.env;

/** Starts a script of this folder with Python. */
export const runsPython = (script, ...args) =>
  spawn(python, [fileURLToPath(new URL(script, import.meta.url)), ...args], { stdio: ["pipe", "pipe", "pipe"] });

/**
 * Starts a proxy with some options of its own, and the URL by which it is reached.
 *
 * @returns {Promise<{ url: string, runs: (...args: string[]) => Promise<string[]>, stops: () => Promise<void> }>} `runs` a command, and returns
 *   the lines that it prints
 */
export async function startsProxy(options, publicUrl = "http://127.0.0.1:1") {
  const folder = await mkdtemp(join(tmpdir(), "kvitt-alone-"));
  const config = join(folder, "kvitt.toml");
  // There is no payment, so the address of Vipps MobilePay is never called.
  await writeFile(
    config,
    `${options}
listen = "127.0.0.1:0"
public_url = "${publicUrl}"
catalogue = ${JSON.stringify(fileURLToPath(new URL("proxy/demo.catalogue.toml", workspace)))}
shop = { name = "Tea by the sea", url = "https://shop.example", terms_url = "https://shop.example/terms" }
database.url = ${JSON.stringify(`sqlite:${join(folder, "kvitt.sqlite")}`)}
encryption.key = "${randomBytes(32).toString("base64")}"
vipps.base_url = "http://127.0.0.1:1"
[[sales_unit]]
name = "no"
market = "NO"
merchant_serial_number = "123456"
client_id = "none"
client_secret = "none"
subscription_key = "none"
webhook_secret = "none"
`,
  );
  const proxy = spawn(binary, ["serve", "--config", config], { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [proxy.stdout, proxy.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const listens = () => log.match(/listening on (\S+)/)?.[1] ?? (proxy.exitCode !== null && assert.fail(log));
  const url = await until("the proxy", listens);
  // A command needs the database, which the proxy creates before it answers.
  await fetch(`${url}/healthz`);
  return {
    url,
    async runs(...args) {
      const { stdout } = await promisify(execFile)(binary, [...args, "--config", config], { env });
      return stdout.trim().split("\n");
    },
    async stops() {
      if (proxy.exitCode === null) {
        proxy.kill("SIGTERM");
        await once(proxy, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
