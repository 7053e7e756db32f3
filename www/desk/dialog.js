/**
 * A modal dialog: the browser's own, which traps the focus, closes on Esc and restores the focus.
 */
import { h } from "./dom.js";

/**
 * Opens a dialog. `build` gets a function that closes it and returns its content.
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
