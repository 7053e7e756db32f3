/**
 * Starts the WebAssembly, once for all elements of the page. `APP_FILE` is given by the build: the one file with a hash in its
 * name that the shell has to know.
 */
let starting;

/** @returns {Promise<{app: object, theme: CSSStyleSheet}>} the same promise to everybody, a new one after a failure */
export function load() {
  starting ??= import(APP_FILE).then(async (app) => ({ app, theme: await app.start() }));
  starting.catch(() => (starting = undefined));
  return starting;
}

/** The same for an order that is under way, which a moment without a network must not hide. */
export async function patiently() {
  for (const pause of [500, 2000, 5000]) {
    try {
      return await load();
    } catch (error) {
      if (refused(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load();
}

/** Whether trying again is of no use: the browser has no WebAssembly, or the page's policy refuses it. */
export const refused = (error) => !globalThis.WebAssembly || error instanceof WebAssembly.CompileError;
