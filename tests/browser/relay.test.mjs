/**
 * Deliveries to a shop's backend verify with the public libraries: `standardwebhooks` of npm, here, and of PyPI, in relay.py. The test needs
 * no browser. It is here for the binary and the packages.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";

import { runsPython, startsProxy } from "./alone.mjs";
import { until } from "./until.mjs";

const deliveries = [];
let proxy;

const shop = createServer(async (request, response) => {
  deliveries.push({ headers: request.headers, body: await text(request) });
  response.writeHead(204).end();
});

before(async () => {
  await once(shop.listen(0, "127.0.0.1"), "listening");
  proxy = await startsProxy('relay.allowed_networks = ["127.0.0.1"]');
});

after(async () => {
  shop.close();
  await proxy?.stops();
});

const endpoints = (...args) => proxy.runs("endpoints", ...args);

/** Verifies a delivery with relay.py. Returns the event's type, or an error. */
async function pythonReads(secret, { headers, body }) {
  const child = runsPython("relay.py");
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
