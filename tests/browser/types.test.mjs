/** A shop's TypeScript compiles against the npm package, its elements and events, and the types of the shop's API. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, mkdir, cp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const file = (path) => fileURLToPath(new URL(path, import.meta.url));

test("a shop's TypeScript compiles against the package", async () => {
  const shop = await mkdtemp(join(tmpdir(), "kvitt-types-"));
  try {
    await cp(file("types"), shop, { recursive: true });
    await cp(file("../../www/docs/kvitt-shop.d.ts"), join(shop, "kvitt-shop.d.ts"));
    await mkdir(join(shop, "node_modules"));
    await symlink(file("../../www/pkg"), join(shop, "node_modules", "kvitt"), "dir");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", shop], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  } finally {
    await rm(shop, { recursive: true });
  }
});
