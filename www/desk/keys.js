/**
 * The keyboard shortcuts. Single keys work only outside of input fields, and not at all when they are turned off.
 */
import { help } from "./help.js";
import { shortcutsAreOn } from "./settings.js";

/**
 * Listens to shortcuts, those of the open screen's `keys` among them. Returns a function that stops it.
 *
 * @param {() => { keys?: Record<string, () => void> } | undefined} screen
 */
export function listen(screen) {
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const writing = event.target.closest?.("input, select, textarea");
    if (event.key !== "Escape" && (writing || !shortcutsAreOn())) return;
    const action = event.key === "?" ? help : screen()?.keys?.[event.key];
    if (!action || (event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(event.key))) return;
    event.preventDefault();
    action();
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
