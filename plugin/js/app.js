/**
 * Loaded on demand: wasm-bindgen's glue code, the page's side of the WebAssembly, and the full theme. The shell fetches the WebAssembly and
 * passes it to `start`, which may be called again after a failure. The build resolves the names `kvitt-glue` and `kvitt-theme`.
 */
import { Widget, initSync } from "kvitt-glue";
import theme from "kvitt-theme";
import { Page } from "./page.js";

/** @returns {Promise<CSSStyleSheet>} the theme, as soon as the WebAssembly of this response runs. A browser without timeouts cannot run it */
export async function start(response) {
  if (!AbortSignal.timeout) throw new WebAssembly.CompileError("AbortSignal.timeout");
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  initSync({ module: await WebAssembly.compile(await response.arrayBuffer()) });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(theme);
  return sheet;
}

/**
 * @param {string} key the key in the tab's storage; empty for an element that only shows an order
 * @param {string} words the file of a language
 * @returns {Page} one element's payment flow, with random texts of its own. On a desktop it may show a QR
 */
export function widget(host, cover, key, origin, words) {
  hideToken();
  const scan = matchMedia("(hover: hover) and (pointer: fine) and (min-width: 48em)").matches;
  const page = new Page(host, cover, key, origin);
  page.start(new Widget({ ...page.order(), words, salt: random(), claim: random(), scan }));
  return page;
}

/** @returns {string} 128 random bits */
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Moves an order's token from the address to the history's entry, where a reload finds it: addresses are copied, and counted with the visits.
 * Where the widget cannot run the token stays, for a link to the proxy's own page. The rest of the address stays as it is.
 */
function hideToken() {
  const kvitt = new URLSearchParams(location.search).get("kvitt");
  if (kvitt === null) return;
  const others = location.search.slice(1).split("&").filter((parameter) => !/^kvitt(=|$)/.test(parameter)).join("&");
  try {
    history.replaceState({ ...history.state, kvitt }, "", location.origin + location.pathname + (others && "?" + others) + location.hash);
  } catch {
    // A frame in a sandbox may not change its address.
  }
}
