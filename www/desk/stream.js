/**
 * What happens, as it happens: the shop's stream of events, and looking again every few seconds where there is none.
 *
 * Read by `fetch`, since an EventSource cannot send the desk's header and cannot tell a session that has ended from a proxy that is away.
 */
import { ask, Problem, send, session } from "./api.js";

/** How often is looked where there is no stream, and how long after one is tried again. */
const LOOK_MS = 5_000;

/**
 * Follows until the function that it answers with is called.
 *
 * @param {{ happened: (event?: { type: string, data: { reference: string } }) => void, stands: (how: "live" | "polling" | "away") => void }} tell
 *   `happened` without an event means that there may have been anything
 */
export function follow({ happened, stands }) {
  const stop = new AbortController();
  let last;
  let timer;
  const run = async () => {
    while (!stop.signal.aborted) {
      let opened = false;
      try {
        const headers = last === undefined ? {} : { "last-event-id": last };
        const answer = await send("GET", "/v1/shop/events/stream", { byItself: true, signal: stop.signal, headers });
        opened = true;
        stands("live");
        // There may have been something between the last look and now.
        happened();
        for await (const { id, data } of events(answer.body)) {
          last = id ?? last;
          if (data) happened(JSON.parse(data));
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        // A stream that breaks off is opened anew at once; that it cannot be opened is another matter.
        if (!opened) {
          stands((await isThere()) ? "polling" : "away");
          happened();
          await new Promise((resolve) => (timer = setTimeout(resolve, LOOK_MS)));
        }
      }
    }
  };
  const end = () => {
    stop.abort();
    clearTimeout(timer);
  };
  session.addEventListener("ended", end, { once: true });
  run();
  return end;
}

/** Whether the proxy answers at all. */
const isThere = () =>
  ask("GET", "/desk/session", { byItself: true }).then(
    () => true,
    (error) => error instanceof Problem,
  );

/** The events of a stream of them. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = block
        .split("\n")
        .filter((line) => !line.startsWith(":"))
        .map((line) => line.split(/: ?(.*)/s));
      const named = (name) => fields.filter(([field]) => field === name).map(([, value]) => value);
      const data = named("data").join("\n");
      if (fields.length) yield { id: named("id").at(-1), data };
    }
  }
}
