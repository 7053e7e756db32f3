/** A shop's TypeScript compiles against the npm package, its elements and events, in each framework, and the types of the shop's API. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, mkdir, cp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const file = (path) => fileURLToPath(new URL(path, import.meta.url));

/** A shop with the package and these others, and nothing else, compiles these files. The package's own declarations are checked, too. */
async function compiles(files, { installed = [], options = {} } = {}) {
  const shop = await mkdtemp(join(tmpdir(), "kvitt-types-"));
  try {
    await cp(file("types"), shop, { recursive: true });
    await cp(file("../../www/docs/kvitt-shop.d.ts"), join(shop, "kvitt-shop.d.ts"));
    // A copy, so that the package finds what the shop has installed.
    await cp(file("../../www/pkg"), join(shop, "node_modules", "kvitt"), { recursive: true });
    for (const name of installed) {
      await mkdir(dirname(join(shop, "node_modules", name)), { recursive: true });
      await symlink(file(`node_modules/${name}`), join(shop, "node_modules", name), "dir");
    }
    await writeFile(join(shop, "shop.json"), JSON.stringify({ extends: "./tsconfig.json", compilerOptions: options, files }));
    const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", join(shop, "shop.json")], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  } finally {
    await rm(shop, { recursive: true });
  }
}

test("a shop's TypeScript compiles against the package", () => compiles(["usage.ts", "backend.ts"]));

test("the elements have their types where only their registration is imported", () => compiles(["anywhere.ts"]));

test("and in React", () => compiles(["react/shop.tsx"], { installed: ["@types/react", "csstype"] }));

test("and in Preact", () => compiles(["preact/shop.tsx"], { installed: ["preact"], options: { jsxImportSource: "preact" } }));

test("and in Vue", () => compiles(["vue/shop.ts"], { installed: ["vue", "@vue", "csstype"] }));

test("and in Svelte", () => compiles(["svelte/shop.ts"]));
