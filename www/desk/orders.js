/**
 * The list of orders, and beside it the open one. The orders to ship come first.
 */
import { call, query } from "./api.js";
import { fill, h, announce, updateList } from "./dom.js";
import { distance, moment, money, precisely } from "./format.js";
import { order } from "./order.js";
import { problemBox } from "./problems.js";
import { orderStatus } from "./sums.js";

const PAGE = 50;
const FILTERS = [
  ["ship", "To ship", { to_capture: true }, "Nothing to ship. Paid orders appear here."],
  ["waiting", "Waiting", { state: "open,starting,created" }, "There are no open orders."],
  ["done", "Done", { state: "authorized", to_capture: false }, "No order is done yet."],
  ["all", "All", {}, "There are no orders yet."],
];
/** The polling interval of the list: an order that is not paid yet has no event. */
const POLL_MS = 15_000;
/** Events within this time cause one reload of the list. */
const DEBOUNCE_MS = 150;
const SOON_MS = 3 * 86_400_000;

/** The screen. */
export function orders(desk) {
  let filter = FILTERS[0];
  let search = "";
  let shown = [];
  let next;
  let detail;
  let requests = 0;
  let timer;
  let known;

  const list = h("ol.rows", { "aria-label": "Orders" });
  const message = h("div.list-said");
  const more = h("button.button.second.more", { type: "button", hidden: true, onclick: () => load(true, false) }, "Older orders");
  const field = h("input", {
    type: "search",
    "aria-label": "Search by reference",
    placeholder: "Search by reference",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 50,
    oninput: () => {
      search = field.value.trim();
      clearTimeout(timer);
      timer = setTimeout(() => load(false, false), DEBOUNCE_MS);
    },
  });
  const buttons = FILTERS.map((entry) =>
    h("button.filter", { type: "button", "aria-pressed": String(entry === filter), onclick: () => choose(entry) }, entry[1]),
  );
  const place = h("section.detail", { "aria-label": "Order" });
  const pane = h(
    "section.list",
    { "aria-label": "Orders" },
    h("h1.unseen", { tabindex: "-1" }, "Orders"),
    h(
      "div.finding",
      {},
      h("div.filters", { role: "group", "aria-label": "Which orders" }, buttons),
      h("div.search", {}, field, h("kbd", { "aria-hidden": "true" }, "/")),
    ),
    message,
    list,
    more,
  );
  const node = h("div.orders", {}, pane, place);

  function choose(entry) {
    filter = entry;
    known = undefined;
    shown = [];
    // The rows depend on the filter.
    fill(list);
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(FILTERS[at] === filter)));
    load(false, false);
  }

  async function load(older = false, inBackground = true) {
    const mine = (requests += 1);
    if (shown.length === 0 && !older) fill(message, h("p.empty", {}, "Loading…"));
    // As many as are on the screen, so that the scroll position stays.
    const limit = older ? PAGE : Math.min(200, Math.max(PAGE, shown.length));
    const where = search ? { reference: search } : filter[2];
    try {
      const path = `/v1/shop/orders${query({ ...where, limit, after: older ? next : undefined })}`;
      const page = await call("GET", path, { inBackground });
      if (mine !== requests) return;
      shown = older ? [...shown, ...page.orders] : page.orders;
      next = page.next;
      paint();
    } catch (error) {
      if (mine === requests)
        fill(
          message,
          problemBox(error, () => load(older, false)),
        );
    }
  }

  function paint() {
    fill(message, shown.length === 0 && h("p.empty", {}, search ? `No order begins with “${search}”.` : filter[3]));
    const fresh = known && filter === FILTERS[0] && !search ? shown.filter((one) => !known.has(one.order_number)) : [];
    updateList(list, shown, (one) => one.order_number, row);
    more.hidden = !next;
    for (const one of fresh) {
      list.querySelector(`[data-name="${CSS.escape(one.order_number)}"]`)?.classList.add("new");
      announce(`New order to ship, ${money(one.amount.value, one.amount.currency)}`);
    }
    if (!search) known = new Set([...(known ?? []), ...shown.map((one) => one.order_number)]);
    if (filter === FILTERS[0] && !search) {
      desk.setCount("orders", shown.length, next ? "or more to ship" : "to ship");
      desk.title(shown.length ? `(${shown.length}) Orders` : "Orders");
    }
    mark();
  }

  function row(one) {
    const { word, tone } = orderStatus(one);
    const by = one.capture_deadline?.capture_by_ms;
    const soon = by !== undefined && by - Date.now() < SOON_MS;
    const what = (one.lines ?? []).map((line) => `${line.quantity} × ${line.name}`).join(", ");
    return h(
      "li",
      {},
      h(
        "a.row",
        { href: `#/orders/${encodeURIComponent(one.reference)}` },
        h("span.row-name", {}, one.order_number ?? one.reference),
        h("span.sum", {}, money(one.amount.value, one.amount.currency)),
        h("span.row-what", {}, what || one.description || " "),
        h(
          "time.soft.small",
          { datetime: new Date(one.created_at_ms).toISOString(), title: precisely(one.created_at_ms) },
          moment(one.created_at_ms),
        ),
        h(
          "span.row-tags",
          {},
          (filter !== FILTERS[0] || word !== "To ship") && h("span.standing", { "data-tone": tone }, word),
          soon && h("span.standing", { "data-tone": by < Date.now() ? "bad" : "wait" }, `Capture ${distance(by)}`),
        ),
      ),
    );
  }

  const polling = setInterval(() => !document.hidden && load(), POLL_MS);
  const rows = () => [...list.querySelectorAll(".row")];

  function mark() {
    for (const link of rows()) {
      const chosen = detail && link.getAttribute("href") === `#/orders/${encodeURIComponent(detail.reference)}`;
      if (chosen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function step(by) {
    const all = rows();
    const from = all.findIndex((link) => link === document.activeElement);
    const current = from >= 0 ? from : all.findIndex((link) => link.hasAttribute("aria-current"));
    const to = all[current < 0 ? 0 : Math.min(all.length - 1, Math.max(0, current + by))];
    to?.focus();
    to?.scrollIntoView({ block: "nearest" });
  }

  function back() {
    if (document.activeElement === field && field.value) {
      field.value = search = "";
      return load();
    }
    if (document.activeElement === field) return field.blur();
    if (!detail) return;
    const from = `#/orders/${encodeURIComponent(detail.reference)}`;
    location.hash = "#/orders";
    requestAnimationFrame(() =>
      rows()
        .find((link) => link.getAttribute("href") === from)
        ?.focus(),
    );
  }

  const placeholder = () =>
    h(
      "div.nothing",
      {},
      h("p", {}, "Choose an order to see it here."),
      h(
        "p.soft.small",
        {},
        h("kbd", {}, "j"),
        " ",
        h("kbd", {}, "k"),
        " move in the list, ",
        h("kbd", {}, "Enter"),
        " opens, ",
        h("kbd", {}, "?"),
        " shows all shortcuts.",
      ),
    );

  return {
    node,
    get keys() {
      return {
        j: () => step(1),
        k: () => step(-1),
        // Outside of the list the arrows scroll.
        ...(list.contains(document.activeElement) && { ArrowDown: () => step(1), ArrowUp: () => step(-1) }),
        "/": () => field.focus(),
        Escape: back,
        ...detail?.keys,
      };
    },
    navigate([reference]) {
      node.dataset.shows = reference ? "order" : "list";
      if (detail?.reference !== reference || !place.hasChildNodes()) {
        detail?.leave();
        detail = reference ? order(desk, reference, () => load()) : undefined;
        fill(place, detail ? detail.node : placeholder());
        place.scrollTop = 0;
        mark();
      }
      if (known === undefined) load();
      if (!reference) desk.title("Orders");
    },
    onEvent(event) {
      clearTimeout(timer);
      timer = setTimeout(() => load(), DEBOUNCE_MS);
      detail?.onEvent(event);
    },
    leave() {
      requests += 1;
      clearInterval(polling);
      clearTimeout(timer);
      detail?.leave();
    },
  };
}
