/**
 * Clients that public generators make of the proxy's description work, each with three calls. The test needs no browser. It is here for the
 * binary and the packages.
 *
 * PYTHON names the interpreter that has the packages (`cargo xtask test` makes one).
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { Demo } from "./demo.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.PYTHON ?? here("../../target/python/bin/python");
let demo, folder, description;

before(async () => {
  demo = await Demo.starts();
  folder = await mkdtemp(join(tmpdir(), "kvitt-clients-"));
  await cp(here("clients"), folder, { recursive: true });
  await symlink(here("node_modules"), join(folder, "node_modules"), "dir");
  description = await (await fetch(`${demo.shop}/openapi.json`)).json();
  await writeFile(join(folder, "openapi.json"), JSON.stringify(description));
});

after(async () => {
  await demo?.stops();
  if (folder) await rm(folder, { recursive: true });
});

/** Runs a program in the folder; fails with what it has printed. */
async function runs(program, args, input) {
  const running = promisify(execFile)(program, args, { cwd: folder });
  running.child.stdin.end(input);
  const { stdout } = await running.catch(({ message, stdout }) => assert.fail(`${message}\n${stdout}`));
  return stdout;
}

const tool = (path, ...args) => runs(process.execPath, [here(`node_modules/${path}`), ...args]);

function isRight({ reference, order, state, bytes }) {
  assert.equal(order, reference);
  assert.equal(state, "open");
  assert.equal(String.fromCharCode(...bytes), "PNG");
}

test("the description names the proxy that serves it", () => {
  assert.equal(description.servers[0].url, demo.shop);
});

test("a client in TypeScript", async () => {
  await tool("openapi-typescript/bin/cli.js", "openapi.json", "--output", "kvitt.ts", "--default-non-nullable=false");
  await tool("typescript/bin/tsc", "--project", ".");
  const { calls } = await import(pathToFileURL(join(folder, "client.js")));
  isRight(await calls(demo.shop, demo.key));
});

test("a client in Python", async () => {
  const settings = ["--config", "python.yaml", "--meta", "none", "--output-path", "kvitt_client"];
  await runs(python, ["-m", "openapi_python_client", "generate", "--fail-on-warning", "--path", "openapi.json", ...settings]);
  isRight(JSON.parse(await runs(python, ["client.py"], JSON.stringify({ url: demo.shop, key: demo.key }))));
});
