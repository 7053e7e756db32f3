/** What the guide shows of tags and frameworks is what the sample apps have, line for line. They are paid in by `apps.test.mjs` and `embed.test.mjs`. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

const apps = new URL("../apps/", import.meta.url);
const guide = await readFile(new URL("../../www/docs/embedding.md", import.meta.url), "utf8");

/** The sources of the apps, by their paths. */
async function sources() {
  const files = await readdir(apps, { recursive: true });
  const own = files.filter((file) => /\.(html|js|jsx|vue|svelte)$/.test(file) && !/node_modules|target|\.next/.test(file));
  return Promise.all(own.map(async (file) => ({ file, lines: (await readFile(new URL(file, apps), "utf8")).split("\n") })));
}

/** Whether all of these lines are among those lines, in the same order. */
function has(lines, wanted) {
  let at = 0;
  for (const line of lines) if (line === wanted[at]) at += 1;
  return at === wanted.length;
}

test("the guide shows what is tested", async () => {
  const files = await sources();
  const shown = guide.slice(guide.indexOf("## Two elements"), guide.indexOf("## Attributes"));
  const blocks = [...shown.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, block]) => block.split("\n").filter(Boolean));
  const found = blocks.map((block) => {
    const { file } = files.find(({ lines }) => has(lines, block)) ?? {};
    assert.ok(file, `no sample app has this:\n${block.join("\n")}`);
    return file.split("/")[0];
  });
  for (const app of ["tag", "react", "vue", "svelte"]) assert.ok(found.includes(app), `the guide shows nothing of tests/apps/${app}`);
});
