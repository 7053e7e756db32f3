/**
 * A payment request that was made: the link and the QR while it can be paid, what has become of it, and taking it back.
 */
import { ask } from "./api.js";
import { fill, h, say } from "./dom.js";
import { moment, money, precisely } from "./format.js";
import { trouble } from "./problems.js";

/** A picture that Vipps MobilePay has made is not on our origin, and this page's policy shows no other. */
const elsewhere = ({ target }) =>
  target.replaceWith(h("p", {}, h("a.button.second", { href: target.src, target: "_blank", rel: "noreferrer" }, "Show the QR code")));

const WAITS = ["open", "starting", "created"];

/**
 * @param order an order with a `request`
 * @param {(order: object) => void} done
 */
export function requested(order, done) {
  const { request } = order;
  if (!WAITS.includes(order.state)) return undefined;
  const said = h("div.said");
  const withdraw = async () => {
    try {
      done(await ask("POST", `/v1/shop/payment-requests/${encodeURIComponent(order.reference)}/withdraw`, { body: {} }));
      say("Withdrawn");
    } catch (error) {
      fill(said, trouble(error));
    }
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(request.url);
      say("Copied");
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
        ". This page shows when it is.",
      ),
    h("div.actions", {}, button, h("button.button.second.danger", { type: "button", onclick: withdraw }, "Withdraw")),
    said,
  );
}
