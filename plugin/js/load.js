/**
 * Fetches what runs in an element, all of it at the same time: the glue and the WebAssembly, once for all elements of the page, and the
 * words of one language. The names in capitals are given by the build: the files with a hash in their names that the shell has to
 * know. Each stands in an `import` or a `new URL` of its own, where bundlers look for it.
 */
const words = {
  nb: () => import(WORDS_NB),
  da: () => import(WORDS_DA),
  fi: () => import(WORDS_FI),
  sv: () => import(WORDS_SV),
  en: () => import(WORDS_EN),
};
let starting;

async function start() {
  const [app, response] = await Promise.all([import(APP_FILE), fetch(new URL(WASM_FILE, import.meta.url))]);
  return [app, await app.start(response)];
}

/** @returns {Promise<string>} what is said in a language */
export const speak = async (language) => (await words[language]()).default;

/** @returns {Promise<[[object, CSSStyleSheet], string]>} app, theme and words: the same to everybody, anew after a failure */
export function load(language) {
  starting ??= start();
  starting.catch(() => (starting = undefined));
  return Promise.all([starting, speak(language)]);
}

/** The same for an order that is under way, which a moment without a network must not hide. */
export async function patiently(language) {
  for (const pause of [500, 2000, 5000]) {
    try {
      return await load(language);
    } catch (error) {
      if (refused(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load(language);
}

/** Whether trying again is of no use: the browser has no WebAssembly, or the page's policy refuses it. */
export const refused = (error) => !globalThis.WebAssembly || error instanceof WebAssembly.CompileError;
