/** A shop that set something up wrongly reads the cause, the place and the cure on the console. Its customers are never told to check theirs. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

import { stage } from "./harness.mjs";
import { site } from "./site.mjs";
import { until } from "./until.mjs";

const pkg = new URL("../../www/pkg/", import.meta.url);
/** The sites that this file starts: their pages and the widget's files, each by its path. */
const pages = {};
const answer = (path) => pages[path];
const known = await site(answer);
const stranger = await site(answer);
const set = stage({ args: () => ["--allow-origin", known] });

const CART = 'items="mug:2,tea:1" amount="58700" currency="NOK" market="NO" language="en"';
const FAULT = "The shop's payment is not set up correctly. Please contact the shop.";
const FAULTS = {
  nb: "Butikkens betaling er ikke satt opp riktig. Ta kontakt med butikken.",
  da: "Butikkens betaling er ikke sat rigtigt op. Kontakt butikken.",
  fi: "Kaupan maksua ei ole määritetty oikein. Ota yhteyttä kauppaan.",
  sv: "Butikens betalning är inte rätt inställd. Kontakta butiken.",
  en: FAULT,
};

/** A page with an element, and the widget from the proxy or from another address. */
const page = (element, { script = set.shop, policy } = {}) => ({
  body: `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><script type="module" src="${script}/pkg/kvitt.js"></script>${element}</html>`,
  headers: policy ? { "content-security-policy": policy } : {},
});

const checkout = (attributes) => `<kvitt-checkout ${attributes}></kvitt-checkout>`;

/** A customer who opens a page with this element. Nothing but the explanation is looked at, so any error may come with it. */
async function comes(element, { at = known, ...options } = {}) {
  pages["/"] = page(element, options);
  const eva = await set.shopper();
  eva.expectsError(/./);
  await eva.opens(`${at}/`);
  return eva;
}

/** Waits for the explanation, and returns it. */
const explained = (shopper, cause) => until(`the console to say ${cause}`, () => shopper.errors.find((error) => error.startsWith("kvitt: ") && cause.test(error)));

/** The explanation names the element and its page, and says what to do. */
function says(text, element, cure) {
  assert.match(text, element);
  assert.match(text, /\nWhere: <kvitt-(checkout|confirmation)[^\n]* in http:\/\/127\.0\.0\.1:\d+\/\n/);
  assert.match(text.split("\nWhat to do: ")[1], cure);
}

test("an article that the proxy does not know", async () => {
  const eva = await comes(checkout(`proxy="${set.shop}" items="anchor:1" currency="NOK" market="NO"`));
  await eva.presses("Pay with Vipps");
  const text = await explained(eva, /the proxy refuses this order/);
  assert.match(text, /anchor/, "the proxy's detail");
  says(text, /items="anchor:1"/, /\/docs\/problems#\w+/);
  const link = text.match(/http\S+\/docs\/problems#(\w+)/);
  assert.match(await (await fetch(link[0])).text(), new RegExp(`id="${link[1]}"`), "the link leads to the problem");
  await eva.goesBack();
});

test("an origin that the proxy does not allow", async () => {
  const eva = await comes(checkout(`proxy="${set.shop}" ${CART}`), { at: stranger });
  await eva.presses("Pay with Vipps");
  says(await explained(eva, /keeps the proxy's answers/), new RegExp(`${stranger} is not in the proxy's allowed_origins`), /add it there/);
});

for (const [name, proxy, cause, cure] of [
  ["without its scheme", "pay.shop.example", /is not a Kvitt proxy: .*answered 204/, /correct the attribute proxy/],
  ["that is no address", "https://", /"https:\/\/" is not the address of a proxy/, /correct the attribute proxy/],
  ["where nothing answers", "http://127.0.0.1:9", /nothing answers at http:\/\/127\.0\.0\.1:9/, /start the proxy/],
]) {
  test(`a proxy ${name}`, async () => {
    const eva = await comes(checkout(`proxy="${proxy}" ${CART}`));
    await eva.presses("Pay with Vipps");
    says(await explained(eva, cause), cause, cure);
  });
}

test("no proxy, with the npm package", async () => {
  for (const file of await readdir(pkg)) if (/\.(js|wasm)$/.test(file)) pages[`/npm/${file}`] = { body: await readFile(new URL(file, pkg)), type: file.endsWith(".js") ? "text/javascript" : "application/wasm" };
  pages["/"] = { body: `<!doctype html><html lang="en"><title>Shop</title><script type="module" src="/npm/define.js"></script>${checkout(CART)}</html>` };
  const eva = await set.shopper();
  eva.expectsError(/./);
  await eva.opens(`${known}/`);
  await eva.presses("Pay with Vipps");
  says(await explained(eva, /is not a Kvitt proxy/), new RegExp(known), /set the attribute proxy .*a bundled script does not know it/);
});

test("a return address that the proxy does not allow", async () => {
  const eva = await comes(checkout(`proxy="${set.shop}" ${CART} return-url="https://elsewhere.example/"`));
  await eva.presses("Pay with Vipps");
  await eva.ticks(/I accept the terms of sale/);
  await eva.presses("Pay with Vipps");
  says(await explained(eva, /the proxy refuses this order \(\w*return\w*\)/), /elsewhere\.example/, /\/docs\/problems#\w*return/);
});

test("a policy without requests to the proxy", async () => {
  const policy = `script-src ${set.shop} 'wasm-unsafe-eval'; connect-src 'self'`;
  const eva = await comes(checkout(`proxy="${set.shop}" ${CART}`), { policy });
  await eva.presses("Pay with Vipps");
  await eva.sees(FAULT);
  says(await explained(eva, /refuses requests to/), new RegExp(set.shop), new RegExp(`add ${set.shop} to its connect-src`));
});

test("a policy without WebAssembly, in each language", async () => {
  for (const [language, sentence] of Object.entries(FAULTS)) {
    const policy = `script-src ${set.shop}; connect-src ${set.shop}`;
    const eva = await comes(checkout(`proxy="${set.shop}" ${CART.replace('"en"', `"${language}"`)}`), { policy });
    await eva.sees(sentence);
    says(await explained(eva, /refuses WebAssembly/), /Content-Security-Policy/, /'wasm-unsafe-eval'/);
    await eva.leaves();
  }
});

test("a page in place of the WebAssembly", async () => {
  for (const file of await readdir(pkg)) {
    const type = file.endsWith(".js") ? "text/javascript" : undefined;
    if (type) pages[`/pkg/${file}`] = { body: await readFile(new URL(file, pkg)), type };
    if (file.endsWith(".wasm")) pages[`/pkg/${file}`] = { body: "<!doctype html><title>Shop</title>" };
  }
  const eva = await comes(checkout(`proxy="${set.shop}" ${CART}`), { script: known });
  await eva.sees(FAULT);
  says(await explained(eva, /kvitt-\w+\.wasm is answered 200 with text\/html/), /instead of a file/, /put all files of one build/);
});

test("an amount that is none, and a property that a server wrote in small letters", async () => {
  const eva = await comes(checkout(`proxy="${set.shop}" ${CART.replace("58700", "587,00")} salesunit="dk" returnurl="/thanks"`));
  says(await explained(eva, /the amount or its currency cannot be used: "587,00", "NOK"/), /587,00/, /øre or cent/);
  const element = eva.page.locator("kvitt-checkout");
  assert.deepEqual(await element.evaluate(({ salesUnit, returnUrl }) => ({ salesUnit, returnUrl })), { salesUnit: "dk", returnUrl: "/thanks" });
  assert.equal(await element.getAttribute("sales-unit"), "dk");
});

test("where nothing is wrong nothing is loaded for it", async () => {
  pages["/"] = page(checkout(`proxy="${set.shop}" ${CART}`));
  const eva = await set.shopper();
  const files = [];
  eva.page.on("request", (request) => files.push(request.url()));
  await eva.opens(`${known}/`);
  await eva.presses("Pay with Vipps");
  await eva.seesHeading("Your order");
  assert.ok(files.some((url) => /\.wasm$/.test(url)));
  assert.deepEqual(files.filter((url) => /\/pkg\/(trouble|bytes)-/.test(url)), []);
});
