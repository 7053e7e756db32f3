/** The state of a checkout's current attempt. */
export type KvittState = "open" | "starting" | "created" | "authorized" | "aborted" | "expired" | "terminated" | "failed";

/** The events of both elements. They bubble and cross shadow roots. */
export interface KvittEvents extends HTMLElementEventMap {
  /** The customer pressed the button. */
  "kvitt:open": CustomEvent<null>;
  /** The widget is about to leave the page for Vipps MobilePay. If the page cancels this, it must open `redirectUrl` itself, unchanged. */
  "kvitt:leave": CustomEvent<{ redirectUrl: string; token: string }>;
  /** The order's state changed. */
  "kvitt:state": CustomEvent<{ state: KvittState; reference: string; token: string }>;
  /** The customer sees a failure. `code` is stable. */
  "kvitt:trouble": CustomEvent<{ code: string }>;
}

declare class KvittElement extends HTMLElement {
  /** The proxy's origin; the script's origin when absent. */
  proxy: string | null;
  /** `nb`, `da`, `fi`, `sv` or `en`; the page's language when absent. */
  language: string | null;
  addEventListener<K extends keyof KvittEvents>(
    type: K,
    listener: (this: this, event: KvittEvents[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof KvittEvents>(
    type: K,
    listener: (this: this, event: KvittEvents[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** `<kvitt-checkout>`: from the pay button to the confirmation, in place. Its content is the form for a page without scripts. */
export class KvittCheckout extends KvittElement {
  /** The articles: `sku:quantity` pairs, comma separated. */
  items: string | null;
  /** Instead of `items`: a cart that the shop has priced and signed. */
  cart: string | null;
  /** Instead of both: the token of an order that the shop's backend has opened. */
  token: string | null;
  /** The total that the page shows, in minor units (øre, cent). */
  amount: string | null;
  /** `NOK`, `DKK` or `EUR`. */
  currency: string | null;
  /** `NO`, `DK` or `FI`; decides the brand until the proxy answers. */
  market: string | null;
  /** The sales unit by its name in the proxy's configuration; the first one when absent. */
  salesUnit: string | null;
  /** The address that the customer comes back to; may be relative to the page. */
  returnUrl: string | null;
}

/** `<kvitt-confirmation>`: shows an order's outcome. Its content is visible until the order is loaded. */
export class KvittConfirmation extends KvittElement {
  /** The order's token; the address's `kvitt` parameter when absent. */
  token: string | null;
}

/** Registers both elements; `import "kvitt/define"` does the same. */
export function register(): void;

declare global {
  interface HTMLElementTagNameMap {
    "kvitt-checkout": KvittCheckout;
    "kvitt-confirmation": KvittConfirmation;
  }
}
