// The usual server: express, and the fetch that Node.js has built in. All else is the peer's.

import express from 'express';

import { HOST, KEYS, PORT, VIPPS, accept, bearer, begin, created, follow, isGenuine, leftBehind, price, settled, snapshot } from '../peer-node/shop.mjs';

async function request(method, path, headers, body) {
  const answer = await fetch(VIPPS + path, { method, headers, body });
  if (!answer.ok) throw new Error(`${answer.status} from ${path}: ${await answer.text()}`);
  return answer.json();
}

async function call(method, path, headers, body) {
  const authorization = await bearer(() => request('POST', '/accesstoken/get', KEYS));
  return request(method, path, { ...KEYS, ...headers, authorization }, body);
}

const app = express();

app.get('/readyz', (_, response) => response.end());

app.post('/v1/checkouts', express.json(), async ({ body }, response) => {
  const total = price(body);
  if (total === undefined) return response.status(409).json({ error: 'price_changed' });
  const { order, payment } = begin(body.items, total);
  const headers = { 'content-type': 'application/json', 'idempotency-key': order.reference };
  const { redirectUrl } = await call('POST', '/epayment/v1/payments', headers, JSON.stringify(payment));
  response.json(created(order, redirectUrl));
});

app.get('/v1/checkouts/:token', ({ params }, response) => {
  const order = snapshot(params.token);
  if (order) response.json(order);
  else response.sendStatus(404);
});

app.get('/v1/checkouts/:token/events', ({ params }, response) => {
  if (snapshot(params.token)) follow(params.token, response);
  else response.sendStatus(404);
});

async function look(webhook) {
  settled(webhook, await call('GET', `/epayment/v1/payments/${webhook.reference}`));
}

app.post('/callbacks/vipps/no', express.raw({ type: 'application/json' }), ({ headers, url, body }, response) => {
  if (!isGenuine(headers, url, body)) return response.sendStatus(401);
  const webhook = accept(body);
  look(webhook).catch((error) => console.error(error));
  response.end();
});

app.listen(Number(PORT), HOST, () => console.log(`listening on http://${HOST}:${PORT}`));
for (const webhook of leftBehind()) await look(webhook);
