/** The proxy's documentation: readable by everybody, in dark rooms, on small telephones, and without a script. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./harness.mjs";

const set = stage();

const pages = ["", "/embedding", "/backend", "/webhooks", "/going-live", "/api", "/problems"];

test("every page can be read, whatever the room and the screen", async () => {
  for (const [room, options] of [
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 360, height: 740 } }],
  ]) {
    const reader = await set.shopper(options);
    for (const page of pages) {
      await reader.opens(`/docs${page}`);
      assert.ok(await reader.page.locator("h1").isVisible(), page);
      await reader.looksAround(`docs${page.replace("/", "-")}-${room}`);
    }
    await reader.leaves();
  }
});

test("a problem's type leads to what to do about it", async () => {
  const answer = await fetch(`${set.shop}/v1/checkouts/nothing`);
  const { type, code } = await answer.json();
  const reader = await set.shopper();
  await reader.opens(type);
  const place = reader.page.locator(":target");
  assert.match(await place.innerText(), new RegExp(`^${code} 404`));
  assert.ok(await place.isVisible());
  await reader.leaves();
});
