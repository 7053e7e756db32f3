/**
 * A dialog over the page: the browser's own, which keeps the focus, closes on Esc and gives the focus back.
 */
import { h } from "./dom.js";

/**
 * Opens one. `build` is handed a function that closes it, and answers with what is in it.
 *
 * @param {string} title
 * @param {(close: () => void) => unknown} build
 * @param {() => void} [closed]
 */
export function open(title, build, closed) {
  const box = h("dialog.box", { "aria-labelledby": "box-title" });
  const close = () => box.close();
  box.append(
    h(
      "header.box-head",
      {},
      h("h2", { id: "box-title" }, title),
      h("button.quiet-button", { type: "button", "aria-label": "Close", onclick: close }, "✕"),
    ),
    ...[build(close)].flat(),
  );
  box.addEventListener("close", () => {
    box.remove();
    closed?.();
  });
  document.body.append(box);
  box.showModal();
  return box;
}
