/**
 * The settings of this browser: so far, whether single-key shortcuts are on. They are kept in its local storage and are sent nowhere.
 */
const OFF = "kvitt-desk keys off";

/** Whether single-key shortcuts are on. */
export const shortcutsAreOn = () => localStorage.getItem(OFF) === null;

/** Turns single-key shortcuts on or off, in this browser. */
export function setShortcuts(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
}
