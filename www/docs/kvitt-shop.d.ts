// The types of Kvitt's API for the shop's own backend, made from its description by `cargo xtask openapi`.
// Amounts are minor units (øre, cent), times milliseconds since 1970 in UTC. Fields may be added: read what you know.

/** Who asked for something: by a name that the operator gave, never by personal data of a customer. */
export interface Actor {
  /** The prefix of the shop key; absent where there was none. */
  key?: string | null;
  /** The name of the shop key, or of the login link; `command line`, with the user of the operating system; or `retention`. */
  name: string;
  /** The way by which they asked. */
  via: Via;
}

/** A customer known to the shop: by `id`, or by `phone_number` with the shop's `consent`. */
export interface Addressee {
  consent?: ConsentGiven | null;
  /** A customer who has shared the number: see `GET /v1/shop/customers/{id}`. */
  id?: string | null;
  /** A number that the customer has given to the shop: with its country code, or as it is written in the country of the sales unit. */
  phone_number?: string | null;
}

/** The amounts of a payment in minor units, as in Vipps MobilePay's `aggregate`. */
export interface Aggregate {
  /** Reserved on the customer's account. */
  authorized: number;
  /** Released without a capture. */
  cancelled: number;
  /** Captured by the shop. */
  captured: number;
  /** Refunded after the capture. */
  refunded: number;
}

/** An amount of money in minor units of its currency: `{"value": 49900, "currency": "NOK"}` is 499.00 kroner. */
export interface Amount {
  /** The currency of the sales unit. */
  currency: Currency;
  /** Minor units (øre, cent). Never negative. */
  value: number;
}

/** `GET /v1/shop/audit`: a page of entries, the newest first. */
export interface AuditEntries {
  /** The entries. */
  entries: AuditEntry[];
  /** The cursor of the next page, for `after`; absent on the last page. */
  next?: string | null;
}

/** An entry of the audit. */
export interface AuditEntry {
  /** What was asked for, such as `capture`, `erase_customer` or `rotate_endpoint`. A later version may add more. */
  action: string;
  amount?: Amount | null;
  /** When it was committed, in milliseconds since 1970 (UTC). */
  at_ms: number;
  /** Who asked. */
  by: Actor;
  /** More about it, such as the role of a new key. */
  detail?: string | null;
  /** Its id: `aud_…`. */
  id: string;
  /** The sales unit that it concerns; absent where it concerns the whole shop. */
  sales_unit?: string | null;
  /** What it concerns: the reference of a payment, the id of an endpoint or of a parked effect, the prefix of a key. */
  subject?: string | null;
}

/** The brand of the app. */
export type Brand = "vipps" | "mobilepay";

/** The deadlines for capturing reserved money, in milliseconds since 1970 (UTC). */
export interface CaptureDeadline {
  /** Until then a capture is guaranteed. */
  capture_by_ms: number;
  /** Then Vipps MobilePay releases the money to the customer. */
  released_at_ms: number;
}

/** The priced lines, the total, and what the start screen shows beside them. */
export interface Cart {
  /** Whether the shop asks for the customer's telephone number. The customer can refuse and still pay. */
  asks_phone_number: boolean;
  /** The brand of the sales unit's market today. */
  brand: Brand;
  /** One line for each article. */
  lines: Line[];
  /** What is paid by other means, such as a gift card; absent when that is nothing. */
  payment_sources?: PaymentSources;
  /** The sales unit that is paid, by its name in the proxy's configuration. */
  sales_unit: string;
  /** The shop's name, as the customer knows it. */
  shop: string;
  /** The shop's terms of sale; the customer accepts them before a payment is created. */
  terms_url: string;
  /** The amount to pay: the sum of the lines, VAT included, less `payment_sources`. */
  total: Amount;
  /** The VAT within the lines, in minor units. */
  vat: number;
}

/** What the shop's page on an order is about: the name of the link to it, also in the customer's app. */
export type CategoryName = "general" | "receipt" | "order_confirmation" | "delivery" | "ticket" | "booking";

/** The customer's consent to share the telephone number, given before the payment is created. */
export interface ConsentGiven {
  /** The language of the text as a BCP 47 tag, where it is not that of the order. */
  language?: string | null;
  /** The version of the consent text: one of the proxy's own, which is now `2026-11`, or one that the shop has registered as `[[wording]]`. */
  wording: string;
}

/** The currencies of the markets that have a wallet; all have two decimals. */
export type Currency = "NOK" | "DKK" | "EUR";

/** A consent, and the payment that it was given for. */
export type CustomerConsent = ShopConsent & {
  /** The payment. */
  reference: string;
};

/** The answer of `POST /v1/shop/customers/erase`. */
export interface ErasedCustomers {
  /** The number of orders in which data was erased; 0 when nobody has shared the number. */
  erased: number;
}

/** The answer of `POST /v1/shop/customers/find`. */
export interface FoundCustomers {
  /** The customers with the number: usually one for each sales unit. */
  customers: ShopCustomer[];
}

/** The languages of the widget and the pages. Every language tag is read as the nearest of them. */
export type Language = "nb" | "da" | "fi" | "sv" | "en";

/** The body of `POST /v1/shop/orders/{reference}/cancel`, which always releases all that is left: empty. */
export type LetGo = Record<string, unknown>;

/**
 * One line of a cart, receipt or confirmation. All amounts are minor units of the cart's currency, VAT included. They are negative in the
 * line of a return, a voucher or a rounding.
 */
export interface Line {
  /** The discount on the line; absent when there is none. */
  discount?: number;
  /** The article's name. */
  name: string;
  /** A picture of the article, if there is one. */
  picture?: string | null;
  /** The quantity. */
  quantity: Quantity;
  /** Whether the line is the freight; absent when it is not. */
  shipping?: boolean;
  /** The article's stock-keeping unit. */
  sku: string;
  /** `quantity` times `unit_price`, rounded to a minor unit, less `discount`. */
  total: number;
  unit?: Unit | null;
  /** The unit price. */
  unit_price: number;
  /** The article's page, for the receipt, if the shop has given it. */
  url?: string | null;
  /** The VAT within `total`. */
  vat: number;
  /** VAT rate in hundredths of a percent: 2500 is 25 %. */
  vat_rate: number;
}

/** The body of `POST /v1/shop/orders/{reference}/capture` and `/refund`. */
export interface MoveMoney {
  amount?: Amount | null;
  /** The shipped or returned lines, stored with the order. */
  lines?: Pieces[];
}

/** The body of `POST /v1/shop/orders/{reference}/category`. */
export interface NewCategory {
  /** The name of the link. */
  category: CategoryName;
  /** Its target: an https address, such as that of the parcel; opened without a session. The order's own page when absent. */
  details_url?: string | null;
  /** An image that was uploaded with `POST /v1/shop/images`. */
  image_id?: string | null;
}

/** The body of `POST /v1/shop/images`. */
export interface NewImage {
  /** A PNG or JPEG in base64, at least 167 pixels high, 2 MB at most. */
  data: string;
  /** Its id: letters, digits, `-`, `_` and `.`, 128 at most. The image of an id cannot be changed. */
  id: string;
  /** The sales unit, by name; the key's own, or the first one of the configuration, when absent. */
  sales_unit?: string | null;
}

/** `POST /v1/shop/payment-requests`: the cart, and who is to pay it. */
export interface NewPaymentRequest {
  /** The cart to be paid. */
  cart: ShopCart;
  customer?: Addressee | null;
  /** Whether the customer is in the shop. */
  customer_present?: boolean;
  /** The description in the app, at least 3 characters; more than 100 are cut at a word. The articles' names when absent. */
  description?: string | null;
  /** How long it can be paid, in seconds: 60 to 15552000 (180 days). `requests.hours` of the configuration when absent. */
  expires_in_s?: number | null;
  /** The language of the pay page as a BCP 47 tag. The nearest of `nb`, `da`, `fi`, `sv` and `en` is used. */
  language?: string;
  /** The page that the customer returns to, on one of the configured origins. */
  return_url?: string | null;
}

/** `POST /v1/shop/checkouts`: an order from the shop's backend, to be paid on a page of the shop. */
export interface NewShopCheckout {
  /** Whether the customer is asked to share the telephone number; as configured when absent. */
  asks_phone_number?: boolean | null;
  /** The cart, at the shop's prices. */
  cart: ShopCart;
  /** The description in the app, at least 3 characters; more than 100 are cut at a word. The articles' names when absent. */
  description?: string | null;
  /** How long it can be paid, in seconds: 60 to 15552000 (180 days), a day when absent. */
  expires_in_s?: number | null;
  /** The customer's language as a BCP 47 tag. The nearest of `nb`, `da`, `fi`, `sv` and `en` is used. */
  language?: string;
  /** The page that the customer returns to, on one of the configured origins. Without it the proxy shows its own page. */
  return_url?: string | null;
}

/** The body of `POST /v1/shop/endpoints`. */
export interface NewShopEndpoint {
  /** The event types it subscribes to, such as `checkout.authorized`; all when empty. */
  events?: string[];
  /** A public https URL. */
  url: string;
}

/** The body of `POST /v1/shop/customers/find` and `/erase`. The number is in the body, so that it is in no URL. */
export interface OfNumber {
  /**
   * The telephone number: with its country code, such as `+47 999 99 999`, or as it is written in the country of the sales unit. Nine and
   * more digits that do not begin with a zero have a country code.
   */
  phone_number: string;
  /**
   * The sales unit in whose country a number without a country code is, by name; the key's own, or the first one of the configuration, when
   * absent. Customers are found at every sales unit that the key has access to.
   */
  sales_unit?: string | null;
}

/** An event of an order, as it is delivered to the shop. */
export interface OrderEvent {
  /** The payment's amounts at that time. */
  aggregate: Aggregate;
  /** When the proxy recorded it, in milliseconds since 1970 (UTC). */
  at_ms: number;
  /** Its id, the same in every delivery. */
  id: string;
  /** Its type, such as `payment.captured`. */
  type: string;
}

/** What is paid by other means than this payment, in minor units of the total's currency. The lines and their VAT stay whole. */
export interface PaymentSources {
  /** By card. */
  card?: number;
  /** In cash. */
  cash?: number;
  /** By gift card. */
  gift_card?: number;
  /** By voucher. */
  voucher?: number;
}

/** A quantity of one article. */
export interface Pieces {
  /** The quantity. */
  quantity: Quantity;
  /** The article's stock-keeping unit. */
  sku: string;
}

/** A problem body, `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), with a stable code. */
export interface Problem {
  cart?: Cart | null;
  /** The error, stable across releases: branch on this. All codes are in `ProblemCode`. */
  code: ProblemCode | (string & {});
  /** The details of this error, if there are any. */
  detail?: string | null;
  /** The HTTP status. */
  status: number;
  /** A short sentence for developers; it may change. */
  title: string;
  /** Identifies the request in the proxy's log. */
  trace_id: string;
  /** The proxy's documentation of the code, relative to the address of the request. */
  type: string;
}

/** The problem codes of this version; `/docs/problems` says what to do about each. A later version may add more. */
export type ProblemCode = "malformed_json" | "malformed_body" | "malformed_query" | "bad_host" | "bad_idempotency_key" | "idempotency_key_required" | "bad_cursor" | "bad_signature" | "unauthorized" | "login_refused" | "origin_not_allowed" | "role_not_allowed" | "not_found" | "method_not_allowed" | "price_changed" | "idempotency_in_progress" | "not_retryable" | "offer_ended" | "not_withdrawable" | "too_many_attempts" | "not_paid" | "exceeds_what_is_left" | "exceeds_what_was_ordered" | "capture_under_way" | "too_many_operations" | "endpoint_disabled" | "operation_refused" | "body_too_large" | "unsupported_media_type" | "terms_not_accepted" | "wrong_currency" | "unknown_sales_unit" | "bad_return_url" | "bad_wording" | "bad_expiry" | "bad_description" | "unknown_customer" | "no_consent" | "bad_addressee" | "idempotency_key_reused" | "bad_cart_id" | "bad_claim" | "bad_details_url" | "bad_image" | "bad_endpoint" | "unknown_event" | "bad_phone_number" | "bad_amount" | "bad_lines" | "empty_cart" | "too_many_lines" | "unknown_sku" | "bad_quantity" | "bad_total" | "malformed_items" | "bad_vat" | "bad_line" | "line_total_mismatch" | "bad_payment_sources" | "cart_lines_mismatch" | "items_and_signed_cart" | "malformed_signed_cart" | "unknown_cart_key" | "cart_signature_invalid" | "cart_expired" | "cart_not_yet_valid" | "cart_lives_too_long" | "wrong_cart_audience" | "wrong_sales_unit" | "head_too_large" | "rate_limited" | "internal" | "busy" | "not_ready";

/** A whole number, or a text with up to three decimals such as `"1.25"`. Never a number with decimals. */
export type Quantity = number | string;

/** The body of `POST /v1/shop/endpoints/{id}/replay`. */
export interface ReplaySince {
  /** Replays all events of this time and later, in milliseconds since 1970 (UTC). */
  since_ms: number;
}

/**
 * How to treat a small difference between the lines and the total: at most one minor unit for each piece, and 100 in all; in kroner always up
 * to 50 øre, so that a total may be whole kroner.
 */
export type Rounding = "refuse" | "line";

/** How a payment request was sent. */
export type SentBy = "app" | "link";

/** One payment of an order. */
export interface ShopAttempt {
  /** What staff can do about that. */
  advice?: string | null;
  /** Its amounts. */
  aggregate: Aggregate;
  consent?: ShopConsent | null;
  /** When it was started, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  drift?: ShopDrift | null;
  /** When it expires, or expired, unless the customer approves, in milliseconds since 1970 (UTC). */
  expires_at_ms: number;
  /** Its captures, cancels and refunds, oldest first. */
  operations: ShopOperation[];
  /** Its reference at Vipps MobilePay. */
  reference: string;
  /** Its state. */
  state: State;
  /** Why it failed, as a stable code. */
  trouble?: string | null;
}

/** A cart with the shop's own prices. Every sum is checked; a wrong one is refused with the difference. */
export interface ShopCart {
  /** 1 to 100 lines; the freight is one of them. */
  lines: ShopLine[];
  /** What is paid by other means, such as a gift card. The lines and their VAT stay whole. */
  payment_sources?: PaymentSources;
  /** How to treat a small difference between the lines and `total`. */
  rounding?: Rounding;
  /** The sales unit that is paid, by name; the first one of the configuration when absent. */
  sales_unit?: string | null;
  /** The total to be paid: the sum of the lines, VAT included, less `payment_sources`. */
  total: Amount;
}

/** The link of an order in the app. */
export interface ShopCategory {
  /** What staff can do about that. */
  advice?: string | null;
  /** Its name. */
  category: CategoryName;
  /** Its target; absent when that is the order's own page. */
  details_url?: string | null;
  /** Its image. */
  image_id?: string | null;
  /** `pending` until Vipps MobilePay has answered, then `done` or `refused`. */
  state: string;
  /** Why it was refused, as a stable code. */
  trouble?: string | null;
}

/** An open order. */
export interface ShopCheckout {
  /** Until when it can be paid, in milliseconds since 1970 (UTC). */
  expires_at_ms: number;
  /** The common prefix of all payments of the order. */
  order_number: string;
  /** The order's reference in the shop's API and in its events. */
  reference: string;
  /** The customer's access to the order: for the attribute `token` of the widget, on a page that only this customer receives. */
  token: string;
  /** A page of the proxy where the order can be paid too. The URL contains the token. */
  url: string;
}

/** The record of a customer's consent. */
export interface ShopConsent {
  /** When it was given, in milliseconds since 1970 (UTC). */
  given_at_ms: number;
  /** The language of the text. */
  language: Language;
  /** What the consent is for: `phoneNumber` or `paymentRequests`. */
  scope: string;
  /**
   * The text that the customer agreed to. For consents of earlier releases it has `{0}` for the shop and `{1}` for the app; it is absent
   * where they named a text that is not the proxy's.
   */
  text?: string | null;
  /** The version of the consent text. */
  wording: string;
}

/** `GET /v1/shop/customers/{id}`: one customer of one sales unit. */
export interface ShopCustomer {
  /** The consents, oldest first. */
  consents: CustomerConsent[];
  /** The same for all of the customer's orders: `cus_…`. */
  id: string;
  /** The references of the customer's orders, oldest first. */
  orders: string[];
  /** The telephone number with country code, digits only; absent when it did not arrive in time. */
  phone_number?: string | null;
  /** When it was received last, in milliseconds since 1970 (UTC). */
  received_at_ms: number;
  /** The sales unit, by name. */
  sales_unit: string;
  /** Vipps MobilePay's id of the customer for this sales unit. */
  sub?: string | null;
}

/** `GET /v1/shop/endpoints/{id}/deliveries`: a page of deliveries, the newest first. */
export interface ShopDeliveries {
  /** The deliveries. */
  deliveries: ShopDelivery[];
  /** The cursor of the next page, for `after`; absent on the last page. */
  next?: string | null;
}

/** A delivery of an event to an endpoint: waiting, delivered or given up. */
export interface ShopDelivery {
  /** When it was recorded, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** The time of the next attempt, while it is waiting, in milliseconds since 1970 (UTC). */
  due_at_ms?: number | null;
  /** Why the last attempt failed. */
  error?: string | null;
  /** The event's id. */
  id: string;
  /** How long the last attempt took, in milliseconds. */
  latency_ms?: number | null;
  /** `waiting`, `delivered` or `given_up`. */
  state: string;
  /** The endpoint's last HTTP status. */
  status?: number | null;
  /** The time of the last attempt, in milliseconds since 1970 (UTC). */
  tried_at_ms?: number | null;
  /** The number of attempts since it was recorded or replayed. */
  tries: number;
  /** The event's type. */
  type: string;
}

/** An amount that differs from the order's. */
export interface ShopDrift {
  amount?: Amount | null;
  /** When it was first seen, in milliseconds since 1970 (UTC). */
  since_ms: number;
}

/** An endpoint. */
export interface ShopEndpoint {
  /** When it was added, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** When it was disabled, in milliseconds since 1970 (UTC). */
  disabled_at_ms?: number | null;
  /** Why it is disabled, if it is. */
  disabled_reason?: string | null;
  /** The event types it subscribes to; all when absent. */
  events?: string[] | null;
  /** Since when every delivery has failed, in milliseconds since 1970 (UTC). */
  failing_since_ms?: number | null;
  /** Its id: `ep_…`. */
  id: string;
  /** Until when the previous secret signs too, in milliseconds since 1970 (UTC). */
  previous_until_ms?: number | null;
  /**
   * The ids of other enabled endpoints that receive some of the same events at the same URL, each of them once more. Returned only when it
   * was added.
   */
  same_url_as?: string[];
  /** The secret that signs its events: `whsec_…`. Returned only when it was created. */
  secret?: string | null;
  /** `fine`, `failing` or `disabled`. */
  state: string;
  /** Its URL. */
  url: string;
}

/** `GET /v1/shop/endpoints`. */
export interface ShopEndpoints {
  /** All endpoints, oldest first. */
  endpoints: ShopEndpoint[];
}

/** An event, with the same content as the webhook to an endpoint. */
export interface ShopEvent {
  /** The order at that time: `reference`, `order_number`, `sales_unit`, `state`, `aggregate`, `currency`; never personal data. */
  data: Record<string, unknown>;
  /** The id of the event, the same in every delivery: `evt_…`. */
  id: string;
  /** When the proxy recorded the event. */
  timestamp: string;
  /** The type, such as `checkout.authorized`. */
  type: string;
}

/** A page of events. */
export interface ShopEvents {
  /** The events, oldest first. */
  events: ShopEvent[];
  /** The cursor for the events after these: pass it as `after`. */
  next: string;
}

/** The answer of `POST /v1/shop/images`. */
export interface ShopImage {
  /** Whether the id was in use already; its image is unchanged. */
  already_there: boolean;
  /** Its id. */
  id: string;
}

/**
 * One line of the shop's cart. All amounts are minor units of the total's currency, VAT included. A negative `unit_price` makes it the line
 * of a return or a voucher.
 */
export interface ShopLine {
  /** The discount on the line; none with a negative `unit_price`. */
  discount?: number;
  /** The article's name, as the customer knows it: 1 to 200 characters. */
  name: string;
  /** The URL of a picture of the article. */
  picture?: string | null;
  /** The quantity: more than 0, and 9999 at most. */
  quantity: Quantity;
  /** Whether the line is the freight. */
  shipping?: boolean;
  /** The article's stock-keeping unit: 1 to 64 characters, unique in the cart. */
  sku: string;
  /** `quantity` times `unit_price`, rounded half up to a minor unit, less `discount`. Checked when present. */
  total?: number | null;
  unit?: Unit | null;
  /** The unit price, before discount. Negative for a return or a voucher. */
  unit_price: number;
  /** The article's page, for the receipt. */
  url?: string | null;
  /**
   * The VAT within the line's total, from the shop's accounting; computed when absent. It may differ by one minor unit from the rate applied to
   * the net amount.
   */
  vat?: number | null;
  /** VAT rate in hundredths of a percent, 0 or 100 to 10000: 2500 is 25 %. */
  vat_rate: number;
}

/** A capture, cancel or refund. */
export interface ShopOperation {
  /** What staff can do about that. */
  advice?: string | null;
  /** The amount. */
  amount: Amount;
  /** When the shop requested it, in milliseconds since 1970 (UTC). */
  asked_at_ms: number;
  by?: Actor | null;
  /** Its id. */
  id: string;
  /** `capture`, `cancel` or `refund`. */
  kind: string;
  /** The shipped or returned lines, as the shop has given them. */
  lines: Pieces[];
  /** When it was answered, in milliseconds since 1970 (UTC). */
  settled_at_ms?: number | null;
  /** `pending` until Vipps MobilePay has answered, then `done` or `refused`. */
  state: string;
  /** Why it was refused, as a stable code. */
  trouble?: string | null;
}

/** `GET /v1/shop/orders/{reference}`: an order and its payments, without the customer's shared data. */
export interface ShopOrder {
  /** The payment's amounts. */
  aggregate: Aggregate;
  /** The order's total. */
  amount: Amount;
  /** All payments, oldest first. */
  attempts: ShopAttempt[];
  /** Who asked for what about the order, oldest first; only in the answer for one order. */
  audit?: AuditEntry[] | null;
  capture_deadline?: CaptureDeadline | null;
  category?: ShopCategory | null;
  /** When the order was opened, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** The customer, if they have shared personal data and were not erased: see `GET /v1/shop/customers/{id}`. */
  customer_id?: string | null;
  /** The description in the app. */
  description: string;
  /** The events, oldest first; only in the answer for one order. */
  events?: OrderEvent[] | null;
  /** The lines, at the prices of the order. */
  lines: Line[];
  /** The order number, which is the prefix of all its references. */
  order_number: string;
  /** What was paid by other means; absent when that is nothing. */
  payment_sources?: PaymentSources;
  /** The order's payment: the authorized one, or else the latest. */
  reference: string;
  request?: ShopRequest | null;
  /** The sales unit that is paid, by name. */
  sales_unit: string;
  sharing?: ShopSharing | null;
  /** The payment's state. */
  state: State;
}

/** `GET /v1/shop/orders`: a page of orders, the newest first. */
export interface ShopOrders {
  /** The cursor of the next page, for `after`; absent on the last page. */
  next?: string | null;
  /** The orders. */
  orders: ShopOrder[];
}

/** How an order that is to be paid later reaches its customer. */
export interface ShopRequest {
  consent?: ShopConsent | null;
  /** Until when it can be paid, in milliseconds since 1970 (UTC). */
  expires_at_ms: number;
  /** A QR code of the pay page, as PNG. */
  qr_png: string;
  /** A QR code of the pay page, as SVG. */
  qr_svg: string;
  /** Whether it was sent to the app. */
  sent_by: SentBy;
  /** The pay page. Send it to the customer only. */
  url: string;
  /** When the shop withdrew it, in milliseconds since 1970 (UTC). */
  withdrawn_at_ms?: number | null;
}

/** The state of a customer's consent to share the telephone number. */
export type ShopSharing = "awaited" | "received" | "missed" | "erased";

/** Something that needs manual action. */
export interface ShopWarning {
  /** The deadline, or since when it lasts, in milliseconds since 1970 (UTC). */
  at_ms?: number | null;
  /** What happened, and what to do, for staff. */
  detail: string;
  /** The endpoint, if the warning is about one. */
  endpoint?: string | null;
  /**
   * `capture_overdue`, `capture_due`, `drift`, `parked`, `webhooks_missing`, `webhooks_unverified`, `clock`,
   * `endpoint_disabled` or `endpoint_failing`.
   */
  kind: string;
  /** The payment, if the warning is about one. */
  reference?: string | null;
  /** The sales unit, by name, if the warning is about one. */
  sales_unit?: string | null;
}

/** `GET /v1/shop/warnings`. */
export interface ShopWarnings {
  /** The most urgent kinds first; a hundred of each kind at most. */
  warnings: ShopWarning[];
}

/** The state of a checkout's current attempt. The values are those of the ePayment API's payment state, and `open`, `starting` and `failed`. */
export type State = "open" | "starting" | "created" | "authorized" | "aborted" | "expired" | "terminated" | "failed";

/** The events that a replay or a test delivers to an endpoint. */
export interface ToBeTold {
  /** The number of events. */
  events: number;
  /** The event's id, if it is one event. */
  id?: string | null;
}

/** What a quantity counts, where that is not pieces: the units of a receipt of Vipps MobilePay. */
export type Unit = "kg" | "km" | "minute" | "litre" | "kwh";

/** The way by which somebody asked. */
export type Via = "key" | "desk" | "command" | "proxy";

/** Every operation, by its name in the description. */
export interface Operations {
  /** Lists who asked for what */
  list_audit: { method: "GET"; path: "/v1/shop/audit"; query: { sales_unit?: string; since_ms?: number; until_ms?: number; limit?: number; after?: string }; body: undefined; answer: AuditEntries };
  /** Opens a checkout at the shop's prices */
  open_shop_checkout: { method: "POST"; path: "/v1/shop/checkouts"; query: undefined; body: NewShopCheckout; answer: ShopCheckout };
  /** Erases customers by telephone number */
  erase_customers: { method: "POST"; path: "/v1/shop/customers/erase"; query: undefined; body: OfNumber; answer: ErasedCustomers };
  /** Finds customers by telephone number */
  find_customers: { method: "POST"; path: "/v1/shop/customers/find"; query: undefined; body: OfNumber; answer: FoundCustomers };
  /** Erases a customer */
  erase_customer: { method: "DELETE"; path: "/v1/shop/customers/{id}"; query: undefined; body: undefined; answer: undefined };
  /** Shows a customer */
  show_customer: { method: "GET"; path: "/v1/shop/customers/{id}"; query: undefined; body: undefined; answer: ShopCustomer };
  /** Lists the endpoints */
  list_endpoints: { method: "GET"; path: "/v1/shop/endpoints"; query: undefined; body: undefined; answer: ShopEndpoints };
  /** Adds an endpoint */
  add_endpoint: { method: "POST"; path: "/v1/shop/endpoints"; query: undefined; body: NewShopEndpoint; answer: ShopEndpoint };
  /** Removes an endpoint and its deliveries */
  remove_endpoint: { method: "DELETE"; path: "/v1/shop/endpoints/{id}"; query: undefined; body: undefined; answer: undefined };
  /** Lists the deliveries to an endpoint */
  list_deliveries: { method: "GET"; path: "/v1/shop/endpoints/{id}/deliveries"; query: { failed?: boolean; limit?: number; after?: string }; body: undefined; answer: ShopDeliveries };
  /** Redelivers one event to an endpoint */
  replay_delivery: { method: "POST"; path: "/v1/shop/endpoints/{id}/deliveries/{delivery}/replay"; query: undefined; body: undefined; answer: ToBeTold };
  /** Disables an endpoint: it receives no events until it is enabled */
  disable_endpoint: { method: "POST"; path: "/v1/shop/endpoints/{id}/disable"; query: undefined; body: undefined; answer: ShopEndpoint };
  /** Enables a disabled endpoint */
  enable_endpoint: { method: "POST"; path: "/v1/shop/endpoints/{id}/enable"; query: undefined; body: undefined; answer: ShopEndpoint };
  /** Redelivers all events since a moment to an endpoint */
  replay_endpoint: { method: "POST"; path: "/v1/shop/endpoints/{id}/replay"; query: undefined; body: ReplaySince; answer: ToBeTold };
  /** Rotates the secret of an endpoint */
  rotate_endpoint: { method: "POST"; path: "/v1/shop/endpoints/{id}/rotate"; query: undefined; body: undefined; answer: ShopEndpoint };
  /** Sends a test event to an endpoint */
  test_endpoint: { method: "POST"; path: "/v1/shop/endpoints/{id}/test"; query: undefined; body: undefined; answer: ToBeTold };
  /** Lists events */
  list_events: { method: "GET"; path: "/v1/shop/events"; query: { after?: string; limit?: number }; body: undefined; answer: ShopEvents };
  /** Streams events */
  follow_events: { method: "GET"; path: "/v1/shop/events/stream"; query: { after?: string }; body: undefined; answer: undefined };
  /** Uploads an image for the app */
  upload_image: { method: "POST"; path: "/v1/shop/images"; query: undefined; body: NewImage; answer: ShopImage };
  /** Lists orders */
  list_orders: { method: "GET"; path: "/v1/shop/orders"; query: { state?: string; sales_unit?: string; since_ms?: number; until_ms?: number; to_capture?: boolean; reference?: string; limit?: number; after?: string }; body: undefined; answer: ShopOrders };
  /** Shows an order */
  show_order: { method: "GET"; path: "/v1/shop/orders/{reference}"; query: undefined; body: undefined; answer: ShopOrder };
  /** Releases reserved money */
  cancel_order: { method: "POST"; path: "/v1/shop/orders/{reference}/cancel"; query: undefined; body: LetGo; answer: ShopOrder };
  /** Captures reserved money */
  capture: { method: "POST"; path: "/v1/shop/orders/{reference}/capture"; query: undefined; body: MoveMoney; answer: ShopOrder };
  /** Sets an order's category and link in the app */
  categorize_order: { method: "POST"; path: "/v1/shop/orders/{reference}/category"; query: undefined; body: NewCategory; answer: ShopOrder };
  /** Refunds captured money */
  refund: { method: "POST"; path: "/v1/shop/orders/{reference}/refund"; query: undefined; body: MoveMoney; answer: ShopOrder };
  /** Sends a payment request */
  request_payment: { method: "POST"; path: "/v1/shop/payment-requests"; query: undefined; body: NewPaymentRequest; answer: ShopOrder };
  /** Withdraws a payment request */
  withdraw_request: { method: "POST"; path: "/v1/shop/payment-requests/{reference}/withdraw"; query: undefined; body: undefined; answer: ShopOrder };
  /** Lists warnings */
  list_warnings: { method: "GET"; path: "/v1/shop/warnings"; query: undefined; body: undefined; answer: ShopWarnings };
}
