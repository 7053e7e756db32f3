/** Customers at the order desk: a number is shown on request, searched for, sent a payment request, and erased. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ANY_NUMBER } from "./app.mjs";
import { stage } from "./harness.mjs";
import { order, Packer } from "./packer.mjs";
import { until } from "./until.mjs";

const set = stage();

const NUMBER = "+47 912 34 567";

test("a number is shown on request, and erased", async () => {
  const { number, reference } = await order(set);
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  await siv.takes(number);
  await clerk.seesButton("Show the telephone number");
  assert.ok(!clerk.received.some(({ body }) => ANY_NUMBER.test(body)), "the number is loaded only on request");
  await clerk.presses("Show the telephone number");
  await clerk.sees(NUMBER);
  await clerk.looksAround("desk-number");
  await clerk.follows("All data of the customer");
  await clerk.readsOf(NUMBER, "Sharing the telephone number", reference);
  await clerk.looksAround("desk-customer");

  await clerk.follows("Customers");
  clerk.expectsError(/status of 422/);
  await page.getByLabel("Telephone number").fill("912");
  await clerk.presses("Find");
  await clerk.sees("Enter the whole number");
  await page.getByLabel("Telephone number").fill(NUMBER);
  await clerk.types("Enter");
  await clerk.seesButton("Erase the number…");
  await clerk.looksAround("desk-found");
  await clerk.presses("Erase…");
  await clerk.sees("This cannot be undone.");
  await clerk.looksAround("desk-erase");
  await clerk.types("Escape");
  await siv.isThrough();
  await clerk.presses("Erase…");
  await clerk.presses("Erase for good");
  await clerk.sees("Erased. The orders stay, without the personal data.");

  await page.getByLabel("Telephone number").fill(NUMBER);
  await clerk.presses("Find");
  await clerk.sees("Nobody has shared this number.");
  await clerk.follows("Orders");
  await siv.takes(number);
  await clerk.readsOf("What the customer shared has been erased", "NOK 587.00");
});

test("a known customer is sent a request", async () => {
  const { number } = await order(set);
  const siv = await Packer.atTheDesk(set);
  const { clerk, page } = siv;
  await siv.takes(number);
  await clerk.presses("Show the telephone number");
  await clerk.follows("All data of the customer");
  await clerk.follows("Request a payment");
  await clerk.readsOf(`To ${NUMBER}`);
  await page.getByLabel("Item").fill("Stoneware mug");
  await clerk.looksAround("desk-request-known");
  const before = (await set.records.payments()).length;
  await clerk.presses("Send a request for NOK 249.00");
  await clerk.sees("Sent to the customer's phone");
  await clerk.looksAround("desk-request-sent");
  await until("the records to have the payment", async () => (await set.records.payments()).length === before + 1);
});
