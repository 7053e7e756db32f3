/** What only the npm package needs: a bundler decides where its files lie. The script tag has `tag.js` instead. */

/** The page's own origin. A page that is not served by the proxy names it in the attribute `proxy`. */
export const home = globalThis.location?.origin;

/**
 * The WebAssembly: the file, which a bundler puts beside the script. Some move the script alone, such as the development server of Vite 5, 6
 * and 7, and a test run has no server. Then the same bytes come as a script, which is larger.
 *
 * @returns {Promise<Response>}
 */
export async function binary() {
  try {
    const response = await fetch(new URL(WASM_FILE, import.meta.url));
    if (response.ok && !/html/.test(response.headers.get("content-type"))) return response;
  } catch {
    // There is no such address, or the page's policy refuses it.
  }
  const { default: bytes } = await import(BYTES_FILE);
  return new Response(bytes, { headers: { "content-type": "application/wasm" } });
}
