/**
 * Presses on what moves money or opens a payment: one key each, however often the press is sent.
 *
 * A press is remembered until it is answered with a yes or a no, also when the page is loaded anew, so that a double click, a lost answer
 * or a session that ran out in between is one capture and not two. What is kept is what was asked for and its key; nothing of a customer.
 */
import { ask, Problem, Unanswered } from "./api.js";

/** Pauses before a press is sent again, in milliseconds. */
const AGAIN_MS = [500, 1_500, 4_000];
const underWay = new Map();

const name = (what) => `kvitt-desk press ${what}`;

/** The press on `what` that has not been answered and is not under way, if there is one: what was asked for. */
export function unanswered(what) {
  if (underWay.has(what)) return undefined;
  const kept = sessionStorage.getItem(name(what));
  return kept === null ? undefined : JSON.parse(kept).body;
}

/**
 * Sends a press, or sends it again. While one is under way, another on the same is the same; when an earlier one has not been answered,
 * that one is sent and not this one.
 *
 * @param {string} what such as `capture nordlys-1-1`
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<{ status: number, value: any }>}
 */
export function press(what, path, body) {
  if (!underWay.has(what)) underWay.set(what, sent(what, path, body).finally(() => underWay.delete(what)));
  return underWay.get(what);
}

async function sent(what, path, body) {
  const kept = JSON.parse(sessionStorage.getItem(name(what)) ?? "null") ?? { key: newKey(), body };
  sessionStorage.setItem(name(what), JSON.stringify(kept));
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await ask("POST", path, { body: kept.body, key: kept.key, whole: true });
      sessionStorage.removeItem(name(what));
      return answer;
    } catch (error) {
      if (isNo(error)) {
        sessionStorage.removeItem(name(what));
        throw error;
      }
      const pause = error.retryAfter ? error.retryAfter * 1_000 : AGAIN_MS[tries];
      if (tries >= AGAIN_MS.length || pause > 10_000 || error.code === "unauthorized") throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Whether it was not done and will not be: only then may the next press be another one. */
function isNo(error) {
  if (error instanceof Unanswered) return false;
  const later = ["idempotency_in_progress", "rate_limited", "unauthorized"].includes(error.code);
  return error instanceof Problem && error.status < 500 && !later;
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
