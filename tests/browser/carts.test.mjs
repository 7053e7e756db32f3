/**
 * Carts at the shop's own prices: the proxy accepts those that the examples of www/embed sign, and a customer pays them. An order of the
 * shop's backend is paid on its page. Node.js and Python are required; an example without its interpreter is reported.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { App } from "./app.mjs";
import { stage } from "./harness.mjs";

const embed = new URL("../../www/embed/", import.meta.url);
const cart = await readFile(new URL("cart.json", embed), "utf8");
/** The element in the shop's page. */
let element = "";
const page = createServer((_, response) => {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(
    `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Tea by the sea</title>
    <script type="module" src="${set.shop}/pkg/kvitt.js"></script><main><h1>Your cart</h1>${element}</main></html>`,
  );
});
page.unref();
await once(page.listen(0, "127.0.0.1"), "listening");
const shop = `http://127.0.0.1:${page.address().port}`;
const set = stage({ args: () => ["--allow-origin", shop] });

const printed = (name) => set.log.match(new RegExp(`^${name}\\s+(\\S+)$`, "m"))[1];

/** The cart as an example signs it, or nothing without its interpreter. */
async function signedBy([command, ...args], cart) {
  const env = { ...process.env, CART_KEY: "demo", CART_SECRET: printed("carts"), CART_AUDIENCE: set.shop };
  const child = spawn(command, args, { cwd: fileURLToPath(embed), env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}).end(cart);
  const [out, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("error", ({ code }) => resolve(code)).once("close", resolve)),
  ]);
  if (code === "ENOENT") return;
  assert.equal(code, 0, `${command}: ${errors}`);
  return out.trim();
}

const post = (path, body, headers) =>
  fetch(`${set.shop}${path}`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });

for (const [language, always, ...command] of [
  ["JavaScript", true, "node", "sign-cart.mjs"],
  ["Python", true, "python3", "sign_cart.py"],
  ["PHP", false, "php", "sign-cart.php"],
  ["C#", false, "dotnet", "run", "SignCart.cs"],
]) {
  test(`the example in ${language} signs carts that the proxy accepts`, async () => {
    const signed = await signedBy(command, cart.replace("Krus", "Kruså æøå “2”"));
    if (signed === undefined) {
      assert.ok(!always, `${command[0]} is not installed`);
      console.log(`${command[0]} is not installed: www/embed/${command.at(-1)} was not run`);
      return;
    }
    const answer = await post("/v1/cart", { signed_cart: signed });
    const { total, vat, lines } = await answer.json();
    assert.deepEqual([answer.status, total, vat], [200, { value: 58_700, currency: "NOK" }, 11_740]);
    assert.deepEqual([lines[0].name, lines[1].shipping], ["Kruså æøå “2” i steingods", true]);
    const altered = signed.replace(/\.[^.]+$/, (signature) => signature.replace(/[A-Z]/, (letter) => letter.toLowerCase()));
    const refused = await post("/v1/cart", { signed_cart: altered });
    assert.equal((await refused.json()).code, "cart_signature_invalid");
  });
}

test("a customer pays a signed cart", async () => {
  const signed = await signedBy(["node", "sign-cart.mjs"], cart);
  element = `<kvitt-checkout cart="${signed}" amount="58700" currency="NOK" market="NO" language="en"></kvitt-checkout>`;
  const eva = await set.shopper();
  await App.fillsIn(eva, { share: false, address: `${shop}/` });
  const app = await App.in(eva);
  const { reference, request } = await app.payment();
  assert.equal(request.amount.value, 58_700);
  assert.deepEqual(
    request.receipt.orderLines.map(({ id, totalAmount, discount, isShipping }) => [id, totalAmount, discount, isShipping]),
    [["mug", 48_800, 1_000, undefined], ["freight", 9_900, undefined, true]],
  );
  await app.opensHere();
  await app.pays();
  await app.returns();
  await eva.seesHeading("Thank you for your order");
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
});

test("a discount is shown beside the price", async () => {
  const signed = await signedBy(["node", "sign-cart.mjs"], cart);
  element = `<kvitt-checkout cart="${signed}" amount="58700" currency="NOK" market="NO" language="en"></kvitt-checkout>`;
  const eva = await set.shopper();
  await eva.opens(`${shop}/`);
  await eva.presses("Pay with Vipps");
  await eva.seesHeading("Your order");
  await eva.readsOf("2 × NOK 249.00 − NOK 10.00", "NOK 488.00", "1 × NOK 99.00");
  await eva.looksAround("signed-cart");
});

test("a manipulated cart is refused", async () => {
  const signed = await signedBy(["node", "sign-cart.mjs"], cart);
  const [header, payload, signature] = signed.split(".");
  const cheap = Buffer.from(payload, "base64url").toString().replace("58700", "100");
  element = `<kvitt-checkout cart="${header}.${Buffer.from(cheap).toString("base64url")}.${signature}" language="en"></kvitt-checkout>`;
  const eva = await set.shopper();
  eva.expectsError(/status of 422|cart_signature_invalid/);
  await eva.opens(`${shop}/`);
  await eva.presses("Pay with Vipps");
  await eva.seesHeading("This order cannot be paid here");
});

test("an order of the shop's backend is paid by its token", async () => {
  const wanted = { cart: JSON.parse(cart), language: "en", return_url: `${shop}/` };
  const headers = { authorization: `Bearer ${printed("key")}`, "idempotency-key": "order-1001" };
  const answer = await post("/v1/shop/checkouts", wanted, headers);
  const { token, reference } = await answer.json();
  assert.equal(answer.status, 201);
  element = `<kvitt-checkout token="${token}" language="en"></kvitt-checkout>`;
  const eva = await set.shopper();
  await eva.opens(`${shop}/`);
  await eva.seesHeading("Your order");
  await eva.looksAround("opened-by-the-shop");
  await App.fillsIn(eva, { share: true, opened: true });
  const app = await App.in(eva);
  assert.equal((await app.payment()).reference, reference);
  await app.opensHere();
  await app.shares();
  await app.pays();
  await app.returns();
  await eva.isAt(shop, "/");
  await eva.seesHeading("Thank you for your order");
  const { state, amount } = await set.records.payment(reference);
  assert.deepEqual([state, amount.value], ["AUTHORIZED", 58_700]);
});
