/** Who takes part, with their pages and files. All files are compressed with brotli, as a shop in production serves them. */
import { build, transform } from "esbuild";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const shop = 'items="mug:2,tea:1" amount="58700" currency="NOK" market="NO" language="en"';
/** What is in the body of each page. */
const bodies = {
  kvitt: `<kvitt-checkout ${shop}></kvitt-checkout>`,
  "kvitt-return": '<kvitt-confirmation language="en"></kvitt-confirmation>',
  vanilla: `<vanilla-checkout ${shop}></vanilla-checkout>`,
  "vanilla-return": "<vanilla-confirmation></vanilla-confirmation>",
  adyen: '<div id="checkout"></div>',
};
const heads = {
  kvitt: '<script type="module" src="/pkg/kvitt.js"></script>',
  vanilla: '<script type="module" src="/bench/vanilla.js"></script>',
  adyen: '<link rel="stylesheet" href="/bench/adyen.css"><script type="module" src="/bench/adyen.js"></script>',
};

const page = (name) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nordlys Keramikk</title>
<link rel="icon" href="data:,">
${heads[name.replace("-return", "")]}
</head>
<body><main><h1>Your cart</h1>${bodies[name]}</main></body>
</html>`;

/** Style sheets become strings, without what is there for people. */
const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

async function bundle(name) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false, plugins: [styles] };
  const { outputFiles } = await build({ ...options, entryPoints: [fileURLToPath(new URL(name, import.meta.url))] });
  return outputFiles[0].contents;
}

/** The answers below `/bench`, by path: `{ type, body }`, compressed. */
export async function answers() {
  const require = createRequire(import.meta.url);
  const style = await readFile(require.resolve("@adyen/adyen-web/styles/adyen.css"), "utf8");
  const files = new Map([
    ["/bench/vanilla.js", ["text/javascript", await bundle("vanilla.js")]],
    ["/bench/adyen.js", ["text/javascript", await bundle("adyen.js")]],
    ["/bench/adyen.css", ["text/css", (await transform(style, { loader: "css", minify: true })).code]],
  ]);
  for (const name of Object.keys(bodies)) files.set(`/bench/${name}`, ["text/html; charset=utf-8", page(name)]);
  const compressed = (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });
  return new Map([...files].map(([path, [type, text]]) => [path, { type, body: compressed(text) }]));
}
