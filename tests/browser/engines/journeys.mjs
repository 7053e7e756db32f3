/** The journeys that a customer makes, written once and made in each engine. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { App, orderNumber } from "../app.mjs";
import { until } from "../until.mjs";
import { missing, stage } from "./stage.mjs";

/** Pays in this browser, and comes back. */
async function paysAndReturns(app, { share = false } = {}) {
  await app.opensHere();
  if (share) await app.shares();
  await app.pays();
  await app.returns();
}

/** Keeps the page where it is when the widget would leave it. */
const stays = (customer) => customer.runs(() => addEventListener("kvitt:leave", (event) => event.preventDefault()));

/** Pays by the form of the other shop, up to the confirmation on the proxy's own page. */
async function paysByTheForm(set, customer) {
  await customer.ticks(/I accept the terms of sale/);
  await customer.presses("Send the form");
  const app = await App.in(customer);
  const { reference } = await app.payment();
  await paysAndReturns(app);
  await customer.isAt(set.shop, "/return/");
  await customer.seesHeading("Thank you for your order");
  assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
}

/** The relative luminance of the widget's paper and of its ink, from 0 (black) to 1 (white). */
const luminances = (customer) =>
  customer.runs(() => {
    const style = getComputedStyle(document.querySelector("kvitt-checkout").shadowRoot.querySelector(".frame"));
    return [style.backgroundColor, style.color].map((colour) => {
      const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
  });

/** Takes the rules with `:has` away, as in a browser that does not know it. Whether the heading still stands below the mark above it. */
function standsBelowItsMark() {
  const root = document.querySelector("kvitt-confirmation").shadowRoot;
  for (const sheet of root.adoptedStyleSheets) {
    const places = [...sheet.cssRules].map((rule, place) => (rule.selectorText?.includes(":has") ? place : -1));
    for (const place of places.filter((place) => place >= 0).reverse()) sheet.deleteRule(place);
  }
  const [mark, heading] = ["tick", "heading"].map((part) => root.querySelector(`[part~=${part}]`).getBoundingClientRect());
  return mark.bottom <= heading.top;
}

/**
 * Registers the tests.
 *
 * @param {"chromium" | "firefox" | "webkit"} engine
 */
export function journeys(engine) {
  const set = stage(engine);
  /** A test with a customer, whose console must have no error that matches no pattern of `expected`. */
  const journey = (title, { expected = [], ...options }, makes) =>
    test(`${engine}: ${title}`, async () => {
      const kari = await set.customer(options);
      await makes(kari);
      await kari.leaves();
      assert.deepEqual(kari.errors.filter((error) => !expected.some((pattern) => pattern.test(error))), []);
    });

  journey("from the product to the confirmation", {}, async (kari) => {
    await kari.opens("/mug.html");
    await kari.follows("Go to the cart");
    await kari.presses("Pay with Vipps");
    await App.fillsIn(kari, { share: true, opened: true, before: () => kari.looksAround("start") });
    const app = await App.in(kari);
    const { reference } = await app.payment();
    await paysAndReturns(app, { share: true });
    await kari.isAt(set.shop, "/return.html");
    await kari.seesHeading("Thank you for your order");
    await kari.readsOf(orderNumber(reference), "Total NOK 587.00", /Shared, ending in ··67/);
    await kari.looksAround("confirmation");
    assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
    assert.ok(await kari.runs(standsBelowItsMark), "the heading stands below its mark where `:has` is unknown");
    // The token is out of the address, and a reload still shows the order.
    assert.equal(await kari.address(), `${set.shop}/return.html`);
    await kari.reloads();
    await kari.seesHeading("Thank you for your order");
    await kari.readsOf(orderNumber(reference));
  });

  journey("rejects, and tries again", {}, async (kari) => {
    const { app, reference } = await App.startsFor(kari, { share: false });
    await app.opensHere();
    await app.cancels();
    await set.records.reaches(reference, "ABORTED");
    await app.returns();
    await kari.seesHeading("The payment was stopped");
    await kari.presses("Try again");
    const again = await App.in(kari);
    const { reference: second } = await again.payment();
    assert.notEqual(second, reference);
    await paysAndReturns(again);
    await kari.seesHeading("Thank you for your order");
    await kari.readsOf(orderNumber(second));
  });

  journey("returns in another window, and in another browser", {}, async (kari) => {
    const { app, reference } = await App.startsFor(kari, { share: false });
    const { request } = await app.payment();
    await app.opensHere();
    await app.pays();
    for (const place of [await kari.opensAnotherWindow(), await set.customer()]) {
      await place.opens(request.returnUrl);
      await place.isAt(set.shop, "/return.html");
      await place.seesHeading("Thank you for your order");
      await place.readsOf(orderNumber(reference));
    }
  });

  journey("reloads in the middle, and the open page follows to the confirmation", {}, async (kari) => {
    await kari.opens("/");
    await stays(kari);
    await kari.presses("Pay with Vipps");
    await App.fillsIn(kari, { share: false, opened: true });
    await kari.seesHeading("Complete the payment in Vipps");
    await kari.reloads();
    await kari.seesHeading("Complete the payment in Vipps");
    await kari.looksAround("waiting");
    await kari.runs(() => (globalThis.sameDocument = true));
    const { reference } = (await set.records.payments()).at(-1);
    await set.records.approves(reference);
    await kari.seesHeading("Thank you for your order");
    await kari.readsOf(orderNumber(reference));
    assert.ok(await kari.runs(() => globalThis.sameDocument), "the page was not loaded again");
  });

  journey("scans the QR with a phone, and the page follows", {}, async (kari) => {
    await kari.opens("/");
    await kari.presses("Pay with Vipps");
    await kari.sees("Or scan with your phone’s camera, and pay there.");
    const source = await until("the QR", () =>
      kari.runs(() => {
        const code = document.querySelector("kvitt-checkout").shadowRoot.querySelector(".code");
        return code.complete && code.naturalWidth > 0 && code.src;
      }),
    );
    await kari.looksAround("scan");
    const phone = await set.customer({ width: 390, height: 844 });
    await phone.opens(source.replace(/\/qr\.svg$/, ""));
    await phone.ticks(/I accept the terms of sale/);
    await phone.presses("Pay with Vipps");
    const app = await App.in(phone);
    const { reference } = await app.payment();
    await app.opensHere();
    await app.pays();
    await kari.seesHeading("Thank you for your order");
    await kari.readsOf(orderNumber(reference));
  });

  journey("uses nothing but the keyboard", {}, async (kari) => {
    await kari.opens("/");
    await kari.tabsTo(/^Pay with Vipps$/);
    await kari.types("Enter");
    await kari.seesHeading("Your order");
    await until("the focus on the new screen", async () => /Your order/.test(await kari.focus()));
    await kari.tabsTo(/I accept the/);
    await kari.types("Space");
    await kari.tabsTo(/^Pay with Vipps$/);
    await kari.types("Enter");
    const app = await App.in(kari);
    const { reference } = await app.payment();
    await kari.tabsTo(/^Open the app in this browser$/);
    await kari.types("Enter");
    await kari.seesButton("Pay");
    await kari.tabsTo(/^Pay$/);
    await kari.types("Enter");
    await kari.seesHeading("Paid");
    await kari.tabsTo(/^Back to the shop$/);
    await kari.types("Enter");
    await kari.seesHeading("Thank you for your order");
    assert.equal((await set.records.payment(reference)).state, "AUTHORIZED");
  });

  for (const dark of [false, true]) {
    journey(`pays in ${dark ? "the dark" : "the light"}, on a screen of 320 pixels`, { dark, width: 320, height: 640 }, async (kari) => {
      const name = dark ? "small-dark" : "small";
      // A page that sets none of the widget's colours.
      await kari.opens(`${set.other}/`);
      await kari.presses("Pay with Vipps");
      await kari.seesHeading("Your order");
      const [paper, ink] = await luminances(kari);
      assert.ok(dark ? paper < 0.2 && ink > 0.7 : paper > 0.8 && ink < 0.2, `paper ${paper}, ink ${ink}`);

      await kari.opens("/");
      assert.equal(await kari.runs(() => innerWidth), 320);
      await kari.looksAround(`${name}-shop`);
      await App.fillsIn(kari, { share: true, before: () => kari.looksAround(`${name}-start`) });
      const app = await App.in(kari);
      await paysAndReturns(app, { share: true });
      await kari.seesHeading("Thank you for your order");
      await kari.looksAround(`${name}-confirmation`);
    });
  }

  journey("pays with scripts off", { scripts: false }, async (kari) => {
    await kari.opens("/");
    await kari.ticks(/I accept the terms of sale/);
    await kari.presses("Pay with Vipps");
    const app = await App.in(kari);
    await paysAndReturns(app);
    await kari.isAt(set.shop, "/return/");
    await kari.seesHeading("Thank you for your order");
    await kari.looksAround("plain-confirmation");
  });

  // Such pages say on the console what is missing, each engine in its own words.
  const said = { expected: [/./] };
  journey("pays by the form where the policy refuses WebAssembly", said, async (kari) => {
    await kari.opens(`${set.other}/no-wasm`);
    await paysByTheForm(set, kari);
  });

  journey("gets the form in a browser that lacks what the widget needs", said, async (kari) => {
    for (const feature of Object.keys(missing)) {
      await kari.opens(`${set.other}/without/${feature}`);
      await kari.seesButton("Send the form");
    }
  });
}
