/** What only the script tag needs: its files lie beside it. The npm package has `npm.js` instead. */

/** Where the script's folder `pkg` comes from: the proxy, which may be below a path. */
export const home = new URL("..", import.meta.url);

/** @returns {Promise<Response>} the WebAssembly */
export const binary = () => fetch(new URL(WASM_FILE, import.meta.url));
