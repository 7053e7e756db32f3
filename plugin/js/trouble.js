/**
 * Loaded only when something is wrong. It finds the cause and says it on the console, with the place and the cure, for the shop's developer.
 * It asks the proxy for what the element asks for, and opens no order.
 */
const shopsFault = {
  nb: "Butikkens betaling er ikke satt opp riktig. Ta kontakt med butikken.",
  da: "Butikkens betaling er ikke sat rigtigt op. Kontakt butikken.",
  fi: "Kaupan maksua ei ole määritetty oikein. Ota yhteyttä kauppaan.",
  sv: "Butikens betalning är inte rätt inställd. Kontakta butiken.",
  en: "The shop's payment is not set up correctly. Please contact the shop.",
};
/** The smallest module: its header. */
const MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
/** How long a violation of the page's policy may be reported after the request that it refuses, in milliseconds. */
const REPORTED_MS = 100;
/** Troubles that are not the shop's to mend, and the one whose cause is told with the error. */
const NOT_EXPLAINED = /^(price_changed|busy|not_found|load_failed)$/;
/** A request whose answer the page need not be allowed to read. */
const REACH = { method: "HEAD", mode: "no-cors" };
const said = new Set();

/**
 * @param {HTMLElement} element the element that failed
 * @param {string | Error} what the code of its trouble, or why its files could not be loaded
 * @returns {Promise<string | undefined>} the sentence for the customer, if it is the shop's fault
 */
export async function diagnose(element, what) {
  const search = typeof what === "string" ? whyRefused(element, what) : whyNotLoaded(element, what);
  // A browser without what the search needs leaves the cause unknown.
  const found = await search.catch(() => {});
  if (!found) return;
  const { cause, cure, perhapsNetwork } = found;
  const text = `kvitt: ${cause}\nWhere: ${place(element)}\nWhat to do: ${cure}`;
  if (!said.has(text)) console.error(text);
  said.add(text);
  return perhapsNetwork ? undefined : shopsFault[element.locale];
}

/** The element's tag without what is secret, and the page without its query. */
function place(element) {
  const names = ["proxy", "items", "amount", "currency", "market", "sales-unit", "return-url"].filter((name) => element.hasAttribute(name));
  const attributes = names.map((name) => ` ${name}="${element.getAttribute(name)}"`);
  return `<${element.localName}${attributes.join("")}> in ${location.origin}${location.pathname}`;
}

async function whyNotLoaded({ origin }, error) {
  console.warn("kvitt: the payment window did not start:", error);
  if (!globalThis.WebAssembly) return;
  try {
    new WebAssembly.Module(MODULE);
  } catch {
    return { cause: "the page's Content-Security-Policy refuses WebAssembly", cure: "add 'wasm-unsafe-eval' to its script-src" };
  }
  if ((await ask(`${origin}/pkg/kvitt.js`, REACH)).blocked) return refusedByPolicy(origin);
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const addresses = [loaded.find((name) => /\bkvitt-\w+\.wasm$/.test(name)), String(error).match(/https?:\S+/)?.[0]];
  for (const address of addresses.filter(Boolean)) {
    const { response } = await ask(address);
    if (response && (!response.ok || isPage(response)))
      return {
        cause: `${address} is ${described(response)} instead of a file of the widget`,
        cure: "put all files of one build of the folder pkg there, and let nothing answer a missing file with a page",
      };
  }
}

async function whyRefused(element, code) {
  if (NOT_EXPLAINED.test(code)) return;
  const { origin } = element;
  if (code === "bad_amount")
    return {
      cause: `the amount or its currency cannot be used: "${element.amount}", "${element.currency}"`,
      cure: "write the amount as a whole number of øre or cent, and set currency to NOK, DKK or EUR",
    };
  const named = element.getAttribute("proxy");
  const setProxy = named
    ? "correct the attribute proxy: the whole address of your Kvitt proxy, such as https://pay.shop.example"
    : "set the attribute proxy to the address of your Kvitt proxy, such as https://pay.shop.example" +
      (document.querySelector("script[src$='/kvitt.js']") ? "" : ": a bundled script does not know it");
  if (!/^https?:\/\/./.test(origin)) return { cause: `"${origin}" is not the address of a proxy`, cure: setProxy };
  const { blocked, response } = await price(element);
  if (blocked) return refusedByPolicy(origin);
  if (!response) return whyNoAnswer(origin, named && setProxy);
  const answer = await response.json().catch(() => {});
  if (!answer || !(answer.code || response.ok))
    return { cause: `${origin} is not a Kvitt proxy: the price of the cart is ${described(response)}`, cure: setProxy };
  if (response.status >= 500 || response.status === 429) return;
  if (!response.ok && (element.items || element.cart))
    return {
      cause: `the proxy refuses this order (${answer.code}): ${answer.detail ?? answer.title}`,
      cure: `see ${origin}/docs/problems#${answer.code}`,
    };
  if (code !== "unreachable") return { cause: `the proxy refuses this order (${code})`, cure: `see ${origin}/docs/problems#${code}` };
  // What follows needs a preflight, and the price of items does not.
  const { response: posted } = await ask(`${origin}/v1/cart`, post({}));
  return posted ? undefined : keptFromThePage(origin);
}

/**
 * No answer can be read: the proxy may be away, or the browser may keep its answers from this page. Where the page does not name the proxy, its
 * script has come from there, so that the address is right.
 */
async function whyNoAnswer(origin, setProxy) {
  if (location.protocol === "https:" && origin.startsWith("http:"))
    return { cause: `this page has https, so its browser does not send requests to ${origin}`, cure: "give the proxy https" };
  const { response } = await ask(`${origin}/pkg/kvitt.js`, REACH);
  if (response) return keptFromThePage(origin);
  if (navigator.onLine && setProxy)
    return { cause: `nothing answers at ${origin}`, cure: `start the proxy, or ${setProxy}`, perhapsNetwork: true };
}

/** The request for the price, as the WebAssembly sends it. */
function price({ origin, cart, items, salesUnit }) {
  if (cart) return ask(`${origin}/v1/cart`, post({ signed_cart: cart }));
  const query = new URLSearchParams({ items: items ?? "" });
  if (salesUnit) query.set("sales_unit", salesUnit);
  return ask(`${origin}/v1/cart?${query}`);
}

const post = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Sends a request. @returns {Promise<{ response?: Response, blocked?: boolean }>} blocked: the page's policy refuses it */
async function ask(address, how) {
  let blocked;
  const violated = ({ blockedURI, effectiveDirective }) =>
    (blocked ||= effectiveDirective === "connect-src" && blockedURI && address.startsWith(new URL(blockedURI, location).origin));
  document.addEventListener("securitypolicyviolation", violated);
  try {
    return { response: await fetch(address, { cache: "no-store", ...how }) };
  } catch {
    await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
    return { blocked };
  } finally {
    document.removeEventListener("securitypolicyviolation", violated);
  }
}

const isPage = (response) => /html/.test(response.headers.get("content-type"));

const described = (response) => `answered ${response.status} with ${response.headers.get("content-type") ?? "no type"}`;

const refusedByPolicy = (address) => ({
  cause: `the page's Content-Security-Policy refuses requests to ${new URL(address).origin}`,
  cure: `add ${new URL(address).origin} to its connect-src`,
});

const keptFromThePage = (origin) => ({
  cause: `the browser keeps the proxy's answers from this page: ${location.origin} is not in the proxy's allowed_origins`,
  cure: `add it there. If it is there, something before ${origin} does not pass on its headers or OPTIONS requests`,
});
