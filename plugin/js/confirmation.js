/** `<kvitt-confirmation>`: what became of an order, in any browser that has its token. The page's own content stands until then. */
import { KvittElement } from "./element.js";

export class KvittConfirmation extends KvittElement {
  static {
    this.reflect();
  }

  cover() {
    return document.createElement("slot");
  }

  arrive() {
    const token = this.token || new URLSearchParams(location.search).get("kvitt");
    if (token) this.resume(token, true);
  }

  failed() {
    this.surrender(false);
  }
}
