// The types of Kvitt's API for the shop's own backend, made from its description by `cargo xtask openapi`.
// Amounts are minor units (øre, cent), times milliseconds since 1970 in UTC. Fields may be added: read what you know.

/** A customer whom the shop knows: by `id`, or by `phone_number` with the `consent` that the shop has. Prints nothing. */
export interface Addressee {
  consent?: ConsentGiven | null;
  /** One who has shared the number here: see `GET /v1/shop/customers/{id}`. */
  id?: string | null;
  /** A number with country code, digits only, that the customer has given to the shop. */
  phone_number?: string | null;
}

/** What has become of the money of a payment, in minor units, as Vipps MobilePay's `aggregate` has it. */
export interface Aggregate {
  /** Reserved on the customer's account. */
  authorized: number;
  /** Released before it was moved. */
  cancelled: number;
  /** Moved to the shop. */
  captured: number;
  /** Given back after it was moved. */
  refunded: number;
}

/** An amount of money in minor units of its currency: `{"value": 49900, "currency": "NOK"}` is 499.00 kroner. */
export interface Amount {
  /** The currency of the sales unit. */
  currency: Currency;
  /** Minor units (øre, cent). Never negative. */
  value: number;
}

/** The name that the customer knows the app by. */
export type Brand = "vipps" | "mobilepay";

/** By when reserved money is to be captured, in milliseconds since 1970 (UTC). */
export interface CaptureDeadline {
  /** Until then a capture is sure to succeed. */
  capture_by_ms: number;
  /** Then Vipps MobilePay gives the money back to the customer. */
  released_at_ms: number;
}

/** The priced lines, the total, and what the start screen needs to show beside them. */
export interface Cart {
  /** Whether the shop would like to have the customer's telephone number. The customer may say no and pay all the same. */
  asks_phone_number: boolean;
  /** The brand of the sales unit's market on this day. */
  brand: Brand;
  /** One line an article. */
  lines: Line[];
  /** The sales unit that is paid, by its name in the proxy's configuration. */
  sales_unit: string;
  /** The shop's name, as the customer knows it. */
  shop: string;
  /** The shop's terms of sale; the customer accepts them before a payment is created. */
  terms_url: string;
  /** The sum of the lines, VAT included. */
  total: Amount;
  /** The VAT within `total`, in minor units. */
  vat: number;
}

/** What the link is called in the app. */
export type CategoryName = "general" | "receipt" | "order_confirmation" | "delivery" | "ticket" | "booking";

/** The customer's yes to sharing the telephone number, before anything is asked of Vipps MobilePay. */
export interface ConsentGiven {
  /** The version of the words that were shown: [`CONSENT_WORDING`](crate::CONSENT_WORDING). */
  wording: string;
}

/** The currencies of the markets that have a wallet; all have two decimals. */
export type Currency = "NOK" | "DKK" | "EUR";

/** A yes, and the payment that it was given for. */
export type CustomerConsent = ShopConsent & {
  /** The payment. */
  reference: string;
};

/** The answer of `POST /v1/shop/customers/erase`. */
export interface ErasedCustomers {
  /** In how many orders something was erased. */
  erased: number;
}

/** The answer of `POST /v1/shop/customers/find`. */
export interface FoundCustomers {
  /** Who has the number: one at a sales unit, as a rule. */
  customers: ShopCustomer[];
}

/** The languages that the widget and the pages speak. */
export type Language = "nb" | "da" | "fi" | "sv" | "en";

/** The body of `POST /v1/shop/orders/{reference}/cancel`, which is always of all that is left: empty. */
export type LetGo = Record<string, unknown>;

/**
 * One line of a cart, receipt or confirmation. All amounts are minor units of the cart's currency, VAT included; none is negative, but
 * for those of a line that evens out a rounding.
 */
export interface Line {
  /** What was taken off the line; absent when nothing was. */
  discount?: number;
  /** The article's name. */
  name: string;
  /** A picture of the article, if there is one. */
  picture?: string | null;
  /** How many. */
  quantity: number;
  /** Whether the line is the freight; absent when it is not. */
  shipping?: boolean;
  /** The article's stock-keeping unit. */
  sku: string;
  /** `quantity` times `unit_price`, less `discount`. */
  total: number;
  /** The price of one. */
  unit_price: number;
  /** The article's page, for the receipt; if the shop has told it. */
  url?: string | null;
  /** The VAT within `total`. */
  vat: number;
  /** VAT rate in hundredths of a percent: 2500 is 25 %. */
  vat_rate: number;
}

/** The body of `POST /v1/shop/orders/{reference}/capture` and `/refund`. */
export interface MoveMoney {
  amount?: Amount | null;
  /** What was shipped or sent back, kept with the order. */
  lines?: Pieces[];
}

/** The body of `POST /v1/shop/orders/{reference}/category`. */
export interface NewCategory {
  /** What the link is called. */
  category: CategoryName;
  /** Where it leads: an https address, such as that of the parcel; opened without a session. The order's own page when absent. */
  details_url?: string | null;
  /** A picture that was uploaded with `POST /v1/shop/images`. */
  image_id?: string | null;
}

/** The body of `POST /v1/shop/images`. */
export interface NewImage {
  /** A PNG or JPEG in base64, at least 167 pixels high, 2 MB at most. */
  data: string;
  /** Its name from now on, for good: letters, digits, `-`, `_` and `.`, 128 at most. The picture of a name cannot be changed. */
  id: string;
  /** For which sales unit, by name; the key's own, or the first one of the configuration, when absent. */
  sales_unit?: string | null;
}

/** `POST /v1/shop/payment-requests`: what is to be paid, and by whom. */
export interface NewPaymentRequest {
  /** What is to be paid. */
  cart: ShopCart;
  customer?: Addressee | null;
  /** Whether the customer stands in front of the shop's people. */
  customer_present?: boolean;
  /** What the customer sees of it in the app, 3 to 100 characters; the articles' names when absent. */
  description?: string | null;
  /** How long it may be paid, in seconds: 60 to 15552000 (180 days). `requests.hours` of the configuration when absent. */
  expires_in_s?: number | null;
  /** The language of the pay page. */
  language?: Language;
  /** The page that the customer comes back to, on one of the configured origins. */
  return_url?: string | null;
}

/** `POST /v1/shop/checkouts`: an order that the shop's backend has made up, for a page of the shop's to have paid. */
export interface NewShopCheckout {
  /** Whether the customer is asked to share the telephone number; as configured when absent. */
  asks_phone_number?: boolean | null;
  /** What is bought, at the shop's prices. */
  cart: ShopCart;
  /** What the customer sees of it in the app, 3 to 100 characters; the articles' names when absent. */
  description?: string | null;
  /** For how long it may be paid, in seconds: 60 to 15552000 (180 days), a day when absent. */
  expires_in_s?: number | null;
  /** The language that the customer is spoken to in. */
  language?: Language;
  /** The page that the customer comes back to, on one of the configured origins. Without it the proxy shows its own. */
  return_url?: string | null;
}

/** The body of `POST /v1/shop/endpoints`. */
export interface NewShopEndpoint {
  /** The kinds of events that it wants, such as `checkout.authorized`; all when none are named. */
  events?: string[];
  /** A public https address. */
  url: string;
}

/** The body of `POST /v1/shop/customers/find` and `/erase`. In a body, so that no number is in an address. */
export interface OfNumber {
  /** With country code, such as `+47 999 99 999`. */
  phone_number: string;
}

/** Something that has happened to an order, as the shop is told of it. */
export interface OrderEvent {
  /** What had become of the money by then. */
  aggregate: Aggregate;
  /** When the proxy learned of it, in milliseconds since 1970 (UTC). */
  at_ms: number;
  /** Its name, the same wherever it is told. */
  id: string;
  /** What has happened, such as `payment.captured`. */
  type: string;
}

/** How many of an article. */
export interface Pieces {
  /** How many. */
  quantity: number;
  /** The article. */
  sku: string;
}

/** A problem body, `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), with a stable code. */
export interface Problem {
  cart?: Cart | null;
  /** What happened, stable over releases: branch on this. All codes are in `ProblemCode`. */
  code: ProblemCode | (string & {});
  /** What exactly was wrong this time, if more is to be said. */
  detail?: string | null;
  /** The HTTP status. */
  status: number;
  /** A short sentence for the developer; may be reworded. */
  title: string;
  /** Finds this request in the proxy's log. */
  trace_id: string;
  /** Where the proxy explains the code, relative to the address that was asked. */
  type: string;
}

/** The problem codes of this version; `/docs/problems` says what to do about each. A later version may add more. */
export type ProblemCode = "malformed_json" | "malformed_body" | "malformed_query" | "bad_idempotency_key" | "idempotency_key_required" | "bad_cursor" | "bad_signature" | "unauthorized" | "login_refused" | "origin_not_allowed" | "not_found" | "method_not_allowed" | "price_changed" | "idempotency_in_progress" | "not_retryable" | "offer_ended" | "not_withdrawable" | "too_many_attempts" | "not_paid" | "exceeds_what_is_left" | "exceeds_what_was_ordered" | "capture_under_way" | "too_many_operations" | "endpoint_disabled" | "operation_refused" | "body_too_large" | "unsupported_media_type" | "terms_not_accepted" | "wrong_currency" | "unknown_sales_unit" | "bad_return_url" | "bad_wording" | "bad_expiry" | "bad_description" | "unknown_customer" | "no_consent" | "bad_addressee" | "idempotency_key_reused" | "bad_details_url" | "bad_image" | "bad_endpoint" | "unknown_event" | "bad_phone_number" | "bad_amount" | "bad_lines" | "empty_cart" | "too_many_lines" | "unknown_sku" | "bad_quantity" | "bad_total" | "malformed_items" | "bad_vat" | "bad_line" | "duplicate_sku" | "line_total_mismatch" | "cart_lines_mismatch" | "items_and_signed_cart" | "malformed_signed_cart" | "unknown_cart_key" | "cart_signature_invalid" | "cart_expired" | "cart_not_yet_valid" | "cart_lives_too_long" | "wrong_cart_audience" | "wrong_sales_unit" | "rate_limited" | "internal" | "busy" | "not_ready";

/** The body of `POST /v1/shop/endpoints/{id}/replay`. */
export interface ReplaySince {
  /** All that has happened then or later, in milliseconds since 1970 (UTC). */
  since_ms: number;
}

/** What becomes of a small difference between the lines and the total: one minor unit for each piece at most, and 100 in all. */
export type Rounding = "refuse" | "line";

/** The way that a payment request has taken. */
export type SentBy = "app" | "link";

/** One payment of an order. */
export interface ShopAttempt {
  /** What staff can do about that. */
  advice?: string | null;
  /** What has become of its money. */
  aggregate: Aggregate;
  consent?: ShopConsent | null;
  /** When it was begun, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** When it runs out, or ran out, unless the customer acts, in milliseconds since 1970 (UTC). */
  expires_at_ms: number;
  /** What the shop asked to be done with its money, oldest first. */
  operations: ShopOperation[];
  /** Its name at Vipps MobilePay. */
  reference: string;
  /** Where it stands. */
  state: State;
  /** Why it came to nothing, as a stable code. */
  trouble?: string | null;
}

/** A cart with the shop's own prices. Every sum in it is checked; one that does not hold is refused with the difference. */
export interface ShopCart {
  /** 1 to 100 lines; the freight is one of them. */
  lines: ShopLine[];
  /** What becomes of a small difference between the lines and `total`. */
  rounding?: Rounding;
  /** The sales unit that is paid, by name; the first one of the configuration when absent. */
  sales_unit?: string | null;
  /** What is to be paid: the sum of the lines, VAT included. */
  total: Amount;
}

/** The link of an order in the app. */
export interface ShopCategory {
  /** What staff can do about that. */
  advice?: string | null;
  /** What it is called. */
  category: CategoryName;
  /** Where it leads; absent where that is the order's own page. */
  details_url?: string | null;
  /** Its picture. */
  image_id?: string | null;
  /** `pending` until Vipps MobilePay has answered, then `done` or `refused`. */
  state: string;
  /** Why it was refused, as a stable code. */
  trouble?: string | null;
}

/** An order that waits for its customer. Prints without its token. */
export interface ShopCheckout {
  /** Until when it may be paid, in milliseconds since 1970 (UTC). */
  expires_at_ms: number;
  /** What all payments of the order have in common. */
  order_number: string;
  /** By which the shop asks for the order, and is told of it. */
  reference: string;
  /** The customer's access to the order: for the attribute `token` of the widget, on a page that only this customer is given. */
  token: string;
  /** A page of the proxy's where the order can be paid too. It has the token in it. */
  url: string;
}

/** A customer's yes, as it can be shown later. */
export interface ShopConsent {
  /** When, in milliseconds since 1970 (UTC). */
  given_at_ms: number;
  /** The language that they were shown in. */
  language: Language;
  /** To what: `phoneNumber`. */
  scope: string;
  /** The version of the words that were shown. */
  wording: string;
}

/** `GET /v1/shop/customers/{id}`: one person at one sales unit. Prints without what it says of them. */
export interface ShopCustomer {
  /** What they said yes to, oldest first. */
  consents: CustomerConsent[];
  /** The same for every order of theirs: `cus_…`. */
  id: string;
  /** The references of their orders, oldest first. */
  orders: string[];
  /** The telephone number with country code, all digits; absent where it could not be had in time. */
  phone_number?: string | null;
  /** When it was received last, in milliseconds since 1970 (UTC). */
  received_at_ms: number;
  /** The sales unit that knows them, by name. */
  sales_unit: string;
  /** What Vipps MobilePay calls them towards this sales unit. */
  sub?: string | null;
}

/** `GET /v1/shop/endpoints/{id}/deliveries`: a page of them, the newest first. */
export interface ShopDeliveries {
  /** The deliveries. */
  deliveries: ShopDelivery[];
  /** Ask with `after` for those that follow; absent where none do. */
  next?: string | null;
}

/** An event on its way to an endpoint, or that was told to it. */
export interface ShopDelivery {
  /** When it was written down, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** When it is tried next, while it waits, in milliseconds since 1970 (UTC). */
  due_at_ms?: number | null;
  /** Why that failed, or why nothing was answered. */
  error?: string | null;
  /** The event. */
  id: string;
  /** How long the last try took, in milliseconds. */
  latency_ms?: number | null;
  /** `waiting`, `delivered` or `given_up`. */
  state: string;
  /** What the endpoint answered last. */
  status?: number | null;
  /** When it was last tried, in milliseconds since 1970 (UTC). */
  tried_at_ms?: number | null;
  /** How often it was tried since it was written down or replayed. */
  tries: number;
  /** What has happened. */
  type: string;
}

/** An endpoint. Prints without its secret. */
export interface ShopEndpoint {
  /** When it was added, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** When it was disabled, in milliseconds since 1970 (UTC). */
  disabled_at_ms?: number | null;
  /** Why it is disabled, if it is. */
  disabled_reason?: string | null;
  /** The kinds of events that it wants; all when absent. */
  events?: string[] | null;
  /** Since when it has done nothing but fail, in milliseconds since 1970 (UTC). */
  failing_since_ms?: number | null;
  /** Its name: `ep_…`. */
  id: string;
  /** Until when its previous secret signs too, in milliseconds since 1970 (UTC). */
  previous_until_ms?: number | null;
  /** What its events are signed with: `whsec_…`. Only in the answer that made it; it is not shown again. */
  secret?: string | null;
  /** `fine`, `failing` or `disabled`. */
  state: string;
  /** Its address. */
  url: string;
}

/** `GET /v1/shop/endpoints`. */
export interface ShopEndpoints {
  /** All of them, oldest first. */
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
  /** Whether there was a picture of that name already, which has stayed. */
  already_there: boolean;
  /** Its name. */
  id: string;
}

/** One line of the shop's. All amounts are minor units of the total's currency, VAT included, and never negative. */
export interface ShopLine {
  /** What is taken off the line. */
  discount?: number;
  /** The article's name, as the customer knows it: 1 to 200 characters. */
  name: string;
  /** The address of a picture of the article. */
  picture?: string | null;
  /** How many: 1 to 9999. */
  quantity: number;
  /** Whether the line is the freight. */
  shipping?: boolean;
  /** The article's stock-keeping unit: 1 to 64 characters, once in a cart. */
  sku: string;
  /** `quantity` times `unit_price`, less `discount`. Only checked when it is there. */
  total?: number | null;
  /** The price of one, before discount. */
  unit_price: number;
  /** The article's page, for the receipt. */
  url?: string | null;
  /**
   * The VAT within the line's total, as the shop's books have it; computed when absent. May be one minor unit beside what the rate
   * makes of the net amount.
   */
  vat?: number | null;
  /** VAT rate in hundredths of a percent, 0 to 10000: 2500 is 25 %. */
  vat_rate: number;
}

/** What the shop asked to be done with a payment's money. */
export interface ShopOperation {
  /** What staff can do about that. */
  advice?: string | null;
  /** How much. */
  amount: Amount;
  /** When the shop asked, in milliseconds since 1970 (UTC). */
  asked_at_ms: number;
  /** Its name. */
  id: string;
  /** `capture`, `cancel` or `refund`. */
  kind: string;
  /** What was shipped or sent back, as the shop said. */
  lines: Pieces[];
  /** When it was answered, in milliseconds since 1970 (UTC). */
  settled_at_ms?: number | null;
  /** `pending` until Vipps MobilePay has answered, then `done` or `refused`. */
  state: string;
  /** Why it was refused, as a stable code. */
  trouble?: string | null;
}

/** `GET /v1/shop/orders/{reference}`: an order and what was tried to have it paid. Nothing that its customer shared. */
export interface ShopOrder {
  /** What has become of that payment's money. */
  aggregate: Aggregate;
  /** What the order costs. */
  amount: Amount;
  /** All payments, oldest first. */
  attempts: ShopAttempt[];
  capture_deadline?: CaptureDeadline | null;
  category?: ShopCategory | null;
  /** When the order was opened, in milliseconds since 1970 (UTC). */
  created_at_ms: number;
  /** The customer, where one has shared who they are and has not been erased: see `GET /v1/shop/customers/{id}`. */
  customer_id?: string | null;
  /** What the customer is shown in the app. */
  description: string;
  /** What has happened, oldest first; only where one order is asked for. */
  events?: OrderEvent[] | null;
  /** What is bought, at the prices of that moment. */
  lines: Line[];
  /** The order's own number, which all its references begin with. */
  order_number: string;
  /** The payment that counts: the one that was authorized, or else the latest. */
  reference: string;
  request?: ShopRequest | null;
  /** The sales unit that is paid, by name. */
  sales_unit: string;
  sharing?: ShopSharing | null;
  /** Where that payment stands. */
  state: State;
}

/** `GET /v1/shop/orders`: a page of orders, the newest first. */
export interface ShopOrders {
  /** Ask with `after` for those that follow; absent where none do. */
  next?: string | null;
  /** The orders. */
  orders: ShopOrder[];
}

/** How an order that is to be paid later reaches its customer. Prints without its address, which is all that it takes to pay. */
export interface ShopRequest {
  /** Until when it may be paid, in milliseconds since 1970 (UTC). */
  expires_at_ms: number;
  /** A QR that leads to it, as a picture. */
  qr_png: string;
  /** A QR that leads to it, as a drawing. */
  qr_svg: string;
  /** Whether the customer has it in the app now. */
  sent_by: SentBy;
  /** The pay page: to be sent to the customer, and to nobody else. */
  url: string;
  /** When the shop took it back, in milliseconds since 1970 (UTC). */
  withdrawn_at_ms?: number | null;
}

/** What has become of a customer's yes to sharing the telephone number. */
export type ShopSharing = "awaited" | "received" | "missed" | "erased";

/** Something that wants a person. */
export interface ShopWarning {
  /** By when, or since when, in milliseconds since 1970 (UTC). */
  at_ms?: number | null;
  /** What it is, and what to do, for staff. */
  detail: string;
  /** The endpoint, where it is about one. */
  endpoint?: string | null;
  /** `capture_overdue`, `capture_due`, `drift`, `parked`, `webhooks_missing`, `endpoint_disabled` or `endpoint_failing`. */
  kind: string;
  /** The payment, where it is about one. */
  reference?: string | null;
  /** The sales unit, by name, where it is about one. */
  sales_unit?: string | null;
}

/** `GET /v1/shop/warnings`. */
export interface ShopWarnings {
  /** The most urgent kinds first; a hundred of each kind at most. */
  warnings: ShopWarning[];
}

/**
 * Where a checkout's current attempt stands. The words are those of the ePayment API's payment state, with two before it and one
 * beside it.
 */
export type State = "open" | "starting" | "created" | "authorized" | "aborted" | "expired" | "terminated" | "failed";

/** What is told to an endpoint because somebody asked. */
export interface ToBeTold {
  /** How many events. */
  events: number;
  /** The event, where it is one. */
  id?: string | null;
}

/** Every operation, by its name in the description. */
export interface Operations {
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
