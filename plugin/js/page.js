/** What the WebAssembly needs of the page and of the browser, as small as it can be. One callback receives everything that happens. */

/** How long a request may take, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** Adds or removes the callback at what every element listens to. */
export function listen(root, callback, on) {
  const verb = on ? "addEventListener" : "removeEventListener";
  root[verb]("click", callback);
  document[verb]("visibilitychange", callback);
  for (const name of ["online", "pageshow"]) window[verb](name, callback);
}

/** Sends a request. The callback gets its number and, if there is an answer that can be read, the response and its JSON. */
export function send(number, url, method, key, body, callback) {
  const options = body && { body, headers: { "content-type": "application/json", "idempotency-key": key } };
  Promise.resolve()
    .then(() => fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS), ...options }))
    .then((response) => response.json().then((json) => [number, response, json]))
    .catch(() => [number])
    .then(callback);
}

/** Describes the order of an element, mostly by its attributes. The address to return to becomes absolute. */
export function describe(host, key, origin) {
  const get = (name) => host.getAttribute(name) || undefined;
  let returnUrl = get("return-url");
  try {
    returnUrl &&= new URL(returnUrl, document.baseURI).href;
  } catch {
    returnUrl = undefined;
  }
  return {
    key,
    origin,
    items: get("items"),
    cart: get("cart"),
    amount: get("amount"),
    currency: get("currency")?.toUpperCase(),
    salesUnit: get("sales-unit"),
    returnUrl,
  };
}

/** Dispatches an event on the element. @returns {boolean} whether the page did not prevent its default */
export const emit = (host, type, detail, cancelable) =>
  host.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, cancelable, detail }));

/** Goes to an address in the top-level window, also when the shop is in a frame. A frame may not be allowed to. */
export function leave(url) {
  try {
    top.location.href = url;
  } catch {
    // The customer follows the link on the waiting screen.
  }
}

/** Stores an order's token for this tab; or removes it, unless another token has replaced it. A tab may have no storage. */
export function store(key, token, keep) {
  try {
    if (!key) return;
    if (keep) sessionStorage.setItem(key, token);
    else if (sessionStorage.getItem(key) == token) sessionStorage.removeItem(key);
  } catch {}
}
