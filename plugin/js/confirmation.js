/** `<kvitt-confirmation>`: shows an order's outcome, in any browser that has its token. Until then the page's own content is visible. */
import { KvittElement } from "./element.js";

export class KvittConfirmation extends KvittElement {
  static {
    this.reflect();
  }

  cover() {
    return document.createElement("slot");
  }

  start() {
    const token = this.token || this.returned;
    if (token) this.resume(token, true);
  }

  failed() {
    this.fallBack(false);
  }
}
