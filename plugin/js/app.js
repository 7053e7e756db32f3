/**
 * Loaded on demand: wasm-bindgen's glue code and the full theme. The shell fetches the WebAssembly and passes it to `start`, which may be
 * called again after a failure. The build resolves the names `kvitt-glue` and `kvitt-theme`.
 */
import init, { Widget } from "kvitt-glue";
import theme from "kvitt-theme";

/** @returns {Promise<CSSStyleSheet>} the theme, as soon as the WebAssembly of this response runs */
export async function start(response) {
  await init({ module_or_path: response });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(theme);
  return sheet;
}

/** @returns {Widget} one element's payment flow, with a random salt; see the constructor in `src/lib.rs`. On a desktop it may show a QR */
export function widget(host, cover, key, origin, words) {
  const salt = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  const widget = new Widget(host, cover, key, origin, words, salt.join(""));
  if (matchMedia("(hover: hover) and (pointer: fine) and (min-width: 48em)").matches) widget.scan();
  return widget;
}
