/**
 * The keys of the desk. Single letters only where nobody is writing, and not at all for whoever has turned them off.
 */
import { help } from "./help.js";
import { shortcutsAreOn } from "./settings.js";

/**
 * Listens until the function that it answers with is called; a screen has its own in `keys`.
 *
 * @param {() => { keys?: Record<string, () => void> } | undefined} screen
 */
export function listen(screen) {
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const writing = event.target.closest?.("input, select, textarea");
    if (event.key !== "Escape" && (writing || !shortcutsAreOn())) return;
    const act = event.key === "?" ? help : screen()?.keys?.[event.key];
    if (!act || (event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(event.key))) return;
    event.preventDefault();
    act();
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
