/**
 * The proxy's documentation is accessible in light and dark, on small phones, and without scripts. With scripts, headings are searched and
 * code is copied, by keyboard too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./harness.mjs";
import { until } from "./until.mjs";

const set = stage();

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true };
const narrow = { viewport: { width: 320, height: 640 } };

/** The path of every page, as the navigation of the first one lists them. */
async function pages() {
  const html = await (await fetch(`${set.shop}/docs`)).text();
  const paths = [...html.matchAll(/<a href="(\/docs[a-z/-]*)"/g)].map(([, path]) => path);
  return [...new Set(paths)];
}

const field = (reader) => reader.page.getByRole("combobox", { name: "Search the documentation" });
const options = (reader) => reader.page.getByRole("listbox", { name: "Headings" }).getByRole("option");
const selected = (reader) => reader.page.locator("[role=option][aria-selected=true]");

const status = async (reader) => (await reader.page.getByRole("status").allInnerTexts()).join("");

async function searches(reader, query) {
  await field(reader).pressSequentially(query);
  await options(reader).first().waitFor();
}

test("every page is readable in light and dark, on phone and desktop", async () => {
  const paths = await pages();
  assert.ok(paths.length >= 14, paths.join(" "));
  for (const [room, how] of [
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["phone", phone],
  ]) {
    const reader = await set.shopper(how);
    for (const path of paths) {
      assert.equal(await reader.opens(path), 200, path);
      assert.ok(await reader.page.locator("h1").isVisible(), path);
      await reader.looksAround(`${path.slice(1).replaceAll("/", "-")}-${room}`);
    }
    await reader.leaves();
  }
});

test("nothing but code and tables is wider than the smallest screen", async () => {
  const reader = await set.shopper(narrow);
  for (const path of await pages()) {
    await reader.opens(path);
    const { scrollWidth, clientWidth } = await reader.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    assert.ok(scrollWidth <= clientWidth, `${path}: ${scrollWidth} px of page in ${clientWidth} px of window`);
  }
  await reader.leaves();
});

test("a problem's type leads to its remedy", async () => {
  const answer = await fetch(`${set.shop}/v1/checkouts/nothing`);
  const { type, code } = await answer.json();
  const reader = await set.shopper();
  await reader.opens(type);
  const place = reader.page.locator(":target");
  assert.match(await place.innerText(), new RegExp(`^${code} 404`));
  assert.ok(await place.isVisible());
  await reader.leaves();
});

test("a heading is found and reached by keyboard alone", async () => {
  const reader = await set.shopper();
  await reader.opens("/docs");
  await reader.types("/");
  assert.ok(await field(reader).evaluate((input) => input === document.activeElement && input.value === ""));
  await searches(reader, "limits.header");
  assert.equal(await field(reader).getAttribute("aria-expanded"), "true");
  await until("the number of headings is announced", async () => /^1 heading found$/.test(await status(reader)));
  await reader.looksAround("docs-search");
  await reader.types("ArrowDown");
  assert.equal(await selected(reader).getAttribute("id"), await field(reader).getAttribute("aria-activedescendant"));
  assert.match(await selected(reader).innerText(), /^limits\.header_ms\s+Configuration$/);
  await reader.types("Enter");
  await reader.isAt(set.shop, "/docs/configuration#limitsheader_ms");
  assert.ok(await reader.page.locator(":target").isVisible());
  await reader.leaves();
});

test("the arrows go round the list, Escape closes it, and Enter alone takes the best", async () => {
  const reader = await set.shopper();
  await reader.opens("/docs/webhooks");
  await reader.types("/");
  await searches(reader, "capture");
  const count = await options(reader).count();
  assert.ok(count > 1);
  await reader.types("ArrowUp");
  assert.equal(await selected(reader).getAttribute("id"), `found-${count - 1}`);
  await reader.types("ArrowDown");
  assert.equal(await selected(reader).getAttribute("id"), "found-0");
  await reader.types("Escape");
  assert.equal(await options(reader).count(), 0);
  assert.equal(await field(reader).getAttribute("aria-expanded"), "false");
  assert.equal(await field(reader).inputValue(), "capture");
  await reader.types("Escape");
  assert.equal(await field(reader).inputValue(), "");
  await field(reader).pressSequentially("no heading is called like this");
  await until("the empty result is announced", async () => /^No headings found$/.test(await status(reader)));
  await field(reader).fill("price_changed");
  await reader.types("Enter");
  await reader.isAt(set.shop, "/docs/problems#price_changed");
  await reader.leaves();
});

test("on a phone the search is pressed, and the pages unfold", async () => {
  const reader = await set.shopper(phone);
  await reader.opens("/docs");
  await field(reader).tap();
  await searches(reader, "exit codes");
  await reader.looksAround("docs-search-phone");
  await options(reader).first().tap();
  await reader.isAt(set.shop, "/docs/command-line#exit-codes");
  const pages = reader.page.getByRole("navigation", { name: "Documentation" });
  assert.ok(!(await pages.isVisible()));
  await reader.page.getByText("Pages", { exact: true }).tap();
  await reader.looksAround("docs-navigation-phone");
  await pages.getByRole("link", { name: "Webhooks" }).tap();
  await reader.isAt(set.shop, "/docs/webhooks");
  await reader.leaves();
});

test("code is copied by a button that does not cover it", async () => {
  for (const how of [{}, phone]) {
    const reader = await set.shopper({ ...how, permissions: ["clipboard-read", "clipboard-write"] });
    await reader.opens("/docs");
    const code = await reader.page.locator("pre").first().innerText();
    const button = reader.page.getByRole("button", { name: "Copy this code" }).first();
    assert.equal(await reader.page.locator("pre").count(), await reader.page.locator(".copy").count());
    const [box, block] = [await button.boundingBox(), await reader.page.locator("pre").first().boundingBox()];
    const apart = box.x >= block.x + block.width || box.y + box.height <= block.y;
    assert.ok(apart, JSON.stringify({ box, block }));
    await reader.tabsTo(/^Copy this code$/);
    await reader.types("Enter");
    await until("the button says so", async () => /Copied/.test(await reader.page.locator(".copy").first().innerText()));
    await until("it is announced", async () => /Copied/.test(await status(reader)));
    assert.equal(await reader.page.evaluate(() => navigator.clipboard.readText()), code.trimEnd());
    await reader.leaves();
  }
});

test("without JavaScript there is everything but the search and the buttons", async () => {
  const reader = await set.shopper({ ...phone, javaScriptEnabled: false });
  for (const path of await pages()) {
    assert.equal(await reader.opens(path), 200, path);
    assert.ok(await reader.page.locator("h1").isVisible(), path);
    assert.equal(await reader.page.locator("input, button").count(), 0, path);
  }
  await reader.opens("/docs");
  await reader.page.getByText("Pages", { exact: true }).click();
  await reader.page.getByRole("navigation", { name: "Documentation" }).getByRole("link", { name: "Problems" }).click();
  await reader.isAt(set.shop, "/docs/problems");
  await reader.leaves();
});

test("no script but the site's own is run", async () => {
  const reader = await set.shopper();
  await reader.opens("/docs");
  reader.expectsError(/Content Security Policy|requires 'Trusted(HTML|Script)'/);
  const outcome = await reader.page.evaluate(async () => {
    const violations = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => violations.push(effectiveDirective));
    const script = document.createElement("script");
    let refused = 0;
    for (const run of [() => (script.textContent = "window.ran = true"), () => (document.body.innerHTML = "<b>")]) {
      try {
        run();
      } catch {
        refused += 1;
      }
    }
    const image = new Image();
    image.src = "https://elsewhere.example/x.png";
    await new Promise((done) => (image.onerror = done));
    return { refused, violations, ran: window.ran };
  });
  assert.equal(outcome.refused, 2);
  assert.equal(outcome.ran, undefined);
  assert.ok(outcome.violations.includes("img-src"), JSON.stringify(outcome));
  await reader.leaves();
});
