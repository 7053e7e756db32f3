/**
 * The help: the terms of the desk, its keyboard shortcuts, and the switch that turns them off.
 */
import { open } from "./dialog.js";
import { h } from "./dom.js";
import { setShortcuts, shortcutsAreOn } from "./settings.js";

const KEYS = [
  [["j", "k"], "Next and previous order in the list"],
  [["Enter"], "Open the order"],
  [["/"], "Search by reference"],
  [["s"], "Ship and capture"],
  [["f"], "Refund"],
  [["x"], "Release the rest"],
  [["Esc"], "Close, or back to the list"],
  [["?"], "This help"],
];
const TERMS = [
  ["To ship", "The customer has paid: the money is reserved. Pack the order, then capture the amount of what you ship."],
  ["Capture", "Takes reserved money. Only for what is shipped, and before the deadline."],
  ["Release", "Cancels the rest of the reservation: what will not be shipped. This cannot be undone."],
  ["Refund", "Pays captured money back, in full or in part, for up to a year."],
  ["Pending", "Vipps MobilePay has not answered yet. The operation is stored and will be carried out; there is nothing to do."],
];

/** Opens the help. */
export function help() {
  open("Help", () => [
    h("h3", {}, "Terms"),
    h(
      "dl.terms",
      {},
      TERMS.map(([word, meaning]) => h("div", {}, h("dt", {}, word), h("dd", {}, meaning))),
    ),
    h("h3", {}, "Keys"),
    h(
      "dl.terms.keys",
      {},
      KEYS.map(([keys, does]) =>
        h(
          "div",
          {},
          h(
            "dt",
            {},
            keys.map((key) => h("kbd", {}, key)),
          ),
          h("dd", {}, does),
        ),
      ),
    ),
    h(
      "label.check",
      {},
      h("input", { type: "checkbox", checked: shortcutsAreOn(), onchange: (event) => setShortcuts(event.target.checked) }),
      h("span", {}, "Use single-key shortcuts"),
    ),
  ]);
}
