/**
 * Presses on what moves money or opens a payment: one key each, however often the press is sent.
 *
 * A press is remembered until it is answered with a yes or a no, also when the page is closed or the session runs out in between, so that
 * a double click or a lost answer is one capture and not two. What is kept in this browser is what was asked for and its key; no number
 * and no name. The proxy knows keys for a day, so no press is sent again that is older than that.
 */
import { ask, Problem, Unanswered } from "./api.js";

/** Pauses before a press is sent again, in milliseconds. */
const AGAIN_MS = [500, 1_500, 4_000];
const underWay = new Map();

const KEPT_MS = 20 * 3_600_000;

const name = (what) => `kvitt-desk press ${what}`;

function kept(what) {
  const press = JSON.parse(localStorage.getItem(name(what)) ?? "null");
  return press && Date.now() - press.at < KEPT_MS ? press : undefined;
}

/** The press on `what` that has not been answered and is not under way, if there is one: what was asked for. */
export const unanswered = (what) => (underWay.has(what) ? undefined : kept(what)?.body);

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
  if (!underWay.has(what))
    underWay.set(
      what,
      sent(what, path, body).finally(() => underWay.delete(what)),
    );
  return underWay.get(what);
}

async function sent(what, path, body) {
  const { key, body: wanted } = kept(what) ?? keep(what, body);
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await ask("POST", path, { body: wanted, key, whole: true });
      localStorage.removeItem(name(what));
      return answer;
    } catch (error) {
      if (isNo(error)) {
        localStorage.removeItem(name(what));
        throw error;
      }
      const pause = error.retryAfter ? error.retryAfter * 1_000 : AGAIN_MS[tries];
      if (tries >= AGAIN_MS.length || pause > 10_000 || error.code === "unauthorized") throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Writes a new press down, before it is sent. */
function keep(what, body) {
  const press = { key: newKey(), body, at: Date.now() };
  localStorage.setItem(name(what), JSON.stringify(press));
  return press;
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
