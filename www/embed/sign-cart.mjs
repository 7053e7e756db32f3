/**
 * Signs a cart for Kvitt, in Node.js, without packages. The result is the attribute `cart` of <kvitt-checkout>, or the field
 * `signed_cart` of a plain form. The secret stays on the server.
 *
 * From a shell: CART_KEY=2026-11 CART_SECRET=… CART_AUDIENCE=https://pay.shop.example node sign-cart.mjs < cart.json
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/**
 * @param {object} cart lines and total, in minor units
 * @param {{ kid: string, secret: string, audience: string, life?: number }} options the key's name and secret in the proxy's
 *   configuration, the proxy's public_url, and how many seconds the cart is valid
 */
export function signCart(cart, { kid, secret, audience, life = 3600 }) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = part({ alg: "HS256", typ: "kvitt-cart+jwt", kid });
  const payload = part({ aud: audience, iat: now, exp: now + life, cart });
  const signature = createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url");
  return `${header}.${payload}.${signature}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { CART_KEY: kid, CART_SECRET: secret, CART_AUDIENCE: audience } = process.env;
  console.log(signCart(JSON.parse(readFileSync(0, "utf8")), { kid, secret, audience }));
}
