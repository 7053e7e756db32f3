/**
 * The frame around every screen: the shop's name, the navigation, the state of the connection, help and logout.
 */
import { proxyUrl } from "./api.js";
import { fill, h } from "./dom.js";
import { help } from "./help.js";

const SCREENS = [
  ["orders", "Orders"],
  ["request", "Request"],
  ["customers", "Customers"],
  ["attention", "Attention"],
];
/** The right that a screen needs, where it needs more than to read. */
const NEEDS = { request: "open_orders" };
/** What a session of a role may do, where it may not do everything. */
const ROLES = {
  read: ["Reads", "This login may read, and change nothing."],
  ship: ["Ships", "This login may capture and release. It may not refund, request payments, erase customers or change endpoints."],
  refund: ["Ships, refunds", "This login may capture, release and refund. It may not request payments, erase customers or change endpoints."],
};
const LIVE = {
  live: ["Live", "Events appear here at once."],
  polling: ["Every 5 s", "The event stream is not available; the desk polls every five seconds."],
  away: ["No connection", "The proxy does not answer. This page may be out of date."],
};

/** Whether a screen is offered to the desk's session. */
export const isOffered = (desk, name) => NEEDS[name] === undefined || desk.may(NEEDS[name]);

/** The frame, and the functions that update it. */
export function frame(desk) {
  const counts = {};
  const links = SCREENS.filter(([name]) => isOffered(desk, name)).map(([name, text]) => {
    counts[name] = h("span.count", { hidden: true });
    return h("a", { href: `#/${name}`, "data-way": name }, h("span", {}, text), counts[name]);
  });
  const live = h("p.live", { "data-stands": "away", title: LIVE.away[1] }, h("span", {}, "Connecting"));
  const [role, meaning] = ROLES[desk.role] ?? [];
  const main = h("main", { id: "main", tabindex: "-1" });
  const node = [
    h("a.skip", { href: "#main", onclick: (event) => (event.preventDefault(), main.focus()) }, "Skip to content"),
    h(
      "header.top",
      {},
      h(
        "p.shop",
        {},
        h("img", { src: proxyUrl("/favicon.svg"), alt: "", width: 28, height: 28 }),
        h("span", {}, h("strong", {}, desk.shop), h("span.soft", { title: meaning }, role ? `${desk.name} · ${role}` : "Order desk")),
      ),
      h("nav.ways", { "aria-label": "Desk" }, links),
      h(
        "div.right",
        {},
        live,
        h("button.quiet-button", { type: "button", "aria-label": "Help and keys", title: "Help and keys (?)", onclick: help }, "?"),
        h("button.quiet-button", { type: "button", onclick: desk.leave }, "Log out"),
      ),
    ),
    main,
  ];
  return {
    node,
    main,
    setConnection: (how) => {
      live.dataset.stands = how;
      live.title = LIVE[how][1];
      fill(live, h("span", {}, LIVE[how][0]));
    },
    setCurrent: (name) =>
      links.forEach((link) =>
        link.dataset.way === name ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current"),
      ),
    /** Sets the number beside a screen's name. */
    setCount: (name, number, what) => {
      counts[name].hidden = number === 0;
      fill(counts[name], String(number), h("span.unseen", {}, ` ${what}`));
    },
  };
}
