/**
 * Registers the two elements. Apart from the classes, so that importing those has no effect on the page or the server.
 * A name that is taken already is left alone: the script may be on the page twice.
 */
import { KvittCheckout, KvittConfirmation } from "./index.js";

customElements.get("kvitt-checkout") ?? customElements.define("kvitt-checkout", KvittCheckout);
customElements.get("kvitt-confirmation") ?? customElements.define("kvitt-confirmation", KvittConfirmation);
