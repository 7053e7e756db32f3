/**
 * Deliveries to a shop's backend verify with the public libraries: `standardwebhooks` of npm, here, and of PyPI, in relay.py. The test needs
 * no browser. It is here for the binary and the packages.
 *
 * PYTHON names the interpreter that has the package (`cargo xtask test` makes one).
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";

import { until } from "./until.mjs";

const workspace = new URL("../../", import.meta.url);
const binary = process.env.KVITT_BIN ?? fileURLToPath(new URL("target/debug/kvitt", workspace));
const python = process.env.PYTHON ?? fileURLToPath(new URL("target/python/bin/python", workspace));
const deliveries = [];
// The proxy refuses unknown variables that begin with KVITT_.
const { KVITT_BIN: _, ...env } = process.env;
let folder, proxy, config;

const shop = createServer(async (request, response) => {
  deliveries.push({ headers: request.headers, body: await text(request) });
  response.writeHead(204).end();
});

before(async () => {
  await once(shop.listen(0, "127.0.0.1"), "listening");
  folder = await mkdtemp(join(tmpdir(), "kvitt-relay-"));
  config = join(folder, "kvitt.toml");
  // There is no payment, so the address of Vipps MobilePay is never called.
  await writeFile(
    config,
    `listen = "127.0.0.1:0"
public_url = "http://127.0.0.1:1"
catalogue = ${JSON.stringify(fileURLToPath(new URL("proxy/demo.catalogue.toml", workspace)))}
shop = { name = "Tea by the sea", url = "https://shop.example", terms_url = "https://shop.example/terms" }
database.url = ${JSON.stringify(`sqlite:${join(folder, "kvitt.sqlite")}`)}
encryption.key = "${randomBytes(32).toString("base64")}"
vipps.base_url = "http://127.0.0.1:1"
relay.allowed_networks = ["127.0.0.1"]
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
  proxy = spawn(binary, ["serve", "--config", config], { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [proxy.stdout, proxy.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const listens = () => log.match(/listening on (\S+)/)?.[1] ?? (proxy.exitCode !== null && assert.fail(log));
  const url = await until("the proxy", listens);
  // A command needs the database, which the proxy creates before it answers.
  await fetch(`${url}/healthz`);
});

after(async () => {
  shop.close();
  if (proxy?.exitCode === null) {
    proxy.kill("SIGTERM");
    await once(proxy, "exit");
  }
  await rm(folder, { recursive: true, force: true });
});

async function endpoints(...args) {
  const { stdout } = await promisify(execFile)(binary, ["endpoints", ...args, "--config", config], { env });
  return stdout.trim().split("\n");
}

/** Verifies a delivery with relay.py. Returns the event's type, or an error. */
async function pythonReads(secret, { headers, body }) {
  const child = spawn(python, [fileURLToPath(new URL("relay.py", import.meta.url))], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify({ secret, headers, body }));
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (code !== 0) throw new Error(errors);
  return out.trim();
}

test("deliveries verify with the public libraries, under each secret while one is replaced", async () => {
  const [id, secret] = await endpoints("add", `http://127.0.0.1:${shop.address().port}/hooks`);
  await endpoints("test", id);
  const [first] = await until("the first delivery", () => deliveries.length === 1 && deliveries);
  const [next] = await endpoints("rotate", id);
  await endpoints("test", id);
  const [, second] = await until("the second delivery", () => deliveries.length === 2 && deliveries);

  for (const [key, delivery] of [[secret, first], [secret, second], [next, second]]) {
    assert.equal(new Webhook(key).verify(delivery.body, delivery.headers).type, "endpoint.test");
    assert.equal(await pythonReads(key, delivery), "endpoint.test");
  }
  const altered = { ...first, body: first.body.replace("endpoint.test", "checkout.authorized") };
  for (const [key, delivery] of [[next, first], [secret, altered]]) {
    assert.throws(() => new Webhook(key).verify(delivery.body, delivery.headers), /No matching signature/);
    await assert.rejects(pythonReads(key, delivery), /WebhookVerificationError/);
  }
});
