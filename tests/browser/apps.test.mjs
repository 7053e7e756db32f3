/** The sample apps: a customer pays in each, with the npm package as it is published, built or served as each app's own tools do it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "./app.mjs";
import { Apps } from "./apps.mjs";
import { stage } from "./harness.mjs";

const VITE = "vite/bin/vite.js";
// Vite takes the next port that is free.
const DEV = ["--host", "127.0.0.1"];
const BUILD = ["build", "--outDir", "target", "--logLevel", "warn"];

const apps = await Apps.withThePackage("react", "vue", "svelte", "webpack", "next", "vite-5", "vite-6");
/** The origin of each app. */
const origins = {
  // The development server is where StrictMode mounts everything twice, and where a dependency is bundled before it is used.
  "react: the development server of Vite 7": await apps.served("react", VITE, DEV),
  "vue: built by Vite 7": await apps.built("vue", VITE, ...BUILD),
  "svelte: built by Vite 7": await apps.built("svelte", VITE, ...BUILD),
  "webpack: built by webpack 5": await apps.built("webpack", "../build.js"),
  "next: rendered by its server": await apps.served("next", "next/dist/bin/next", ["start", "-H", "127.0.0.1", "-p", "0"], ["build"]),
  "vite-5: its development server": await apps.served("vite-5", VITE, DEV),
  "vite-6: its development server": await apps.served("vite-6", VITE, DEV),
};
const set = stage({ args: () => Object.values(origins).flatMap((origin) => ["--allow-origin", origin]) });

for (const [name, origin] of Object.entries(origins)) {
  test(`pays in ${name}`, async () => {
    apps.proxy = set.shop;
    const eva = await set.shopper();
    const files = [];
    eva.page.on("request", (request) => files.push(request.url()));
    await App.fillsIn(eva, { share: true, address: `${origin}/` });
    const app = await App.in(eva);
    const { reference } = await app.payment();
    await app.opensHere();
    await app.shares();
    await app.pays();
    await app.returns();
    await eva.isAt(origin, "/thanks");
    await eva.seesHeading("Thank you for your order");
    // By the app's own handler of the event.
    await eva.readsOf(orderNumber(reference), "State: authorized");
    assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
    // The bytes as a script are for tools that move the script away from its file, and for nobody else.
    assert.equal(files.some((url) => /bytes-/.test(url)), /development server/.test(name), files.join("\n"));
  });
}

test("a server writes the properties of a component as the attributes of its element", async () => {
  const [, tag] = (await (await fetch(origins["next: rendered by its server"])).text()).match(/<kvitt-checkout ([^>]*)>/);
  const attributes = Object.fromEntries([...tag.matchAll(/([^\s=]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const { proxy, "return-url": returnUrl, ...rest } = attributes;
  assert.deepEqual(rest, { items: "mug:2,tea:1", amount: "58700", currency: "NOK", market: "NO", "sales-unit": "no", language: "en" });
  assert.match(returnUrl, /\/thanks$/);
});
