/**
 * The proxy, asked over HTTP. Each request carries the header without which the session does not count; who it is, the cookie says, which
 * no script sees.
 */

/** So long an answer is waited for; the proxy itself waits eight seconds for Vipps MobilePay. */
const PATIENCE_MS = 30_000;

/** Says `ended` when the session is over. */
export const session = new EventTarget();

/** The proxy has said no, and why. */
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

/** There was no answer: whether it was done is not known. */
export class Unanswered extends Error {}

/**
 * Asks, and answers with what the body says: nothing for 204. The answer's status is in `status` where `whole` is wanted.
 *
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, key?: string, byItself?: boolean, signal?: AbortSignal, whole?: boolean }} [how]
 */
export async function ask(method, path, { body, key, byItself = false, signal, whole = false } = {}) {
  const answer = await send(method, path, { body, key, byItself, signal });
  const value =
    answer.status === 204
      ? undefined
      : await answer.json().catch(() => {
          throw new Unanswered("the answer was cut off");
        });
  return whole ? { status: answer.status, value } : value;
}

/** The same for an answer that is read otherwise. */
export async function send(method, path, { body, key, byItself, signal, headers = {} }) {
  const all = { "kvitt-desk": byItself ? "page" : "person", ...headers };
  if (body !== undefined) all["content-type"] = "application/json";
  if (key !== undefined) all["idempotency-key"] = key;
  let answer;
  try {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const limit = signal ?? AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(path, { method, headers: all, body: text, signal: limit, credentials: "same-origin", cache: "no-store" });
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

/** A query of what is set. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set)}` : "";
}
