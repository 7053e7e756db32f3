/**
 * What is loaded on demand: the glue and the full theme, which run what the shell has fetched. `start` may be called again after it
 * failed. The names `kvitt-glue` and `kvitt-theme` are given by the build.
 */
import init, { Widget } from "kvitt-glue";
import theme from "kvitt-theme";

/** @returns {Promise<CSSStyleSheet>} the theme, once the WebAssembly of this response runs */
export async function start(response) {
  await init({ module_or_path: response });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(theme);
  return sheet;
}

/** @returns {Widget} one element's flow, with random digits of its own; see the constructor in `src/lib.rs`. On a desktop it shows a QR */
export function widget(host, cover, key, origin, words) {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  const it = new Widget(host, cover, key, origin, words, digits.join(""));
  if (matchMedia("(hover: hover) and (pointer: fine) and (min-width: 48em)").matches) it.scan();
  return it;
}
