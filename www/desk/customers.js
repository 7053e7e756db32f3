/**
 * The customers who have shared personal data: search by number, their consents and orders, and erasure.
 */
import { call } from "./api.js";
import { open } from "./dialog.js";
import { fill, h, announce } from "./dom.js";
import { moment, precisely } from "./format.js";
import { number } from "./order-customer.js";
import { problemBox } from "./problems.js";

const DONE = "Erased. The orders stay, without the personal data.";

/** The screen. */
export function customers(desk) {
  const field = h("input", {
    id: "phone",
    name: "phone",
    type: "tel",
    inputmode: "tel",
    autocomplete: "off",
    required: true,
    placeholder: "+47 400 00 000",
    "aria-describedby": "phone-hint",
  });
  const found = h("div.found", { "aria-live": "polite" });
  let requests = 0;

  /** Loads and shows an answer, unless a later request was made meanwhile. */
  async function load(request, render, retry) {
    const mine = (requests += 1);
    fill(found, h("p.empty", {}, "Searching…"));
    try {
      const answer = await request();
      if (mine === requests) fill(found, ...render(answer));
    } catch (error) {
      if (mine === requests)
        fill(
          found,
          error.code === "not_found" ? h("p.empty", {}, "No such customer. The data may have been erased.") : problemBox(error, retry),
        );
    }
  }

  const search = (event) => {
    event?.preventDefault();
    const written = field.value.trim();
    load(
      () => call("POST", "/v1/shop/customers/find", { body: { phone_number: written } }),
      ({ customers }) =>
        customers.length > 0
          ? [...customers.map(card), desk.may("erase_customers") && erasing(written)]
          : [h("p.empty", {}, "Nobody has shared this number.")],
      search,
    );
  };

  const read = (id) =>
    load(
      () => call("GET", `/v1/shop/customers/${encodeURIComponent(id)}`),
      (customer) => [card(customer)],
      () => read(id),
    );

  function card(customer) {
    return h(
      "article.panel.customer",
      {},
      h("h2", {}, customer.phone_number ? number(customer.phone_number) : "No number"),
      h(
        "dl.pairs",
        {},
        customer.name && h("div", {}, h("dt", {}, "Name"), h("dd", {}, customer.name)),
        h("div", {}, h("dt", {}, "Sales unit"), h("dd", {}, customer.sales_unit)),
        customer.received_at_ms &&
          h(
            "div",
            {},
            h("dt", {}, "Shared"),
            h("dd", {}, h("time", { title: precisely(customer.received_at_ms) }, moment(customer.received_at_ms))),
          ),
        h("div", {}, h("dt", {}, "Id"), h("dd", {}, h("span.name-of", {}, customer.id))),
      ),
      customer.consents?.length > 0 && [
        h("h3", {}, "Consents"),
        h(
          "ul.plain",
          {},
          customer.consents.map((consent) =>
            h(
              "li",
              {},
              consent.scope === "phoneNumber" ? "Sharing the telephone number" : consent.scope,
              h(
                "span.soft.small",
                {},
                ` ${moment(consent.given_at_ms)} · version ${consent.wording} in ${consent.language} · `,
                h("a", { href: `#/orders/${encodeURIComponent(consent.reference)}` }, consent.reference),
              ),
              consent.text && h("blockquote.soft.small", { lang: consent.language }, consent.text),
            ),
          ),
        ),
      ],
      customer.orders?.length > 0 && [
        h("h3", {}, "Orders"),
        h(
          "ul.plain",
          {},
          customer.orders.map((reference) => h("li", {}, h("a.name-of", { href: `#/orders/${encodeURIComponent(reference)}` }, reference))),
        ),
      ],
      h(
        "div.actions",
        {},
        customer.phone_number && desk.may("open_orders") && h("a.button.second", { href: `#/request/${encodeURIComponent(customer.id)}` }, "Request a payment"),
        desk.may("erase_customers") && h(
          "button.button.second.danger",
          {
            type: "button",
            onclick: () => erase(() => call("DELETE", `/v1/shop/customers/${encodeURIComponent(customer.id)}`), "this customer shared"),
          },
          "Erase…",
        ),
      ),
    );
  }

  const erasing = (written) =>
    h(
      "p.soft",
      {},
      desk.only
        ? `To erase the number in all orders at the sales unit of this login, ${desk.only}: `
        : "To erase the number in all orders at all sales units: ",
      h(
        "button.button.second.danger",
        {
          type: "button",
          onclick: () =>
            erase(() => call("POST", "/v1/shop/customers/erase", { body: { phone_number: written } }), "was shared with this number"),
        },
        "Erase the number…",
      ),
    );

  function erase(request, what) {
    const message = h("div.said");
    const button = h("button.button.danger", { type: "submit" }, "Erase for good");
    open("Erase a customer", (close) =>
      h(
        "form.move",
        {
          onsubmit: async (event) => {
            event.preventDefault();
            if (button.getAttribute("aria-busy") === "true") return;
            button.setAttribute("aria-busy", "true");
            try {
              const answer = await request();
              close();
              requests += 1;
              field.value = "";
              // Another clerk may have erased it meanwhile.
              const done = answer?.erased === 0 ? "Nobody has shared this number: nothing was erased." : DONE;
              fill(found, h("p.note", { "data-tone": "good", role: "status" }, done));
              announce(done);
              // So that going back does not load the erased customer.
              history.replaceState(null, "", "#/customers");
            } catch (error) {
              fill(message, problemBox(error));
              button.removeAttribute("aria-busy");
            }
          },
        },
        h(
          "p",
          {},
          `All data that ${what} is erased: the number, the name, and the customer's id at Vipps MobilePay. Orders, payments and the record of the consent stay.`,
        ),
        h("p", {}, "This cannot be undone."),
        message,
        h("footer.box-foot", {}, h("button.button.second", { type: "button", onclick: close }, "Back"), button),
      ),
    );
  }

  const node = h(
    "div.page",
    {},
    h("h1", { tabindex: "-1" }, "Customers"),
    h(
      "form.finder",
      { onsubmit: search, role: "search" },
      h(
        "div.field",
        {},
        h("label.label", { for: "phone" }, "Telephone number"),
        field,
        h("p.hint", { id: "phone-hint" }, "With the country code, or as it is written in the sales unit's country. The number is searched for and not stored."),
      ),
      h("button.button", { type: "submit" }, "Find"),
    ),
    found,
  );
  return {
    node,
    keys: { "/": () => field.focus(), Escape: () => field.blur() },
    navigate([id]) {
      desk.title("Customers");
      if (id) read(id);
      node.querySelector("h1").focus({ preventScroll: true });
    },
  };
}
