/**
 * Submissions: requests that move money or open a payment. Each has one idempotency key, however often it is sent.
 *
 * A submission is stored until it is answered, also when the page is closed or the session expires meanwhile. So a double click or a lost answer
 * causes one capture, not two. Until then no other submission on the same subject is sent, also from another tab. The browser stores the body,
 * the key and the login's sales unit; never a telephone number or a name. The proxy keeps keys for a day, so an older submission is never
 * retried.
 */
import { call, Problem, Unanswered } from "./api.js";

/** The pauses before the retries, in milliseconds. */
const RETRY_MS = [500, 1_500, 4_000];
/** By key: the promised answers of the submissions that this tab is sending. */
const sending = new Map();

/** How long a submission is stored. */
const STORED_MS = 20 * 3_600_000;

/** The key in local storage; its words stay, so that stored submissions are found after an update. */
const storageKey = (subject) => `kvitt-desk press ${subject}`;

/** Nothing was sent: an earlier submission has no answer yet (`submission_pending`), and only its own login may retry it (`other_login`). */
export class Blocked extends Error {
  /** @param {"submission_pending" | "other_login"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The unanswered submission on a subject, if there is one. */
export function pending(subject) {
  const submission = JSON.parse(localStorage.getItem(storageKey(subject)) ?? "null");
  return submission && Date.now() - submission.at < STORED_MS ? submission : undefined;
}

/** Whether this tab is sending a submission. */
export const isSending = (submission) => sending.has(submission.key);

/** The unanswered submission on a subject that this tab is not sending, if there is one. */
export function unanswered(subject) {
  const submission = pending(subject);
  return submission && !isSending(submission) ? submission : undefined;
}

/**
 * Sends a submission. Until it is answered, the same content is sent with the same key; other content is not sent, but throws `Blocked`.
 *
 * @param {string} subject such as `capture nordlys-1-1`
 * @param {string} path
 * @param {unknown} body
 * @param {string} [scope] the login's scope, where the proxy separates keys by it: a submission is retried under no other
 * @returns {Promise<{ status: number, value: any }>}
 */
export async function submit(subject, path, body, scope) {
  const before = pending(subject);
  if (before && before.scope === scope && JSON.stringify(before.body) !== JSON.stringify(body)) throw new Blocked("submission_pending");
  return retry(subject, path, before ?? store(subject, body, scope), scope);
}

/** Sends an earlier submission again, unchanged and with its key. If it was answered meanwhile, the proxy repeats that answer. */
export async function retry(subject, path, before, scope) {
  if (before.scope !== scope) throw new Blocked("other_login");
  const { key } = before;
  if (!sending.has(key))
    sending.set(
      key,
      sendWithRetries(subject, path, before).finally(() => sending.delete(key)),
    );
  return sending.get(key);
}

async function sendWithRetries(subject, path, { key, body }) {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await call("POST", path, { body, key, withStatus: true });
      discard(subject, key);
      return answer;
    } catch (error) {
      if (isFinal(error)) {
        discard(subject, key);
        throw error;
      }
      const pause = error.retryAfter ? error.retryAfter * 1_000 : RETRY_MS[tries];
      if (tries >= RETRY_MS.length || pause > 10_000 || ["unauthorized", "role_not_allowed"].includes(error.code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Stores a new submission, before it is sent. */
function store(subject, body, scope) {
  const submission = { key: newKey(), body, scope, at: Date.now() };
  localStorage.setItem(storageKey(subject), JSON.stringify(submission));
  return submission;
}

/** Deletes an answered submission; another tab may have stored the next one already. */
function discard(subject, key) {
  if (pending(subject)?.key === key) localStorage.removeItem(storageKey(subject));
}

/** Whether an error is final: it was not carried out and will not be, so another submission may follow. */
function isFinal(error) {
  if (error instanceof Unanswered) return false;
  // Another login of less rights repeats a submission that may have been carried out: it is kept for one that may.
  const later = ["idempotency_in_progress", "rate_limited", "unauthorized", "role_not_allowed"].includes(error.code);
  return error instanceof Problem && error.status < 500 && !later;
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
