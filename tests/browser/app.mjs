/**
 * The customer's side of Vipps MobilePay: the landing page and the app, which the emulator shows as web pages. It works in
 * the browser that shops, and in another one that plays the phone.
 */
import assert from "node:assert/strict";

/** A telephone number of the emulator's customers, as digits or as it is shown. A shop's page must never get one. */
export const ANY_NUMBER = /91\s?23\s?45\s?67|912\s34\s567|4512345678|12\s34\s56\s78|40\s?1234567|40\s123\s4567/;

/** The number of the order that a payment is an attempt at. */
export const orderNumber = (reference) => reference.replace(/-\d+$/, "");

export class App {
  #shopper;
  #url;

  /**
   * @param {import("./shopper.mjs").Shopper} shopper the customer whose browser shows it
   * @param {string} [url] the landing page's address
   */
  constructor(shopper, url) {
    this.#shopper = shopper;
    this.#url = url;
  }

  /** Waits for the landing page in this browser. */
  static async in(shopper) {
    await shopper.isAt(shopper.set.vipps, "/landing?token=");
    await shopper.seesButton("Next");
    return new App(shopper, await shopper.address());
  }

  /** Opens the list of payments of a phone. */
  static async onThePhone(shopper, number = "+47 912 34 567") {
    await shopper.opens(`${shopper.set.vipps}/phone`);
    await shopper.seesHeading("Whose phone is this?");
    await shopper.presses(number);
    await shopper.seesHeading("Payments");
    return new App(shopper);
  }

  /** Accepts the terms on the shop's page, and submits the order. */
  static async fillsIn(shopper, { share, address = "/", caption = "Pay with Vipps", opened = false, before }) {
    if (!opened) {
      await shopper.opens(address);
      await shopper.presses(caption);
    }
    await shopper.seesHeading("Your order");
    await shopper.ticks(/I accept the terms of sale/);
    if (share) await shopper.ticks(/Share my phone number with Nordlys Keramikk/);
    await before?.();
    await shopper.presses(caption);
  }

  /** The same, up to the landing page. Returns it and the payment's reference. */
  static async startsFor(shopper, wish) {
    await App.fillsIn(shopper, wish);
    const app = await App.in(shopper);
    return { app, reference: (await app.payment()).reference };
  }

  /** The same, up to the confirmation. Returns the reference and the payment's return URL. */
  static async paysFor(shopper, wish) {
    const { app, reference } = await App.startsFor(shopper, wish);
    const { request } = await app.payment();
    await app.opensHere();
    if (wish.share) await app.shares();
    await app.pays();
    await app.returns();
    await shopper.seesHeading("Thank you for your order");
    return { reference, returned: request.returnUrl };
  }

  /** The emulator's record of the payment. */
  payment() {
    return this.#shopper.set.records.at(this.#url);
  }

  /** Sends the payment to the phone whose number is filled in. */
  async sendsToThePhone() {
    await this.#shopper.presses("Next");
    await this.#shopper.seesHeading(/^Open (Vipps|MobilePay) on your phone$/);
  }

  /** Continues in this browser, as an app on the same device would. */
  async opensHere() {
    await this.#shopper.follows("Open the app in this browser");
    await this.#shopper.isAt(this.#shopper.set.vipps, "/phone/payments/");
  }

  /** Opens the payment that was sent to this phone. */
  async takes(reference) {
    const { redirectUrl } = await this.#shopper.set.records.payment(reference);
    const token = new URL(redirectUrl).searchParams.get("token");
    await this.#shopper.page.locator(`a[href="/phone/payments/${token}"]`).click();
  }

  async shares() {
    await this.#shopper.readsOf("needs some information", "Phone number");
    await this.#shopper.presses("Share information");
    await this.#shopper.seesButton("Pay");
  }

  /** Opens the lines and the VAT, and closes them. */
  async looksAtTheDetails(...lines) {
    await this.#shopper.follows("Show details");
    await this.#shopper.readsOf(...lines);
    await this.#shopper.looksAround("app-details");
    await this.#shopper.follows("Close");
  }

  async pays() {
    await this.#shopper.seesButton(/^Pay$/);
    assert.ok(!(await this.#shopper.hasButton("Share information")), "the app requests information");
    await this.#shopper.presses("Pay");
    await this.#shopper.seesHeading("Paid");
  }

  async refusesToShare() {
    await this.#shopper.seesButton("Share information");
    await this.cancels();
  }

  async cancels() {
    await this.#shopper.presses("Cancel");
    await this.#shopper.seesHeading("You cancelled the payment");
  }

  async letsItExpire() {
    await this.#shopper.presses("Let it expire");
    await this.#shopper.seesHeading("The payment has expired");
  }

  async returns() {
    await this.#shopper.follows("Back to the shop");
  }

  /** Pays with Tab and Enter only. */
  async walksThroughByKeyboard() {
    for (const name of [/^Open the app in this browser$/, /^Share information$/, /^Pay$/, /^Back to the shop$/]) {
      await this.#shopper.sees(name);
      await this.#shopper.tabsTo(name);
      await this.#shopper.types("Enter");
    }
  }
}
