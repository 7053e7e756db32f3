/**
 * The emulator's books, read through its control API: what Vipps MobilePay received, and what it has of each payment.
 */
import assert from "node:assert/strict";

import { until } from "./patience.mjs";

export class Books {
  #vipps;

  constructor(vipps) {
    this.#vipps = vipps;
  }

  async #asks(path) {
    const answer = await fetch(`${this.#vipps}/_emulator/${path}`);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  /** All payments, the oldest first. */
  payments() {
    return this.#asks("payments");
  }

  /** One payment: as a GET shows it, with its `msn`, `events`, `request`, `receipt`, `customer` and `redirectUrl`. */
  payment(reference) {
    return this.#asks(`payments/${reference}`);
  }

  /** The payment that a landing page is for. */
  async at(redirectUrl) {
    const payment = (await this.payments()).find((payment) => payment.redirectUrl === redirectUrl);
    assert.ok(payment, `no payment has ${redirectUrl}`);
    return payment;
  }

  /** Waits until a payment is in this state. */
  stands(reference, state) {
    return until(`${reference} to be ${state}`, async () => {
      const payment = await this.payment(reference);
      return payment.state === state && payment;
    });
  }

  /** The calls that were received, with their headers but without secrets. */
  async received(method, path) {
    const calls = await this.#asks("requests");
    return calls.filter((call) => call.method === method && call.path === path);
  }
}
