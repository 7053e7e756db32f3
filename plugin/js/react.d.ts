import type { JSX, ReactNode, Ref } from "react";
import type { CheckoutAttributes, ConfirmationAttributes, KvittEvents } from "./index.js";
import type { KvittCheckout as Checkout, KvittConfirmation as Confirmation } from "./index.js";

/** What both components take besides the properties of their element. */
interface Common<Element> {
  /** The customer pressed the button. */
  onOpen?: (event: KvittEvents["kvitt-open"]) => void;
  /** The widget is about to leave the page. If the handler cancels this, it must open `redirectUrl` itself, unchanged. */
  onLeave?: (event: KvittEvents["kvitt-leave"]) => void;
  /** The order's state changed. */
  onState?: (event: KvittEvents["kvitt-state"]) => void;
  /** The order is paid, and this page is the one that reports it. */
  onPurchase?: (event: KvittEvents["kvitt-purchase"]) => void;
  /** The customer sees a failure. */
  onTrouble?: (event: KvittEvents["kvitt-trouble"]) => void;
  /** The content for a page without scripts. */
  children?: ReactNode;
  ref?: Ref<Element>;
  id?: string;
  className?: string;
  style?: Record<string, string | number>;
  key?: string | number;
}

/** The attributes as props: `sales-unit` is `salesUnit`. */
type Props<Attributes> = {
  [Name in keyof Attributes as Name extends "sales-unit" ? "salesUnit" : Name extends "return-url" ? "returnUrl" : Name]: Attributes[Name];
};

export type KvittCheckoutProps = Props<CheckoutAttributes> & Common<Checkout>;
export type KvittConfirmationProps = Props<ConfirmationAttributes> & Common<Confirmation>;

/** `<kvitt-checkout>` as a component; it registers the elements. Its events are props. */
export function KvittCheckout(props: KvittCheckoutProps): JSX.Element;
/** `<kvitt-confirmation>` as a component; it registers the elements. Its events are props. */
export function KvittConfirmation(props: KvittConfirmationProps): JSX.Element;
