/**
 * The shop's event stream (SSE), and polling every few seconds while it is not available.
 *
 * The stream is read with `fetch`: an EventSource cannot send the desk's header, and cannot distinguish an ended session from a proxy that does
 * not answer.
 */
import { call, Problem, send, session } from "./api.js";

/** The polling interval without a stream, and the pause before the stream is tried again. */
const POLL_MS = 5_000;

/**
 * Subscribes to the events. Returns a function that ends the subscription.
 *
 * @param {{ onEvent: (event?: { type: string, data: { reference: string } }) => void, setConnection: (how: "live" | "polling" | "away") => void }} listener
 *   `onEvent` without an event means that events may have been missed
 */
export function subscribe({ onEvent, setConnection }) {
  const stop = new AbortController();
  let last;
  let timer;
  const run = async () => {
    while (!stop.signal.aborted) {
      let opened = false;
      try {
        const headers = last === undefined ? {} : { "last-event-id": last };
        const answer = await send("GET", "/v1/shop/events/stream", { inBackground: true, signal: stop.signal, headers });
        opened = true;
        setConnection("live");
        // Events may have been missed before the stream was open.
        onEvent();
        for await (const { id, data } of events(answer.body)) {
          last = id ?? last;
          if (data) onEvent(JSON.parse(data));
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        // A stream that ends is opened again at once. One that cannot be opened is replaced by polling.
        if (!opened) {
          setConnection((await proxyAnswers()) ? "polling" : "away");
          onEvent();
          await new Promise((resolve) => (timer = setTimeout(resolve, POLL_MS)));
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
const proxyAnswers = () =>
  call("GET", "/desk/session", { inBackground: true }).then(
    () => true,
    (error) => error instanceof Problem,
  );

/** Parses the stream into events. */
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
