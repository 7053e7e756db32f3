/** The section of the results about the widget. */

export const TITLE = "## What a customer waits for";

const columns = [["kvitt", "Kvitt"], ["vanilla", "vanilla"], ["adyen", "adyen-web"]];
const rows = [
  ["button cold", "navigation to the button, cold"],
  ["button warm", "the same, warm"],
  ["start cold", "press to the start screen, at once"],
  ["start idle", "the same, once the page is idle"],
  ["start warm", "the same, at once, warm"],
  ["done cold", "return to the confirmation, cold"],
  ["done warm", "the same, warm"],
];

/** The value below which this share of the values is. */
function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

const whole = (number) => Math.round(number).toLocaleString("en");

/** The table, of the results by name. */
export function table(results) {
  const cell = (measured) => {
    if (measured.some((value) => value === undefined)) return "–";
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => whole(quantile(measured, share)));
    return `${middle} [${low}–${high}]`;
  };
  const line = (...cells) => `| ${cells.join(" | ")} |`;
  const of = (name, row) => results.get(name).map((measured) => measured[row]);
  return [
    line("", ...columns.map(([, title]) => title)),
    line("---", ...columns.map(() => "---:")),
    ...rows.map(([row, label]) => line(label, ...columns.map(([name]) => cell(of(name, row))))),
    line("files up to there, brotli bytes", ...columns.map(([name]) => whole(quantile(of(name, "bytes"), 0.5)))),
    "",
  ].join("\n");
}

/** The document with this section in the place of the old one, or at its end. */
export function section(document, text) {
  const [before] = document.split(`\n${TITLE}\n`);
  return `${before.trimEnd()}\n\n${text}`;
}
