// What both servers share: prices, the database, the signature of a webhook, the requests to Vipps MobilePay, and the open pages.

import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

import Database from 'better-sqlite3';

const { CLIENT_ID, CLIENT_SECRET, DATABASE, MSN, PUBLIC_URL, SUBSCRIPTION_KEY, WEBHOOK_SECRET } = process.env;
export const [HOST, PORT] = process.env.LISTEN.split(':');
export const VIPPS = process.env.VIPPS;

const PRICES = new Map([['mug', 24_900], ['tea', 8_900]]);
const SIGNED_HOST = new URL(PUBLIC_URL).host;
const SCHEME = 'HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=';
const TOLERANCE_MS = 300_000;
const HEARTBEAT_MS = 15_000;

const database = new Database(DATABASE);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`
  CREATE TABLE IF NOT EXISTS orders (
    token TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, cart TEXT NOT NULL, total INTEGER NOT NULL, state TEXT NOT NULL, redirect_url TEXT);
  CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, reference TEXT NOT NULL, body TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX IF NOT EXISTS inbox_waiting ON inbox (id) WHERE done = 0`);

const insertOrder = database.prepare(`INSERT INTO orders (token, reference, cart, total, state) VALUES (?, ?, ?, ?, 'starting')`);
const setCreated = database.prepare(`UPDATE orders SET state = 'created', redirect_url = ? WHERE token = ?`);
const setState = database.prepare(`UPDATE orders SET state = ? WHERE reference = ? AND state = 'created'`);
const byReference = database.prepare('SELECT token, total FROM orders WHERE reference = ?');
const byToken = database.prepare('SELECT token, reference, state, redirect_url FROM orders WHERE token = ?');
const insertWebhook = database.prepare('INSERT INTO inbox (id, reference, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
const setDone = database.prepare('UPDATE inbox SET done = 1 WHERE id = ?');
const settle = database.transaction((id, reference, state) => {
  setState.run(state, reference);
  setDone.run(id);
});

/** The total of a cart, or undefined where it is not what the customer saw. */
export function price({ items, amount }) {
  const total = items.reduce((sum, { sku, quantity }) => sum + PRICES.get(sku) * quantity, 0);
  return amount.currency === 'NOK' && amount.value === total ? total : undefined;
}

/** Writes an order down. Returns it with the body of its payment. */
export function begin(items, total) {
  const order = { token: randomBytes(32).toString('base64url'), reference: `bench-${randomUUID()}` };
  insertOrder.run(order.token, order.reference, JSON.stringify(items), total);
  const payment = {
    amount: { value: total, currency: 'NOK' },
    paymentMethod: { type: 'WALLET' },
    reference: order.reference,
    userFlow: 'WEB_REDIRECT',
    returnUrl: `${PUBLIC_URL}/return/${order.token}`,
    paymentDescription: 'Two mugs and tea',
  };
  return { order, payment };
}

export function created(order, redirectUrl) {
  setCreated.run(redirectUrl, order.token);
  return { ...order, state: 'created', redirect_url: redirectUrl };
}

export const snapshot = (token) => byToken.get(token);

/** Whether a webhook is signed with our secret, for our address, not long ago. `body` is its raw bytes. */
export function isGenuine(headers, path, body) {
  const { 'x-ms-date': date, 'x-ms-content-sha256': hash, authorization = '' } = headers;
  if (createHash('sha256').update(body).digest('base64') !== hash) return false;
  if (!(Math.abs(Date.now() - Date.parse(date)) < TOLERANCE_MS)) return false;
  const expected = createHmac('sha256', WEBHOOK_SECRET).update(`POST\n${path}\n${date};${SIGNED_HOST};${hash}`).digest('base64');
  const [given, wanted] = [Buffer.from(authorization), Buffer.from(SCHEME + expected)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Stores a webhook. */
export function accept(body) {
  const { pspReference, reference } = JSON.parse(body);
  insertWebhook.run(pspReference, reference, body.toString());
  return { id: pspReference, reference };
}

/** Writes down what the payment says, and tells the page. */
export function settled({ id, reference }, payment) {
  const order = byReference.get(reference);
  if (payment.state === 'AUTHORIZED' && payment.amount.value !== order.total) throw new Error(`${reference}: another amount`);
  settle(id, reference, payment.state.toLowerCase());
  const frame = data(order.token);
  for (const page of pages.get(order.token) ?? []) page.write(frame);
}

/** Webhooks that a crash left behind. */
export const leftBehind = () => database.prepare('SELECT id, reference FROM inbox WHERE done = 0').all();

/** The headers of every request to Vipps MobilePay. */
export const KEYS = {
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  'ocp-apim-subscription-key': SUBSCRIPTION_KEY,
  'merchant-serial-number': MSN,
};

let token;
let tokenUntil = 0;

/** The access token, fetched once while it lasts. `fetchToken` makes the request. */
export function bearer(fetchToken) {
  if (Date.now() > tokenUntil) {
    tokenUntil = Infinity;
    token = fetchToken().then(({ access_token, expires_in }) => {
      tokenUntil = Date.now() + (Number(expires_in) - 60) * 1000;
      return `Bearer ${access_token}`;
    });
    token.catch(() => { tokenUntil = 0; });
  }
  return token;
}

/** The open streams, by the token of their order. */
const pages = new Map();
const data = (token) => `data: ${JSON.stringify(snapshot(token))}\n\n`;

/** Makes a response the stream of an order. */
export function follow(token, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(data(token));
  let streams = pages.get(token);
  if (!streams) pages.set(token, (streams = new Set()));
  streams.add(response);
  response.on('close', () => {
    streams.delete(response);
    if (streams.size === 0) pages.delete(token);
  });
}

setInterval(() => {
  for (const streams of pages.values()) for (const page of streams) page.write(':\n\n');
}, HEARTBEAT_MS).unref();
