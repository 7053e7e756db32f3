/** Where the current attempt of a checkout stands. */
export type KvittState = "open" | "starting" | "created" | "authorized" | "aborted" | "expired" | "terminated" | "failed";

/** The events of both elements, beside those of every element. They bubble and cross shadow roots. */
export interface KvittEvents extends HTMLElementEventMap {
  /** The customer pressed the button. */
  "kvitt:open": CustomEvent<null>;
  /** The page is about to be left for Vipps MobilePay. Cancelable: then the page must open `redirectUrl` itself, unchanged. */
  "kvitt:leave": CustomEvent<{ redirectUrl: string; token: string }>;
  /** The order moved. */
  "kvitt:state": CustomEvent<{ state: KvittState; reference: string; token: string }>;
  /** Something went wrong that the customer sees. `code` is stable. */
  "kvitt:trouble": CustomEvent<{ code: string }>;
}

declare class KvittElement extends HTMLElement {
  /** The proxy's origin; where the script came from when absent. */
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
  /** What is bought: `sku:quantity` pairs, comma separated. */
  items: string | null;
  /** Instead of items: the cart that the shop has priced and signed. */
  cart: string | null;
  /** Instead of both: an order that the shop's backend has opened. */
  token: string | null;
  /** The total that the page shows, in minor units (øre, cent). */
  amount: string | null;
  /** `NOK`, `DKK` or `EUR`. */
  currency: string | null;
  /** `NO`, `DK` or `FI`; decides the brand until the proxy has named it. */
  market: string | null;
  /** The sales unit by its name in the proxy's configuration; the first one when absent. */
  salesUnit: string | null;
  /** Where the customer comes back to; may be relative to the page. */
  returnUrl: string | null;
}

/** `<kvitt-confirmation>`: what became of an order. Its content is shown until that is known. */
export class KvittConfirmation extends KvittElement {
  /** The order's token; the address's `kvitt` parameter when absent. */
  token: string | null;
}

/** Makes both elements known to the page; `import "kvitt/define"` does just that. */
export function register(): void;

declare global {
  interface HTMLElementTagNameMap {
    "kvitt-checkout": KvittCheckout;
    "kvitt-confirmation": KvittConfirmation;
  }
}
