/** The npm package as it is published: its description of itself, on a server, in a test run without a browser, and required. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { JSDOM } from "jsdom";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const pkg = new URL("../../www/pkg/", import.meta.url);
const folder = fileURLToPath(pkg);
const read = async (name) => JSON.parse(await readFile(new URL(name, pkg), "utf8"));

/** Runs a script of a server that has the package installed. Returns what it printed. */
function prints(script, ...options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, "--eval", script], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test("its description is right, and its types are found", async () => {
  const { messages } = await publint({ pkgDir: folder, strict: true });
  const described = await read("package.json");
  assert.deepEqual(messages.map((message) => formatMessage(message, described)), []);
  // The package is an ES module, which Node.js 20.19 and later can `require`, too. The manifest has no types.
  const attw = fileURLToPath(new URL("node_modules/.bin/attw", import.meta.url));
  execFileSync(attw, ["--pack", folder, "--profile", "esm-only", "--exclude-entrypoints", "custom-elements.json"], { encoding: "utf8" });
});

test("a server may import and require it: nothing is registered and nothing is run", () => {
  const names = "KvittCheckout,KvittConfirmation,register";
  const globals = "JSON.stringify(Object.getOwnPropertyNames(globalThis).sort())";
  const untouched = `const before = ${globals}; const kvitt = await import("kvitt"); await import("kvitt/define"); kvitt.register();
    console.log(Object.keys(kvitt).join(), before === ${globals});`;
  assert.equal(prints(untouched, "--input-type=module"), `${names} true`);
  const [major, minor] = process.versions.node.split(".").map(Number);
  const required = 'console.log(Object.keys(require("kvitt")).sort().join())';
  if (major > 20 || minor >= 19) assert.equal(prints(required), names);
});

test("a test run without a browser shows the button and throws nothing", async () => {
  const thrown = [];
  const page = new JSDOM('<html lang="nb"><kvitt-checkout items="mug:1" amount="24900" currency="NOK" market="NO"></kvitt-checkout>', { url: "http://shop.example/" });
  page.virtualConsole.on("jsdomError", (error) => thrown.push(error));
  // As the environments of test runners do: what Node.js lacks, and its own classes where the page has others.
  const lacking = Object.getOwnPropertyNames(page.window).filter((name) => !(name in globalThis));
  for (const name of [...lacking, "CustomEvent", "Event"])
    Object.defineProperty(globalThis, name, { value: page.window[name], configurable: true, writable: true });
  process.on("unhandledRejection", (error) => thrown.push(error));
  await import(new URL("define.js", pkg));
  const element = document.querySelector("kvitt-checkout");
  assert.equal(element.shadowRoot.querySelector("button").textContent, "Betal med Vipps");
  element.items = "mug:2";
  element.remove();
  document.body.append(element);
  element.shadowRoot.querySelector("button").click();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(thrown, []);
});

test("the manifest of its elements has the attributes and events that there are", async () => {
  const { customElements: file } = await read("package.json");
  const { modules } = await read(file);
  const kvitt = await import(new URL("index.js", pkg));
  const types = await readFile(new URL("index.d.ts", pkg), "utf8");
  const events = [...types.matchAll(/^ {2}"(kvitt-\w+)": CustomEvent/gm)].map(([, name]) => name);
  assert.equal(events.length, 5);
  for (const { name, attributes, members, events: described } of modules[0].declarations) {
    const sorted = (list, key) => list.map((item) => item[key]).sort();
    assert.deepEqual(sorted(attributes, "name"), [...kvitt[name].observedAttributes].sort(), name);
    assert.deepEqual(sorted(members, "name"), [...sorted(attributes, "fieldName"), "state"].sort());
    assert.deepEqual(sorted(described, "name"), [...events].sort());
  }
});
