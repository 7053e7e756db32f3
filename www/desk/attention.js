/**
 * What needs attention: deadlines, records that differ, parked work, and the shop's endpoints that do not answer.
 */
import { call } from "./api.js";
import { h, refill, announce } from "./dom.js";
import { distance, moment, precisely } from "./format.js";
import { problemBox } from "./problems.js";

/** The shortest interval between two refreshes of the number beside the screen's name. */
const COUNT_MS = 30_000;

/** The screen. */
export function attention(desk) {
  const warningsPanel = h("section.panel", { "aria-label": "Warnings" });
  const deliveriesPanel = h("section.panel", { "aria-label": "Deliveries" });
  /** By path: the requests about endpoints that are running, and the errors of those that failed. Kept when the screen is rendered again. */
  const busy = new Set();
  const errors = new Map();
  let known = { endpoints: [], failed: [] };
  const mayManage = desk.may("manage_endpoints");
  let gone = false;
  let timer;

  async function load(inBackground = true) {
    try {
      const { warnings } = await call("GET", "/v1/shop/warnings", { inBackground });
      if (gone) return;
      desk.setCount("attention", warnings.length, "needing attention");
      refill(
        warningsPanel,
        h("h2", {}, "Warnings"),
        warnings.length === 0 ? h("p.empty", {}, "Nothing needs attention.") : h("ul.warnings", {}, warnings.map(warning)),
      );
    } catch (error) {
      if (!gone) refill(warningsPanel, h("h2", {}, "Warnings"), problemBox(error, load));
    }
    try {
      const { endpoints } = await call("GET", "/v1/shop/endpoints", { inBackground });
      const failed = await Promise.all(
        endpoints.map((endpoint) =>
          call("GET", `/v1/shop/endpoints/${encodeURIComponent(endpoint.id)}/deliveries?failed=true&limit=20`, { inBackground }),
        ),
      );
      known = { endpoints, failed };
      renderEndpoints();
    } catch (error) {
      const others = error.code === "not_found" && h("p.empty", {}, "Endpoints belong to the whole shop, and this login is for one sales unit.");
      if (!gone) refill(deliveriesPanel, h("h2", {}, "The shop's endpoints"), others || problemBox(error, load));
    }
  }

  function renderEndpoints() {
    if (gone) return;
    const { endpoints, failed } = known;
    refill(
      deliveriesPanel,
      h("h2", {}, "The shop's endpoints"),
      h("p.soft", {}, "The URLs of the shop's own systems that receive events."),
      endpoints.length === 0
        ? h("p.empty", {}, "There are none. The operator adds them with kvitt endpoints add.")
        : endpoints.map((endpoint, at) => endpointOf(endpoint, failed[at].deliveries)),
    );
  }

  function warning({ kind, detail, reference, at_ms: at }) {
    const [word, tone] = KINDS[kind] ?? [kind, "wait"];
    return h(
      "li",
      {},
      h("span.standing", { "data-tone": tone }, word),
      h(
        "span.warning-what",
        {},
        reference && [h("a.name-of", { href: `#/orders/${encodeURIComponent(reference)}`, "data-keep": `${kind} ${reference}` }, reference), " "],
        detail,
      ),
      at && h("time.soft.small", { datetime: new Date(at).toISOString(), title: precisely(at) }, distance(at)),
    );
  }

  function endpointOf(endpoint, deliveries) {
    const [word, tone] = STATES[endpoint.state] ?? [endpoint.state, "quiet"];
    const since = endpoint.disabled_at_ms ?? endpoint.failing_since_ms;
    const first = Math.min(...deliveries.map((delivery) => delivery.created_at_ms));
    return h(
      "article.endpoint",
      {},
      h("h3", {}, h("span.name-of", {}, endpoint.url), " ", h("span.standing", { "data-tone": tone }, word)),
      since !== undefined &&
        h("p.soft", {}, `${endpoint.disabled_reason ? `${endpoint.disabled_reason}, since` : "Since"} ${moment(since)}.`),
      deliveries.length > 0 &&
        h(
          "ul.deliveries",
          {},
          deliveries.map((delivery) =>
            h(
              "li",
              {},
              h(
                "span",
                {},
                h("strong", {}, delivery.type),
                h(
                  "span.soft.small",
                  {},
                  `${moment(delivery.created_at_ms)} · ${delivery.tries} ${delivery.tries === 1 ? "try" : "tries"} · ${delivery.error ?? delivery.status ?? "not tried yet"}`,
                ),
              ),
              mayManage && endpointButton("Redeliver", `Redeliver: ${delivery.type} of ${moment(delivery.created_at_ms)}`, [
                endpoint.id,
                "deliveries",
                delivery.id,
                "replay",
              ]),
            ),
          ),
        ),
      h(
        "div.actions",
        {},
        mayManage && endpoint.state === "disabled" && endpointButton("Enable", `Enable ${endpoint.url}`, [endpoint.id, "enable"]),
        mayManage &&
          deliveries.length > 1 &&
          endpointButton("Redeliver all since the first", `Redeliver all since the first: ${endpoint.url}`, [endpoint.id, "replay"], {
            since_ms: first,
          }),
      ),
    );
  }

  /** A button that sends a request about an endpoint, and reloads. */
  function endpointButton(caption, name, path, body) {
    const where = path.map(encodeURIComponent).join("/");
    const run = async () => {
      if (busy.has(where)) return;
      busy.add(where);
      errors.delete(where);
      renderEndpoints();
      try {
        await call("POST", `/v1/shop/endpoints/${where}`, { body });
        busy.delete(where);
        announce(`${caption}: done`);
        await load(false);
      } catch (error) {
        busy.delete(where);
        errors.set(where, error);
        renderEndpoints();
      }
    };
    return [
      h(
        "button.button.second",
        { type: "button", "aria-label": name, "aria-busy": busy.has(where) && "true", "data-keep": where, onclick: run },
        caption,
      ),
      h("div.said", {}, errors.has(where) && problemBox(errors.get(where))),
    ];
  }

  const node = h("div.page", {}, h("h1", { tabindex: "-1" }, "Attention"), warningsPanel, deliveriesPanel);
  return {
    node,
    navigate() {
      desk.title("Attention");
      load(false);
      node.querySelector("h1").focus({ preventScroll: true });
    },
    onEvent() {
      clearTimeout(timer);
      timer = setTimeout(load, 1_000);
    },
    leave() {
      gone = true;
      clearTimeout(timer);
    },
  };
}

const STATES = { fine: ["Fine", "good"], failing: ["Failing", "wait"], disabled: ["Disabled", "bad"] };

const KINDS = {
  capture_overdue: ["Capture overdue", "bad"],
  capture_due: ["Capture soon", "wait"],
  drift: ["Records differ", "bad"],
  parked: ["Parked", "wait"],
  webhooks_missing: ["No webhooks", "wait"],
  webhooks_unverified: ["Webhooks not verified", "wait"],
  clock: ["Wrong clock", "bad"],
  endpoint_disabled: ["Endpoint disabled", "bad"],
  endpoint_failing: ["Endpoint failing", "wait"],
};

/** Returns a function that refreshes the number beside the screen's name, at most every `COUNT_MS`. */
attention.countRefresher = (desk) => {
  let last = 0;
  return async () => {
    if (Date.now() - last < COUNT_MS) return;
    last = Date.now();
    const found = await call("GET", "/v1/shop/warnings", { inBackground: true }).catch(() => undefined);
    if (found) desk.setCount("attention", found.warnings.length, "needing attention");
  };
};
