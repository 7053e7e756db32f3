/**
 * What wants a person: deadlines, books that differ, what was put aside, and the shop's own endpoints that do not answer.
 */
import { ask } from "./api.js";
import { h, refill, say } from "./dom.js";
import { distance, moment, precisely } from "./format.js";
import { trouble } from "./problems.js";

/** How often the number beside the screen's name is looked at, at most. */
const GLANCE_MS = 30_000;

/** The screen. */
export function attention(desk) {
  const warned = h("section.panel", { "aria-label": "Warnings" });
  const told = h("section.panel", { "aria-label": "Deliveries" });
  /** By their paths: what is being done about an endpoint, and what went wrong with it. Kept when the screen is painted anew. */
  const busy = new Set();
  const wrong = new Map();
  let known = { endpoints: [], failed: [] };
  let gone = false;
  let timer;

  async function load(byItself = true) {
    try {
      const { warnings } = await ask("GET", "/v1/shop/warnings", { byItself });
      if (gone) return;
      desk.count("attention", warnings.length, "want a look");
      refill(
        warned,
        h("h2", {}, "Warnings"),
        warnings.length === 0 ? h("p.empty", {}, "Nothing wants a look.") : h("ul.warnings", {}, warnings.map(warning)),
      );
    } catch (error) {
      if (!gone) refill(warned, h("h2", {}, "Warnings"), trouble(error, load));
    }
    try {
      const { endpoints } = await ask("GET", "/v1/shop/endpoints", { byItself });
      const failed = await Promise.all(
        endpoints.map((endpoint) =>
          ask("GET", `/v1/shop/endpoints/${encodeURIComponent(endpoint.id)}/deliveries?failed=true&limit=20`, { byItself }),
        ),
      );
      known = { endpoints, failed };
      tell();
    } catch (error) {
      const others = error.code === "not_found" && h("p.empty", {}, "They are the whole shop's, and your key is of one sales unit.");
      if (!gone) refill(told, h("h2", {}, "The shop's endpoints"), others || trouble(error, load));
    }
  }

  function tell() {
    if (gone) return;
    const { endpoints, failed } = known;
    refill(
      told,
      h("h2", {}, "The shop's endpoints"),
      h("p.soft", {}, "Where the shop's own systems are told what happens."),
      endpoints.length === 0
        ? h("p.empty", {}, "There are none. An operator adds them with kvitt endpoints add.")
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
              acting("Tell it again", `Tell it again: ${delivery.type} of ${moment(delivery.created_at_ms)}`, [
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
        endpoint.state === "disabled" && acting("Enable", `Enable ${endpoint.url}`, [endpoint.id, "enable"]),
        deliveries.length > 1 &&
          acting("Tell all again since the first", `Tell all again since the first: ${endpoint.url}`, [endpoint.id, "replay"], {
            since_ms: first,
          }),
      ),
    );
  }

  /** A button that does something about an endpoint, and looks again. */
  function acting(caption, name, path, body) {
    const where = path.map(encodeURIComponent).join("/");
    const act = async () => {
      if (busy.has(where)) return;
      busy.add(where);
      wrong.delete(where);
      tell();
      try {
        await ask("POST", `/v1/shop/endpoints/${where}`, { body });
        busy.delete(where);
        say(`${caption}: done`);
        await load(false);
      } catch (error) {
        busy.delete(where);
        wrong.set(where, error);
        tell();
      }
    };
    return [
      h(
        "button.button.second",
        { type: "button", "aria-label": name, "aria-busy": busy.has(where) && "true", "data-keep": where, onclick: act },
        caption,
      ),
      h("div.said", {}, wrong.has(where) && trouble(wrong.get(where))),
    ];
  }

  const node = h("div.page", {}, h("h1", { tabindex: "-1" }, "Attention"), warned, told);
  return {
    node,
    turn() {
      desk.title("Attention");
      load(false);
      node.querySelector("h1").focus({ preventScroll: true });
    },
    happened() {
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
  drift: ["Books differ", "bad"],
  parked: ["Put aside", "wait"],
  webhooks_missing: ["No webhooks", "wait"],
  endpoint_disabled: ["Endpoint disabled", "bad"],
  endpoint_failing: ["Endpoint failing", "wait"],
};

/** Keeps the number beside the screen's name: what it answers with looks, but not more often than it makes sense. */
attention.glance = (desk) => {
  let last = 0;
  return async () => {
    if (Date.now() - last < GLANCE_MS) return;
    last = Date.now();
    const found = await ask("GET", "/v1/shop/warnings", { byItself: true }).catch(() => undefined);
    if (found) desk.count("attention", found.warnings.length, "want a look");
  };
};
