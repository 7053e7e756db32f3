/** The state of a checkout's current attempt. */
export type KvittState = "open" | "starting" | "created" | "authorized" | "aborted" | "expired" | "terminated" | "failed";

/** What `kvitt-state` tells of an order. */
export interface KvittOrder {
  state: KvittState;
  /** The payment's reference. */
  reference: string;
  token: string;
  /** Whether it was so before, as when the page shows an order again. */
  replayed: boolean;
}

/** What a page reports of a purchase; amounts in minor units (øre, cent). */
export interface KvittPurchase {
  /** The payment's reference. */
  reference: string;
  orderNumber: string;
  value: number;
  currency: "NOK" | "DKK" | "EUR";
  /** What is weighed or measured counts as one piece. */
  items: { sku: string; name: string; quantity: number; total: number }[];
}

/** The events of both elements. They bubble and cross shadow roots. */
export interface KvittEvents {
  /** The customer pressed the button. */
  "kvitt-open": CustomEvent<null>;
  /** The widget is about to leave the page for Vipps MobilePay. If the page cancels this, it must open `redirectUrl` itself, unchanged. */
  "kvitt-leave": CustomEvent<{ redirectUrl: string; token: string }>;
  /** The order's state changed. */
  "kvitt-state": CustomEvent<KvittOrder>;
  /** The order is paid, and this page is the one that reports it to the shop's analytics: once for an order, over all its pages. */
  "kvitt-purchase": CustomEvent<KvittPurchase>;
  /** The customer sees a failure. `code` is stable. */
  "kvitt-trouble": CustomEvent<{ code: string }>;
  /** @deprecated use `kvitt-open`; this goes with 0.2 */
  "kvitt:open": CustomEvent<null>;
  /** @deprecated use `kvitt-leave`; this goes with 0.2 */
  "kvitt:leave": CustomEvent<{ redirectUrl: string; token: string }>;
  /** @deprecated use `kvitt-state`; this goes with 0.2 */
  "kvitt:state": CustomEvent<KvittOrder>;
  /** @deprecated use `kvitt-trouble`; this goes with 0.2 */
  "kvitt:trouble": CustomEvent<{ code: string }>;
}

/** The attributes of both elements. */
export interface ConfirmationAttributes {
  /** The proxy's origin. A page that is not served by the proxy must name it. */
  proxy?: string;
  /** `nb`, `da`, `fi`, `sv` or `en`, or a language tag of one of them; the page's language when absent. */
  language?: string;
  /** `light` or `dark`, or `auto` for the customer's system; the `color-scheme` of the page when absent. */
  theme?: string;
  /** The order's token; the address's `kvitt` parameter when absent. */
  token?: string;
}

/** The attributes of `<kvitt-checkout>`. */
export interface CheckoutAttributes extends ConfirmationAttributes {
  /** The articles: `sku:quantity` pairs, comma separated. */
  items?: string;
  /** Instead of `items`: a cart that the shop has priced and signed. */
  cart?: string;
  /** The total that the page shows, in minor units (øre, cent). */
  amount?: string | number;
  /** `NOK`, `DKK` or `EUR`. */
  currency?: string;
  /** `NO`, `DK` or `FI`; decides the brand until the proxy answers. */
  market?: string;
  /** The sales unit by its name in the proxy's configuration; the first one when absent. */
  "sales-unit"?: string;
  /** The address that the customer comes back to; may be relative to the page. */
  "return-url"?: string;
}

interface KvittEventMap extends HTMLElementEventMap, KvittEvents {}

declare class KvittElement extends HTMLElement {
  /** The proxy's origin; that of the script tag when absent. With a bundler the page must name it. */
  proxy: string | null;
  /** `nb`, `da`, `fi`, `sv` or `en`; the page's language when absent. */
  language: string | null;
  /** `light` or `dark`, or `auto` for the customer's system; the `color-scheme` of the page when absent. */
  theme: string | null;
  /** The state of the order that the element shows. */
  readonly state: KvittState | null;
  addEventListener<K extends keyof KvittEventMap>(
    type: K,
    listener: (this: this, event: KvittEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof KvittEventMap>(
    type: K,
    listener: (this: this, event: KvittEventMap[K]) => unknown,
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
  /** The total that the page shows, in minor units (øre, cent). It is read as text. */
  get amount(): string | null;
  set amount(value: string | number | null);
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

/** How the frameworks write handlers of the events: Preact `onkvitt-state`, React 19 and Svelte 5 too. */
type Handlers = { [Name in keyof KvittEvents as Name extends `${string}:${string}` ? never : `on${Name}`]?: (event: KvittEvents[Name]) => void };
/** How Vue writes them: `@kvitt-state` is the property `onKvittState`. */
type VueHandlers = {
  onKvittOpen?: Handlers["onkvitt-open"];
  onKvittLeave?: Handlers["onkvitt-leave"];
  onKvittState?: Handlers["onkvitt-state"];
  onKvittTrouble?: Handlers["onkvitt-trouble"];
};

declare global {
  interface HTMLElementTagNameMap {
    "kvitt-checkout": KvittCheckout;
    "kvitt-confirmation": KvittConfirmation;
  }

  namespace svelteHTML {
    interface IntrinsicElements {
      "kvitt-checkout": CheckoutAttributes & Handlers & Record<string, unknown>;
      "kvitt-confirmation": ConfirmationAttributes & Handlers & Record<string, unknown>;
    }
  }
}

// The frameworks. A shop has one of them, and its compiler would report the others as missing.
// @ts-ignore
type ReactAttributes<Element> = import("react").HTMLAttributes<Element> & import("react").RefAttributes<Element>;
// @ts-ignore
type PreactAttributes<Element extends HTMLElement> = import("preact").HTMLAttributes<Element>;

// @ts-ignore
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "kvitt-checkout": ReactAttributes<KvittCheckout> & CheckoutAttributes & Handlers;
      "kvitt-confirmation": ReactAttributes<KvittConfirmation> & ConfirmationAttributes & Handlers;
    }
  }
}

// @ts-ignore
declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "kvitt-checkout": PreactAttributes<KvittCheckout> & CheckoutAttributes & Handlers;
      "kvitt-confirmation": PreactAttributes<KvittConfirmation> & ConfirmationAttributes & Handlers;
    }
  }
}

// @ts-ignore
declare module "vue" {
  interface GlobalComponents {
    KvittCheckout: new () => { $props: CheckoutAttributes & VueHandlers };
    KvittConfirmation: new () => { $props: ConfirmationAttributes & VueHandlers };
  }
}
