/**
 * The streams as public clients of server-sent events read them: `eventsource` of npm, here, and `httpx-sse` of PyPI, in streams.py; straight
 * from the proxy, and through nginx with its defaults, below a path. Heartbeats come often, since a client may take them for events.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { EventSource } from "eventsource";

import { runsPython, startsProxy } from "./alone.mjs";
import { freeAddress, startsNginx } from "./nginx.mjs";
import { until } from "./until.mjs";

let proxy, nginx, key;

before(async () => {
  proxy = await startsProxy("limits.heartbeat_ms = 20");
  [key] = await proxy.runs("keys", "add", "office");
  nginx = await startsNginx(await freeAddress(), proxy.url);
});

after(async () => {
  await nginx?.stops();
  await proxy?.stops();
});

/** An order of the shop's backend, which needs no answer of Vipps MobilePay; to withdraw it is an event. */
async function requestsPayment() {
  const lines = [{ sku: "mug", name: "Mug", quantity: 1, unit_price: 24900, vat_rate: 2500 }];
  const cart = { lines, total: { value: 24900, currency: "NOK" } };
  const answer = await fetch(`${proxy.url}/v1/shop/checkouts`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({ cart, language: "nb" }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function withdraws(reference) {
  const answer = await fetch(`${proxy.url}/v1/shop/payment-requests/${reference}/withdraw`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, "idempotency-key": crypto.randomUUID() },
    body: "{}",
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** What `eventsource` reads. */
function withNpm(url, name, secret) {
  const read = [];
  const fetches = (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...(secret && { authorization: `Bearer ${secret}` }) } });
  const source = new EventSource(url, { fetch: fetches });
  source.addEventListener(name, ({ data }) => read.push(JSON.parse(data)));
  return { read, opens: () => until("the stream is open", () => source.readyState === EventSource.OPEN), ends: () => source.close() };
}

/** What `httpx-sse` reads. It ends by itself after so many events. */
function withPython(url, events, secret) {
  const read = [];
  const child = runsPython("streams.py", url, String(events), ...(secret ? [secret] : []));
  const errors = text(child.stderr);
  createInterface({ input: child.stdout }).on("line", (line) => read.push(JSON.parse(line)));
  const exit = once(child, "exit");
  const ends = async () => assert.equal((await exit)[0], 0, await errors);
  return { read, ends };
}

for (const way of ["straight", "through nginx"]) {
  const base = () => (way === "straight" ? proxy.url : nginx.url);

  test(`public clients follow an order ${way}`, async () => {
    const { token, reference } = await requestsPayment();
    const url = `${base()}/v1/checkouts/${token}/events`;
    const [npm, python] = [withNpm(url, "checkout"), withPython(url, 2)];
    await until("both have the order", () => npm.read.length === 1 && python.read.length === 1);
    await withdraws(reference);
    await until("both have its end", () => npm.read.length === 2 && python.read.length === 2);
    assert.deepEqual(npm.read, python.read);
    assert.deepEqual(npm.read.map(({ state }) => state), ["open", "terminated"]);
    npm.ends();
    await python.ends();
  });

  test(`public clients follow the shop's events ${way}`, async () => {
    const { next } = await (await fetch(`${proxy.url}/v1/shop/events?limit=1000`, { headers: { authorization: `Bearer ${key}` } })).json();
    const url = `${base()}/v1/shop/events/stream?after=${next}`;
    const [npm, python] = [withNpm(url, "message", key), withPython(url, 1, key)];
    await npm.opens();
    const order = await requestsPayment();
    await withdraws(order.reference);
    await until("both have the event", () => npm.read.length === 1 && python.read.length === 1);
    assert.deepEqual(npm.read, python.read);
    assert.equal(npm.read[0].data.reference, order.reference);
    npm.ends();
    await python.ends();
  });
}
