/** What needs attention at the order desk: warnings, and endpoints that did not answer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./harness.mjs";
import { order, Packer } from "./packer.mjs";
import { until } from "./until.mjs";

const set = stage();
const WEEK_MS = 7 * 86_400_000;

test("a deadline that is near is listed as a warning with a link to its order", async () => {
  const { number, reference } = await order(set);
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  const capture_by_ms = Date.now() + 1.5 * 86_400_000;
  // The emulator's deadline is a week away. The desk gets one of tomorrow.
  await page.route("**/v1/shop/warnings", (route) =>
    route.fulfill({
      json: {
        warnings: [
          {
            kind: "capture_due",
            detail: "the guarantee of the reservation ends soon: capture it, or release it",
            reference,
            sales_unit: "no",
            at_ms: capture_by_ms,
          },
        ],
      },
    }),
  );
  await page.route("**/v1/shop/orders**", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    for (const one of body.orders ?? [body]) one.capture_deadline = { capture_by_ms, released_at_ms: capture_by_ms + WEEK_MS };
    await route.fulfill({ response: answer, json: body });
  });
  await page.reload();
  await clerk.sees("Capture tomorrow");
  await clerk.looksAround("desk-deadline");
  await clerk.follows(/Attention/);
  await clerk.readsOf("1 needing attention", "Capture soon", "tomorrow");
  await clerk.follows(reference);
  await clerk.seesHeading(number);
  await clerk.readsOf("Ship and capture by");
});

test("a disabled endpoint is enabled, and its events are redelivered", async () => {
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  await page.route("**/v1/shop/warnings", (route) => route.fulfill({ json: { warnings: [] } }));
  await page.route("**/v1/shop/endpoints", (route) => route.fulfill({ json: { endpoints: [] } }));
  await clerk.follows("Attention");
  await clerk.readsOf("Nothing needs attention.", "There are none.");
  await clerk.looksAround("desk-nothing-wrong");

  // The endpoints as the proxy would list them; it/endpoints.rs tests the real list.
  const posted = [];
  let state = "disabled";
  const at = Date.now() - 3_600_000;
  const endpoint = () => ({
    id: "ep_1",
    url: "https://shop.example/hooks",
    state,
    created_at_ms: at,
    ...(state === "disabled" && { disabled_at_ms: at, disabled_reason: "it answered 410" }),
  });
  const delivery = (id, created_at_ms) => ({
    id,
    type: "checkout.authorized",
    state: "given_up",
    tries: 10,
    status: 500,
    error: "answered 500",
    created_at_ms,
  });
  const failed = [delivery("evt_2", at + 1_000), delivery("evt_1", at)];
  await page.route("**/v1/shop/endpoints", (route) => route.fulfill({ json: { endpoints: [endpoint()] } }));
  await page.route("**/v1/shop/endpoints/**", async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fulfill({ json: { deliveries: failed } });
    posted.push([new URL(request.url()).pathname.replace("/v1/shop/endpoints/", ""), request.postData() && request.postDataJSON()]);
    if (request.url().endsWith("/enable")) state = "failing";
    await route.fulfill({ status: 202, json: { events: 1 } });
  });
  await clerk.follows(/Orders/);
  await clerk.follows(/Attention/);
  await clerk.readsOf("https://shop.example/hooks", "Disabled", "it answered 410", "10 tries · answered 500");
  await clerk.looksAround("desk-endpoint");
  await page.getByRole("button", { name: /^Enable/ }).click();
  await clerk.sees("Failing");
  await page
    .getByRole("button", { name: /^Redeliver:/ })
    .first()
    .click();
  await until("the replay to be requested", () => posted.length === 2);
  await page.getByRole("button", { name: /^Redeliver all/ }).click();
  await until("both to be requested", () => posted.length === 3);
  assert.deepEqual(posted, [
    ["ep_1/enable", null],
    ["ep_1/deliveries/evt_2/replay", null],
    ["ep_1/replay", { since_ms: at }],
  ]);
});
