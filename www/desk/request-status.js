/**
 * A payment request that is open: its link, its QR code, and the button that withdraws it.
 */
import { call } from "./api.js";
import { fill, h, announce } from "./dom.js";
import { moment, money, precisely } from "./format.js";
import { problemBox } from "./problems.js";

/** An image of Vipps MobilePay has another origin, which the content security policy does not allow: a link replaces it. */
const elsewhere = ({ target }) =>
  target.replaceWith(h("p", {}, h("a.button.second", { href: target.src, target: "_blank", rel: "noreferrer" }, "Show the QR code")));

const OPEN = ["open", "starting", "created"];

/**
 * @param order an order with a `request`
 * @param {(order: object) => void} done
 * @param {boolean} mayWithdraw
 */
export function requestStatus(order, done, mayWithdraw) {
  const { request } = order;
  if (!OPEN.includes(order.state)) return undefined;
  const message = h("div.said");
  const withdraw = async () => {
    try {
      done(await call("POST", `/v1/shop/payment-requests/${encodeURIComponent(order.reference)}/withdraw`, { body: {} }));
      announce("Withdrawn");
    } catch (error) {
      fill(message, problemBox(error));
    }
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(request.url);
      announce("Copied");
      fill(button, "Copied");
    } catch {
      link.focus();
      getSelection().selectAllChildren(link);
    }
  };
  const link = h("a.name-of", { href: request.url, target: "_blank", rel: "noreferrer" }, request.url);
  const button = h("button.button.second", { type: "button", onclick: copy }, "Copy the link");
  const sent = request.sent_by === "app";
  return h(
    "section.panel.requested",
    {},
    h("h2", {}, sent ? "Sent to the customer's phone" : "Scan to pay"),
    h("img.qr", {
      src: request.qr_svg,
      alt: `QR code of the link to pay ${money(order.amount.value, order.amount.currency)}`,
      width: 240,
      height: 240,
      onerror: elsewhere,
    }),
    h("p", {}, link),
    request.expires_at_ms &&
      h(
        "p.soft",
        {},
        "It can be paid until ",
        h("time", { title: precisely(request.expires_at_ms) }, moment(request.expires_at_ms)),
        ". This page shows the payment.",
      ),
    h("div.actions", {}, button, mayWithdraw && h("button.button.second.danger", { type: "button", onclick: withdraw }, "Withdraw")),
    message,
  );
}
