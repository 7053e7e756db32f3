/**
 * The emulator's records, read through its control API: the calls that Vipps MobilePay received, and each payment.
 */
import assert from "node:assert/strict";

import { until } from "./until.mjs";

export class Records {
  #vipps;

  constructor(vipps) {
    this.#vipps = vipps;
  }

  async #reads(path) {
    const answer = await fetch(`${this.#vipps}/_emulator/${path}`);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  /** All payments, the oldest first. */
  payments() {
    return this.#reads("payments");
  }

  /** One payment: as a GET shows it, with its `msn`, `events`, `request`, `receipt`, `customer` and `redirectUrl`. */
  payment(reference) {
    return this.#reads(`payments/${reference}`);
  }

  /** The payment of a landing page. */
  async at(redirectUrl) {
    const payment = (await this.payments()).find((payment) => payment.redirectUrl === redirectUrl);
    assert.ok(payment, `no payment has ${redirectUrl}`);
    return payment;
  }

  /** Approves a payment, as its customer does in the app. */
  async approves(reference) {
    const answer = await fetch(`${this.#vipps}/_emulator/payments/${reference}/approve`, { method: "POST" });
    assert.ok(answer.ok, `approve: ${answer.status}`);
  }

  /** Waits until a payment is in this state. */
  reaches(reference, state) {
    return until(`${reference} to be ${state}`, async () => {
      const payment = await this.payment(reference);
      return payment.state === state && payment;
    });
  }

  /** The calls that were received, with their headers but without secrets. */
  async received(method, path) {
    const calls = await this.#reads("requests");
    return calls.filter((call) => call.method === method && call.path === path);
  }
}
