/** The element classes. Importing them registers nothing and needs no page, so a server may import them; see `./define`. */
import { KvittCheckout } from "./checkout.js";
import { KvittConfirmation } from "./confirmation.js";

export { KvittCheckout, KvittConfirmation };

/** Registers the elements. A name that is registered already is skipped, as when the script is loaded twice. Without a page it does nothing. */
export function register() {
  if (!globalThis.customElements) return;
  customElements.get("kvitt-checkout") ?? customElements.define("kvitt-checkout", KvittCheckout);
  customElements.get("kvitt-confirmation") ?? customElements.define("kvitt-confirmation", KvittConfirmation);
}
