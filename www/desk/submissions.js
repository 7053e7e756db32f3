/**
 * Presses on what moves money or opens a payment: one key each, however often the press is sent.
 *
 * A press is remembered until it is answered with a yes or a no, also when the page is closed or the session runs out in between, so that
 * a double click or a lost answer is one capture and not two. Until then nothing else is sent on the same, also from another tab. What is
 * kept in this browser is what was asked for, its key and the login's sales unit; no number and no name. The proxy knows keys for a day,
 * so no press is sent again that is older than that.
 */
import { ask, Problem, Unanswered } from "./api.js";

/** Pauses before a press is sent again, in milliseconds. */
const AGAIN_MS = [500, 1_500, 4_000];
/** By their keys: what will be answered to those that are under way in this tab. */
const underWay = new Map();

const KEPT_MS = 20 * 3_600_000;

const name = (what) => `kvitt-desk press ${what}`;

/** Nothing was sent, since an earlier press stands in the way: `another_press`, or `another_login` where only that may finish it. */
export class Another extends Error {
  /** @param {"another_press" | "another_login"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The press on `what` that has not been answered, if there is one: what was asked for is its `body`. */
export function waiting(what) {
  const press = JSON.parse(localStorage.getItem(name(what)) ?? "null");
  return press && Date.now() - press.at < KEPT_MS ? press : undefined;
}

/** Whether this tab is sending a press. */
export const isSending = (press) => underWay.has(press.key);

/** The press on `what` that has not been answered and is not under way, if there is one. */
export function unanswered(what) {
  const press = waiting(what);
  return press && !isSending(press) ? press : undefined;
}

/**
 * Sends a press. The same once more is the same press until that is answered; another one is not sent, which is `Another`.
 *
 * @param {string} what such as `capture nordlys-1-1`
 * @param {string} path
 * @param {unknown} body
 * @param {string} [scope] whose keys the proxy tells apart, where it does: a press is finished under no other
 * @returns {Promise<{ status: number, value: any }>}
 */
export async function press(what, path, body, scope) {
  const before = waiting(what);
  if (before && before.scope === scope && JSON.stringify(before.body) !== JSON.stringify(body)) throw new Another("another_press");
  return finish(what, path, before ?? keep(what, body, scope), scope);
}

/** Sends an earlier press again, as it was and with its key: where it was answered meanwhile, that answer comes once more. */
export async function finish(what, path, before, scope) {
  if (before.scope !== scope) throw new Another("another_login");
  const { key } = before;
  if (!underWay.has(key))
    underWay.set(
      key,
      sent(what, path, before).finally(() => underWay.delete(key)),
    );
  return underWay.get(key);
}

async function sent(what, path, { key, body }) {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await ask("POST", path, { body, key, whole: true });
      forget(what, key);
      return answer;
    } catch (error) {
      if (isNo(error)) {
        forget(what, key);
        throw error;
      }
      const pause = error.retryAfter ? error.retryAfter * 1_000 : AGAIN_MS[tries];
      if (tries >= AGAIN_MS.length || pause > 10_000 || error.code === "unauthorized") throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Writes a new press down, before it is sent. */
function keep(what, body, scope) {
  const press = { key: newKey(), body, scope, at: Date.now() };
  localStorage.setItem(name(what), JSON.stringify(press));
  return press;
}

/** A press that is answered; another tab may have written down the next already. */
function forget(what, key) {
  if (waiting(what)?.key === key) localStorage.removeItem(name(what));
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
