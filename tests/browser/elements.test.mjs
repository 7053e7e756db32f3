/** The elements among the shop's own code: their events, their language, what was set early, where they stand, and what is left of them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App } from "./app.mjs";
import { stage } from "./harness.mjs";
import { site } from "./site.mjs";
import { until } from "./until.mjs";

const pages = {};
const shop = await site((path) => pages[path]);
const set = stage({ args: () => ["--allow-origin", shop] });

const CHECKOUT = () =>
  `<kvitt-checkout proxy="${set.shop}" items="mug:2,tea:1" amount="58700" currency="NOK" market="NO" language="en"></kvitt-checkout>`;
const SCRIPT = () => `<script type="module" src="${set.shop}/pkg/kvitt.js"></script>`;
const page = (body, { head = SCRIPT(), root = 'lang="en"' } = {}) => ({
  body: `<!doctype html><html ${root}><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">${head}<body>${body}</html>`,
});

/** A customer on a page of the shop. */
async function comesTo(html, options) {
  pages["/"] = html;
  const eva = await set.shopper(options);
  await eva.opens(`${shop}/`);
  return eva;
}

test("each event comes under both of its names, and who cancels either way of leaving stays", async () => {
  for (const cancelled of ["kvitt-leave", "kvitt:leave"]) {
    const eva = await comesTo(page(CHECKOUT()));
    await eva.page.evaluate((cancelled) => {
      globalThis.heard = [];
      for (const name of ["open", "leave", "state"])
        for (const type of [`kvitt-${name}`, `kvitt:${name}`])
          document.addEventListener(type, (event) => {
            heard.push([type, JSON.stringify(event.detail), event.bubbles, event.composed, event.target.localName]);
            if (type === cancelled) event.preventDefault();
          });
    }, cancelled);
    await App.fillsIn(eva, { share: false, opened: await eva.presses("Pay with Vipps").then(() => true) });
    await eva.seesHeading("Complete the payment in Vipps");
    const heard = await until("the widget to leave", async () => {
      const heard = await eva.page.evaluate(() => globalThis.heard);
      return heard.some(([type]) => type === "kvitt:leave") && heard;
    });
    const of = (mark) => heard.filter(([type]) => type[5] === mark).map(([type, ...rest]) => [type.slice(6), ...rest]);
    assert.deepEqual(of("-"), of(":"));
    assert.deepEqual([...new Set(of("-").map(([type]) => type))].sort(), ["leave", "open", "state"]);
    assert.ok(of("-").every(([, , bubbles, composed, target]) => bubbles && composed && target === "kvitt-checkout"));
    await eva.leaves();
  }
});

test("the language is that of the nearest lang, through shadow roots and up to the root", async () => {
  const eva = await comesTo(page('<shop-cart lang="da"></shop-cart><shop-box></shop-box>', { root: 'lang="sv-SE"' }));
  const captions = await eva.page.evaluate(async () => {
    await customElements.whenDefined("kvitt-checkout");
    const inside = (host) => {
      const root = document.querySelector(host).attachShadow({ mode: "closed" });
      root.innerHTML = "<p><kvitt-checkout></kvitt-checkout></p>";
      return root.querySelector("kvitt-checkout");
    };
    const own = document.body.appendChild(document.createElement("kvitt-checkout"));
    own.remove();
    own.lang = "fi";
    document.body.append(own);
    return [inside("shop-cart"), inside("shop-box"), own].map((element) => element.shadowRoot.querySelector("button").textContent);
  });
  assert.deepEqual(captions, ["Betal med Vipps", "Betala med Vipps", "Maksa Vippsillä"]);
});

test("what is set before the elements are defined stays", async () => {
  const early = `<script>Object.assign(document.querySelector("kvitt-checkout"), { language: "nb", items: "tea:1", amount: 8900, salesUnit: "no" })</script>`;
  const eva = await comesTo(page(CHECKOUT() + early + SCRIPT(), { head: "" }));
  await eva.presses("Betal med Vipps");
  await eva.seesHeading("Din bestilling");
  await eva.readsOf("Loose-leaf tea", "89");
  const read = await eva.page.locator("kvitt-checkout").evaluate(({ language, items, amount, salesUnit }) => [language, items, amount, salesUnit]);
  assert.deepEqual(read, ["nb", "tea:1", "8900", "no"]);
});

test("a base of another origin changes nothing", async () => {
  const eva = await comesTo(page(CHECKOUT(), { head: `<base href="http://cdn.example/assets/">${SCRIPT()}` }));
  await App.fillsIn(eva, { share: false, opened: await eva.presses("Pay with Vipps").then(() => true) });
  const app = await App.in(eva);
  const { request } = await app.payment();
  await app.opensHere();
  await app.pays();
  pages["/thanks"] = page(`<kvitt-confirmation proxy="${set.shop}" language="en"></kvitt-confirmation>`, {
    head: `<base href="http://cdn.example/assets/">${SCRIPT()}`,
  });
  const token = new URL(request.returnUrl).pathname.split("/").at(-1);
  await eva.opens(`${shop}/thanks?from=mail&kvitt=${token}#top`);
  await eva.seesHeading("Thank you for your order");
  assert.equal(eva.page.url(), `${shop}/thanks?from=mail#top`);
});

test("an element that is removed is collected with its screens", async () => {
  const eva = await comesTo(page("<main></main>"));
  const devtools = await eva.context.newCDPSession(eva.page);
  const nodes = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Memory.getDOMCounters")).nodes;
  };
  const mounts = async () => {
    await eva.page.evaluate((html) => (document.querySelector("main").innerHTML = html), CHECKOUT());
    await eva.presses("Pay with Vipps");
    await eva.seesHeading("Your order");
    await eva.page.evaluate(() => document.querySelector("kvitt-checkout").remove());
  };
  await mounts();
  const before = await nodes();
  for (let mounted = 0; mounted < 10; mounted += 1) await mounts();
  // One element has some seventy nodes. The last one may be held by the task that is ending.
  await until("the elements to be collected", async () => (await nodes()) - before < 100);
});

test("an element that comes back shows its order again", async () => {
  const eva = await comesTo(page(CHECKOUT()));
  await eva.page.evaluate(() => addEventListener("kvitt-leave", (event) => event.preventDefault()));
  await App.fillsIn(eva, { share: false, opened: await eva.presses("Pay with Vipps").then(() => true) });
  await eva.seesHeading("Complete the payment in Vipps");
  const element = await eva.page.evaluateHandle(() => document.querySelector("kvitt-checkout"));
  await element.evaluate((element) => element.remove());
  await eva.page.evaluate(() => new Promise(requestAnimationFrame));
  await element.evaluate((element) => document.body.append(element));
  await eva.seesHeading("Complete the payment in Vipps");
  await eva.presses("Cancel the payment");
  await eva.seesHeading("The payment is cancelled");
});

test("in a frame that may not leave its page the customer pays in another tab", async () => {
  pages["/framed"] = page(CHECKOUT());
  const eva = await comesTo(page('<iframe title="Cart" sandbox="allow-scripts allow-same-origin allow-popups" src="/framed" width="900" height="800"></iframe>'));
  eva.expectsError(/Unsafe attempt to initiate navigation|allow-top-navigation|can escape its sandboxing/);
  const frame = eva.page.frameLocator("iframe");
  await frame.getByRole("button", { name: "Pay with Vipps" }).click();
  await frame.getByRole("checkbox", { name: /I accept the terms of sale/ }).check();
  await frame.getByRole("button", { name: "Pay with Vipps" }).click();
  await frame.getByRole("heading", { name: "Complete the payment in Vipps" }).waitFor();
  const opened = eva.context.waitForEvent("page");
  await frame.getByRole("link", { name: "Open Vipps" }).click();
  await (await opened).getByRole("button", { name: "Next" }).waitFor();
});
