/**
 * HTTP requests to the proxy. Each has the header `kvitt-desk`, without which the proxy ignores the session's cookie; no script can read the
 * cookie. A request is sent once: submissions.js repeats those that may be repeated.
 */

/** The timeout of a request; the proxy itself waits eight seconds for Vipps MobilePay. */
const TIMEOUT_MS = 30_000;

/** Dispatches `ended` when the session has ended. */
export const session = new EventTarget();

/** A problem that the proxy answered. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{ code?: string, title?: string, detail?: string, trace_id?: string }} body
   * @param {number} [retryAfter] seconds
   */
  constructor(status, body, retryAfter) {
    super(body.title ?? `status ${status}`);
    Object.assign(this, { status, code: body.code ?? "", detail: body.detail ?? "", trace: body.trace_id ?? "", retryAfter });
  }
}

/** The URL of a path of the proxy, which may itself be below a path. */
export const proxyUrl = (path) => new URL(`..${path}`, import.meta.url).href;

/** There was no answer: the outcome is unknown. */
export class Unanswered extends Error {}

/**
 * Sends a request and returns the body of the answer: `undefined` for 204. With `withStatus` it returns `{ status, value }`.
 *
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, key?: string, inBackground?: boolean, signal?: AbortSignal, withStatus?: boolean }} [how]
 */
export async function call(method, path, { body, key, inBackground = false, signal, withStatus = false } = {}) {
  const answer = await send(method, path, { body, key, inBackground, signal });
  const value =
    answer.status === 204
      ? undefined
      : await answer.json().catch(() => {
          throw new Unanswered("the answer was cut off");
        });
  return withStatus ? { status: answer.status, value } : value;
}

/** The same, returning the response itself. `inBackground` requests do not extend the session. */
export async function send(method, path, { body, key, inBackground, signal, headers = {} }) {
  const all = { "kvitt-desk": inBackground ? "page" : "person", ...headers };
  if (body !== undefined) all["content-type"] = "application/json";
  if (key !== undefined) all["idempotency-key"] = key;
  let answer;
  try {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const limit = signal ?? AbortSignal.timeout(TIMEOUT_MS);
    answer = await fetch(proxyUrl(path), { method, headers: all, body: text, signal: limit, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unanswered(error.message);
  }
  if (answer.ok) return answer;
  const seconds = Number(answer.headers.get("retry-after"));
  const problem = new Problem(answer.status, await answer.json().catch(() => ({})), seconds || undefined);
  if (problem.code === "unauthorized") session.dispatchEvent(new Event("ended"));
  throw problem;
}

/** A query string of the values that are set. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set)}` : "";
}
