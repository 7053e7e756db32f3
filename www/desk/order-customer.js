/**
 * The customer of an order. The telephone number is loaded only on request, because most work needs no number.
 */
import { call } from "./api.js";
import { fill, h } from "./dom.js";
import { moment, precisely } from "./format.js";
import { problemBox } from "./problems.js";

/** Formats a telephone number. */
export function number(digits) {
  const parts = digits.match(/^(47|45)(\d{2,3})(\d{2})(\d{3}|\d{2})$/) ?? digits.match(/^(358)(\d{2})(\d{3})(\d+)$/);
  return parts ? `+${parts.slice(1).join(" ")}` : `+${digits}`;
}

/** The state of a consent to share the number, while there is no customer. */
const SHARING = {
  awaited: "The customer agreed to share a telephone number. It has not arrived yet.",
  missed: "The customer agreed to share a telephone number, but it did not arrive in time.",
  erased: "What the customer shared has been erased.",
};

/**
 * The section of an order. A loaded customer stays visible when the order is rendered again: `shown` keeps it.
 *
 * @param order
 * @param {{ customer?: object }} shown
 */
export function customerOf(order, shown) {
  const place = h("div.customer-place");
  const reveal = async () => {
    try {
      shown.customer = await call("GET", `/v1/shop/customers/${encodeURIComponent(order.customer_id)}`);
      fill(place, summary(shown.customer));
    } catch (error) {
      fill(place, problemBox(error, reveal));
    }
  };
  const inside = () => {
    if (!order.customer_id) return h("p.soft", {}, SHARING[order.sharing] ?? "The customer has not shared a telephone number.");
    if (shown.customer?.id === order.customer_id) return summary(shown.customer);
    return h("button.button.second", { type: "button", onclick: reveal, "data-keep": "customer" }, "Show the telephone number");
  };
  fill(place, inside());
  return h("section.panel", {}, h("h2", {}, "Customer"), place);
}

const summary = (customer) =>
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
      h("dd", {}, h("a", { href: `#/customers/${encodeURIComponent(customer.id)}` }, "All data of the customer")),
    ),
  );
