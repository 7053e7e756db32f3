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
import { call, session as currentSession } from "./api.js";
import { attention } from "./attention.js";
import { customers } from "./customers.js";
import { fill, h, announce } from "./dom.js";
import { frame, isOffered } from "./frame.js";
import { listen } from "./keys.js";
import { login } from "./login.js";
import { orders } from "./orders.js";
import { problemBox } from "./problems.js";
import { request } from "./request.js";
import { subscribe } from "./stream.js";

const SCREENS = { orders, request, customers, attention };
const root = document.getElementById("desk");
/** The functions that clean up when the desk closes. */
let cleanups = [];

/** Shows the login for a login link in the address. Returns whether there was one. */
function openLink() {
  const link = location.hash.match(/^#link=([\w-]+)$/)?.[1];
  if (!link) return false;
  // Removed from the address, so that it is in no history and no bookmark.
  history.replaceState(null, "", location.pathname);
  close();
  login(root, { link, opened: open });
  return true;
}

const start = async () => {
  if (openLink()) return;
  try {
    open(await call("GET", "/desk/session", { inBackground: true }));
  } catch (error) {
    if (error.code === "unauthorized") login(root, { opened: open });
    else fill(root, h("main.alone", {}, h("h1", {}, "Order desk"), problemBox(error, start)));
  }
};

/** Opens the desk for a session. */
function open(session) {
  const desk = { ...session, leave: logOut, unit: (name) => session.sales_units.find((unit) => unit.name === name) };
  // The proxy refuses what the session has no right to; the desk does not offer it.
  desk.may = (right) => session.rights.includes(right);
  desk.only = session.sales_unit;
  desk.scope = desk.only ?? "all";
  const { node, main, setConnection, setCurrent, setCount } = frame(desk);
  desk.setCount = setCount;
  desk.title = (title) => (document.title = `${title} · ${session.shop}`);
  fill(root, node);
  let screen;
  let shown;
  const navigate = () => {
    const [name = "orders", ...rest] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
    const chosen = SCREENS[name] && isOffered(desk, name) ? name : "orders";
    if (chosen !== shown) {
      screen?.leave?.();
      screen = SCREENS[chosen](desk);
      shown = chosen;
      fill(main, screen.node);
      main.dataset.screen = chosen;
    }
    setCurrent(chosen);
    screen.navigate(rest);
  };
  addEventListener("hashchange", navigate);
  const unsubscribe = subscribe({
    setConnection,
    onEvent: (event) => {
      screen?.onEvent?.(event);
      desk.refreshCount();
    },
  });
  desk.refreshCount = attention.countRefresher(desk);
  const unlisten = listen(() => screen);
  cleanups = [() => removeEventListener("hashchange", navigate), unsubscribe, unlisten, () => screen?.leave?.()];
  navigate();
}

function close() {
  cleanups.forEach((cleanup) => cleanup());
  cleanups = [];
  document.querySelectorAll("dialog").forEach((box) => box.close());
}

async function logOut() {
  try {
    await call("DELETE", "/desk/session");
  } catch (error) {
    if (error.code !== "unauthorized") return announce("You are still logged in: the proxy did not answer. Try again.");
  }
  close();
  history.replaceState(null, "", location.pathname);
  login(root, { opened: open, notice: "You have logged out." });
}

currentSession.addEventListener("ended", () => {
  // Before a login, the first request finds no session: that is no end of one.
  if (cleanups.length === 0) return;
  close();
  login(root, { opened: open, notice: "Your session has ended. Everything that you submitted is kept." });
});

// A link that is pasted into the address of an open desk does not load the page.
addEventListener("hashchange", openLink);
start();
