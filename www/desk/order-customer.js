/**
 * Who has paid, in an order: nothing until it is asked for, since most of the work needs no number.
 */
import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { moment, precisely } from "./format.js";
import { trouble } from "./problems.js";

/** A telephone number, as people read it. */
export function number(digits) {
  const parts = digits.match(/^(47|45)(\d{2,3})(\d{2})(\d{3}|\d{2})$/) ?? digits.match(/^(358)(\d{2})(\d{3})(\d+)$/);
  return parts ? `+${parts.slice(1).join(" ")}` : `+${digits}`;
}

/** What has become of a yes to sharing the number, where there is no customer to look at. */
const SHARING = {
  awaited: "The customer agreed to share a telephone number. It has not come yet.",
  missed: "The customer agreed to share a telephone number, but it could not be had in time.",
  erased: "What the customer shared has been erased.",
};

/**
 * The section of an order. What has been asked for stays shown when the order is painted anew: `shown` is kept for it.
 *
 * @param order
 * @param {{ customer?: object }} shown
 */
export function customerOf(order, shown) {
  const place = h("div.customer-place");
  const reveal = async () => {
    try {
      shown.customer = await ask("GET", `/v1/shop/customers/${encodeURIComponent(order.customer_id)}`);
      fill(place, shownBriefly(shown.customer));
    } catch (error) {
      fill(place, trouble(error, reveal));
    }
  };
  const inside = () => {
    if (!order.customer_id) return h("p.soft", {}, SHARING[order.sharing] ?? "The customer has not shared a telephone number.");
    if (shown.customer?.id === order.customer_id) return shownBriefly(shown.customer);
    return h("button.button.second", { type: "button", onclick: reveal, "data-keep": "customer" }, "Show the telephone number");
  };
  fill(place, inside());
  return h("section.panel", {}, h("h2", {}, "Customer"), place);
}

const shownBriefly = (customer) =>
  h(
    "dl.pairs",
    {},
    customer.phone_number &&
      h("div", {}, h("dt", {}, "Telephone"), h("dd", {}, h("a", { href: `tel:+${customer.phone_number}` }, number(customer.phone_number)))),
    customer.received_at_ms &&
      h(
        "div",
        {},
        h("dt", {}, "Shared"),
        h("dd", {}, h("time", { title: precisely(customer.received_at_ms) }, moment(customer.received_at_ms))),
      ),
    h(
      "div",
      {},
      h("dt", {}, "Customer"),
      h("dd", {}, h("a", { href: `#/customers/${encodeURIComponent(customer.id)}` }, "Everything that is known")),
    ),
  );
