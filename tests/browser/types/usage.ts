// A shop's code, as the types of the npm package see it. It is compiled and never run.
import { KvittCheckout, KvittConfirmation, register } from "kvitt";
import type { KvittEvents, KvittState } from "kvitt";
import "kvitt/define";

register();

const checkout = document.createElement("kvitt-checkout");
checkout.items = "mug:2,tea:1";
checkout.amount = 58700;
const amount: string | null = checkout.amount;
checkout.currency = "NOK";
checkout.market = "NO";
checkout.salesUnit = null;
checkout.returnUrl = "/thanks";
checkout.language = "nb";
checkout.proxy = "https://pay.shop.example";

checkout.addEventListener("kvitt-leave", (event) => {
  event.preventDefault();
  const { redirectUrl, token }: { redirectUrl: string; token: string } = event.detail;
  window.open(redirectUrl, token);
});
checkout.addEventListener("kvitt-state", ({ detail }) => {
  const state: KvittState = detail.state;
  console.log(state, detail.reference, detail.token);
});
checkout.addEventListener("kvitt-trouble", ({ detail }) => console.log(detail.code.length));
checkout.addEventListener("kvitt-open", ({ detail }) => {
  const nothing: null = detail;
  console.log(nothing);
});
checkout.addEventListener("click", ({ clientX }) => console.log(clientX));

// The names of 0.1, until 0.2.
const listener = (event: KvittEvents["kvitt:state"]) => console.log(event.detail.state);
checkout.addEventListener("kvitt:state", listener, { once: true });
checkout.removeEventListener("kvitt:state", listener);

const found: KvittConfirmation | null = document.querySelector("kvitt-confirmation");
if (found) found.token = new URLSearchParams(location.search).get("kvitt");
document.body.append(checkout, new KvittConfirmation());
console.log(checkout instanceof KvittCheckout);

// @ts-expect-error An amount is minor units: a number or text.
checkout.amount = { value: 58700 };
console.log(amount);
// An order that the shop's backend has opened.
checkout.token = "token";
// @ts-expect-error There is no such state.
const paid: KvittState = "paid";
checkout.addEventListener("kvitt:state", ({ detail }) => {
  // @ts-expect-error The telephone number never reaches the page.
  console.log(detail.phoneNumber, paid);
});
