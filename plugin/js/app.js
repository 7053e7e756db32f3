/**
 * What is loaded on demand: the glue, the WebAssembly and the full theme. `start` may be called again after it failed.
 * The names `kvitt-glue`, `kvitt-theme` and `WASM_FILE` are given by the build.
 */
import init, { Widget } from "kvitt-glue";
import theme from "kvitt-theme";

export { Widget };

/** @returns {Promise<CSSStyleSheet>} the theme, once the WebAssembly runs */
export async function start() {
  await init({ module_or_path: new URL(WASM_FILE, import.meta.url) });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(theme);
  return sheet;
}
