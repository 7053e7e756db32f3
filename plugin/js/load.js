/**
 * Loads in parallel what an element runs: the glue code and the WebAssembly, once for all elements of the page, and the texts of one
 * language. The build replaces the names in capitals by the names of the files with a hash. Each is in an `import` or a `new URL` of its
 * own, where bundlers find it; the WebAssembly's is in `tag.js` and `npm.js`, one of which the build names `kvitt-home`.
 */
import { binary } from "kvitt-home";

const words = {
  nb: () => import(WORDS_NB),
  da: () => import(WORDS_DA),
  fi: () => import(WORDS_FI),
  sv: () => import(WORDS_SV),
  en: () => import(WORDS_EN),
};
let starting;

async function start() {
  const [app, response] = await Promise.all([import(APP_FILE), binary()]);
  return [app, await app.start(response)];
}

/** @returns {Promise<string>} the file with the texts of a language */
export const loadWords = async (language) => (await words[language]()).default;

/** @returns {Promise<[[object, CSSStyleSheet], string]>} app, theme and texts. App and theme are shared; a failed load starts again */
export function load(language) {
  starting ??= start();
  starting.catch(() => (starting = undefined));
  return Promise.all([starting, loadWords(language)]);
}

/** The same with retries, when there is an order to show: a short loss of the network must not hide it. */
export async function loadWithRetries(language) {
  for (const pause of [500, 2000, 5000]) {
    try {
      return await load(language);
    } catch (error) {
      if (isPermanent(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load(language);
}

/** Whether a retry cannot help: the browser has no WebAssembly, or the page's policy refuses it. */
export const isPermanent = (error) => !globalThis.WebAssembly || error instanceof WebAssembly.CompileError;
