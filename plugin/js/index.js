/** The element classes. Importing them registers nothing and touches no page, so a server may do it; see `./define`. */
import { KvittCheckout } from "./checkout.js";
import { KvittConfirmation } from "./confirmation.js";

export { KvittCheckout, KvittConfirmation };

/** Makes the elements known to the page. A name that is taken is left alone: the script may be there twice. Without a page nothing happens. */
export function register() {
  if (!globalThis.customElements) return;
  customElements.get("kvitt-checkout") ?? customElements.define("kvitt-checkout", KvittCheckout);
  customElements.get("kvitt-confirmation") ?? customElements.define("kvitt-confirmation", KvittConfirmation);
}
