/**
 * What the words and the keys mean.
 */
import { open } from "./dialog.js";
import { h } from "./dom.js";
import { setShortcuts, shortcutsAreOn } from "./settings.js";

const KEYS = [
  [["j", "k"], "Down and up the list"],
  [["Enter"], "Open the order"],
  [["/"], "Search by reference"],
  [["s"], "Ship and capture"],
  [["f"], "Refund"],
  [["x"], "Let the rest go"],
  [["Esc"], "Close, or back to the list"],
  [["?"], "This help"],
];
const TERMS = [
  ["To ship", "The customer has paid: the money is reserved. Pack, then capture what is in the parcel."],
  ["Capture", "Moves reserved money to the shop. Only for what is shipped, and before the deadline."],
  ["Let go", "Gives back what is reserved and will not be shipped. There is no way back."],
  ["Refund", "Gives captured money back, all of it or a part, for a year."],
  ["Under way", "Vipps MobilePay has not answered yet. It is written down and is carried out; there is nothing to do."],
];

/** Shows it. */
export function help() {
  open("Help", () => [
    h("h3", {}, "Words"),
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
      h("span", {}, "Single letters do something"),
    ),
  ]);
}
