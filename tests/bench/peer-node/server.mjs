// The peer: the work of the proxy as one would write it for Node.js with care. fastify with schemas, undici with a pool of connections,
// better-sqlite3 with prepared statements.

import Fastify from 'fastify';
import { Pool } from 'undici';

import { HOST, KEYS, PORT, VIPPS, accept, bearer, begin, created, follow, isGenuine, leftBehind, price, settled, snapshot } from './shop.mjs';

const vipps = new Pool(VIPPS);

async function request(method, path, headers, body) {
  const answer = await vipps.request({ method, path, headers, body });
  if (answer.statusCode >= 400) throw new Error(`${answer.statusCode} from ${path}: ${await answer.body.text()}`);
  return answer.body.json();
}

async function call(method, path, headers, body) {
  const authorization = await bearer(() => request('POST', '/accesstoken/get', KEYS));
  return request(method, path, { ...KEYS, ...headers, authorization }, body);
}

const text = { type: 'string' };
const order = { type: 'object', properties: { token: text, reference: text, state: text, redirect_url: { type: ['string', 'null'] } } };
const cart = {
  type: 'object',
  required: ['items', 'amount', 'terms_accepted'],
  properties: {
    items: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', required: ['sku', 'quantity'], properties: { sku: { enum: ['mug', 'tea'] }, quantity: { type: 'integer', minimum: 1 } } },
    },
    amount: { type: 'object', required: ['value', 'currency'], properties: { value: { type: 'integer' }, currency: text } },
    terms_accepted: { const: true },
  },
};

const app = Fastify();

app.get('/readyz', async () => '');

app.post('/v1/checkouts', { schema: { body: cart, response: { 200: order } } }, async ({ body }, reply) => {
  const total = price(body);
  if (total === undefined) return reply.code(409).send({ error: 'price_changed' });
  const { order, payment } = begin(body.items, total);
  const headers = { 'content-type': 'application/json', 'idempotency-key': order.reference };
  const { redirectUrl } = await call('POST', '/epayment/v1/payments', headers, JSON.stringify(payment));
  return created(order, redirectUrl);
});

app.get('/v1/checkouts/:token', { schema: { response: { 200: order } } }, async ({ params }, reply) =>
  snapshot(params.token) ?? reply.code(404).send());

app.get('/v1/checkouts/:token/events', (request, reply) => {
  if (!snapshot(request.params.token)) return reply.code(404).send();
  reply.hijack();
  follow(request.params.token, reply.raw);
});

async function look(webhook) {
  settled(webhook, await call('GET', `/epayment/v1/payments/${webhook.reference}`));
}

app.register(async (callbacks) => {
  callbacks.removeContentTypeParser('application/json');
  callbacks.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  callbacks.post('/callbacks/vipps/no', async ({ headers, url, body }, reply) => {
    if (!isGenuine(headers, url, body)) return reply.code(401).send();
    const webhook = accept(body);
    look(webhook).catch((error) => console.error(error));
    return '';
  });
});

await app.listen({ host: HOST, port: Number(PORT) });
console.log(`listening on http://${HOST}:${PORT}`);
for (const webhook of leftBehind()) await look(webhook);
