/**
 * The order desk: the session, the screen that is open, and the events that come in meanwhile.
 *
 * The fragment of the address selects the screen: `#/orders`, `#/orders/REFERENCE`, `#/request`, `#/customers/ID`, `#/attention`; or
 * `#link=…`, the login link that `kvitt desk` prints.
 *
 * The files, top to bottom; each imports only from those below it.
 *
 * | file | what it is for |
 * |---|---|
 * | app.js | the session and the screens |
 * | frame.js, login.js | the frame around every screen; the login |
 * | orders.js, request.js, customers.js, attention.js | one screen each |
 * | order.js | one order, beside the list |
 * | order-contents.js, order-history.js, request-status.js | parts of an order: lines and money, history, its payment request |
 * | order-customer.js | part of an order: its customer, and how a telephone number is written |
 * | request-line.js | one line of a payment request |
 * | money-dialogs.js | capture, refund and release |
 * | keys.js, help.js, settings.js | keyboard shortcuts, their help, and whether they are on |
 * | stream.js | the shop's event stream, and polling without it |
 * | dialog.js, problems.js | a dialog; an error in words |
 * | submissions.js | requests with an idempotency key, kept until they are answered |
 * | sums.js | the amounts and pieces of an order |
 * | api.js | HTTP requests to the proxy |
 * | format.js, dom.js | money and dates; elements |
 *
 * Styles: base.css has colours, type and controls, screens.css the frame, the login and the list, order.css one order, dialogs.css the dialogs,
 * pages.css the other screens.
 */
import { ask, session } from "./api.js";
import { attention } from "./attention.js";
import { customers } from "./customers.js";
import { fill, h, say } from "./dom.js";
import { frame } from "./frame.js";
import { listen } from "./keys.js";
import { login } from "./login.js";
import { orders } from "./orders.js";
import { trouble } from "./problems.js";
import { request } from "./request.js";
import { follow } from "./stream.js";

const SCREENS = { orders, request, customers, attention };
const root = document.getElementById("desk");
/** What the present desk leaves behind when it closes. */
let closes = [];

/** Whether the address was a link that lets in, and is shown as one. */
function isLink() {
  const link = location.hash.match(/^#link=([\w-]+)$/)?.[1];
  if (!link) return false;
  // Out of the address, so that it is in no history and no bookmark.
  history.replaceState(null, "", location.pathname);
  close();
  login(root, { link, opened: open });
  return true;
}

const start = async () => {
  if (isLink()) return;
  try {
    open(await ask("GET", "/desk/session", { byItself: true }));
  } catch (error) {
    if (error.code === "unauthorized") login(root, { opened: open });
    else fill(root, h("main.alone", {}, h("h1", {}, "Order desk"), trouble(error, start)));
  }
};

/** The desk, for somebody who is logged in. */
function open(known) {
  const desk = { ...known, leave: logOut, unit: (name) => known.sales_units.find((unit) => unit.name === name) };
  // A link opens all sales units, and so does a key that knows several.
  desk.only = known.key && known.sales_units.length === 1 ? known.sales_units[0].name : undefined;
  desk.scope = desk.only ?? "all";
  const { node, main, stands, choose, count } = frame(desk);
  desk.count = count;
  desk.title = (title) => (document.title = `${title} · ${known.shop}`);
  fill(root, node);
  let screen;
  let shown;
  const turn = () => {
    const [name = "orders", ...rest] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
    const chosen = SCREENS[name] ? name : "orders";
    if (chosen !== shown) {
      screen?.leave?.();
      screen = SCREENS[chosen](desk);
      shown = chosen;
      fill(main, screen.node);
      main.dataset.screen = chosen;
    }
    choose(chosen);
    screen.turn(rest);
  };
  addEventListener("hashchange", turn);
  const unfollow = follow({
    stands,
    happened: (event) => {
      screen?.happened?.(event);
      desk.glance();
    },
  });
  desk.glance = attention.glance(desk);
  const unlisten = listen(() => screen);
  closes = [() => removeEventListener("hashchange", turn), unfollow, unlisten, () => screen?.leave?.()];
  turn();
}

function close() {
  closes.forEach((end) => end());
  closes = [];
  document.querySelectorAll("dialog").forEach((box) => box.close());
}

async function logOut() {
  try {
    await ask("DELETE", "/desk/session");
  } catch (error) {
    if (error.code !== "unauthorized") return say("You are still logged in: there was no answer. Try again.");
  }
  close();
  history.replaceState(null, "", location.pathname);
  login(root, { opened: open, notice: "You have logged out." });
}

session.addEventListener("ended", () => {
  // Before anybody is in, it is the first look that finds nobody.
  if (closes.length === 0) return;
  close();
  login(root, { opened: open, notice: "Your session has ended. Nothing that you sent is lost." });
});

// A link that is pasted where the desk is already shown loads nothing.
addEventListener("hashchange", isLink);
start();
