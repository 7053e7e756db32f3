/**
 * Polling with a timeout, and the folder of the screenshots: shared by the harness and the test language.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** The folder of the screenshots. */
export const artifacts = fileURLToPath(new URL("../artifacts/", import.meta.url));

/** The timeout of every wait, for a machine that does much else. */
export const TIMEOUT_MS = 60_000;

/**
 * Polls until `probe` returns a truthy value. Returns that value.
 *
 * @template T
 * @param {string} what names what is waited for in the error
 * @param {() => Promise<T> | T} probe
 * @returns {Promise<T>}
 */
export async function until(what, probe) {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `timeout: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
