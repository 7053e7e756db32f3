/**
 * Waiting without sleeping, and where the pictures are kept: the two things that the harness and its people share.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** Where the pictures of the screens go. */
export const artifacts = fileURLToPath(new URL("../artifacts/", import.meta.url));

/** How long anything may take before a test gives it up. */
export const PATIENCE_MS = 10_000;

/**
 * Polls until `probe` answers something true, and hands that back.
 *
 * @template T
 * @param {string} what says what was waited for, if it never comes
 * @param {() => Promise<T> | T} probe
 * @returns {Promise<T>}
 */
export async function until(what, probe) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
