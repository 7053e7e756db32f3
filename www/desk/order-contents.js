/**
 * The lines and the money of an order, for display only.
 */
import { h } from "./dom.js";
import { money, percent } from "./format.js";
import { pieces, toCapture } from "./sums.js";

/** What was paid by other means. */
const SOURCES = { gift_card: "Gift card", voucher: "Voucher", card: "Card", cash: "Cash" };

/** The money: captured, left, refunded and released, as a bar and in figures. */
export function moneySummary(found) {
  const { currency } = found.amount;
  const { captured, cancelled, refunded } = found.aggregate;
  const kept = captured - refunded;
  const shares = [
    ["kept", "Captured", captured, kept],
    ["left", "Left to capture", toCapture(found), toCapture(found)],
    ["refunded", "Refunded", refunded, refunded],
    ["cancelled", "Released", cancelled, cancelled],
  ].filter(([, , value]) => value > 0);
  if (shares.length === 0) return undefined;
  const bar = h("div.bar", { "aria-hidden": "true" });
  for (const [name, , , share] of shares.filter(([, , , share]) => share > 0)) {
    const part = h("span", { "data-part": name });
    part.style.flexGrow = String(share);
    bar.append(part);
  }
  return h(
    "section.money",
    { "aria-label": "Money" },
    bar,
    h(
      "dl",
      {},
      shares.map(([name, text, value]) => h("div", { "data-part": name }, h("dt", {}, text), h("dd.sum", {}, money(value, currency)))),
    ),
  );
}

/** The lines, with the shipped and returned pieces. */
export function lines(found) {
  const entries = pieces(found);
  if (entries.length === 0) return undefined;
  const { currency } = found.amount;
  const some = [shippedOf, returnedOf].map((of) => entries.some((entry) => of(entry) > 0));
  // A phone has no room for these columns: there the numbers are below the article's name.
  const column = (tag, at, ...children) => some[at] && h(`${tag}.roomy`, tag === "th" ? { scope: "col" } : {}, ...children);
  return h(
    "section.panel",
    {},
    h("h2", { id: "lines" }, "Lines"),
    h(
      "table.lines",
      { "aria-labelledby": "lines" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Item"),
          h("th", { scope: "col" }, "Ordered"),
          column("th", 0, "Shipped"),
          column("th", 1, "Returned"),
          h("th", { scope: "col" }, "Sum"),
        ),
      ),
      h(
        "tbody",
        {},
        entries
          .map((entry) => [entry.line, entry.shipped, entry.returned])
          .map(([line, shipped, returned]) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                h(
                  "span.article",
                  {},
                  picture(line),
                  h(
                    "span",
                    {},
                    line.name,
                    h(
                      "span.soft.small.line-what",
                      {},
                      h("span.name-of", {}, line.sku),
                      h("span.roomy", {}, ` · ${money(line.unit_price, currency)} each · VAT ${percent(line.vat_rate)}`),
                      some[0] && h("span.tight", {}, ` · ${shipped} shipped`),
                      some[1] && h("span.tight", {}, ` · ${returned} returned`),
                    ),
                  ),
                ),
              ),
              h("td", {}, line.unit ? `${line.quantity} ${line.unit}` : String(line.quantity)),
              column("td", 0, shipped === line.quantity ? h("span.all", {}, String(shipped)) : String(shipped)),
              column("td", 1, String(returned)),
              h("td.sum", {}, money(line.total, currency)),
            ),
          ),
      ),
      h(
        "tfoot",
        {},
        Object.entries(found.payment_sources ?? {}).map(([source, value]) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, SOURCES[source] ?? source),
            h("td"),
            column("td", 0),
            column("td", 1),
            h("td.sum", {}, money(-value, currency)),
          ),
        ),
        h(
          "tr",
          {},
          h("th", { scope: "row" }, "Total"),
          h("td"),
          column("td", 0),
          column("td", 1),
          h("td.sum", {}, money(found.amount.value, currency)),
        ),
      ),
    ),
  );
}

/** Pictures of the same origin only: the content security policy allows no others. */
function picture(line) {
  const url = line.picture && URL.parse?.(line.picture, location.href);
  return url?.origin === location.origin && h("img.picture", { src: url.href, alt: "", width: 40, height: 40, loading: "lazy" });
}

const shippedOf = ({ shipped }) => shipped;
const returnedOf = ({ returned }) => returned;
