/** What a browser reaches: the pages of the bench, and behind it the proxy, as behind a reverse proxy in production. */
import { once } from "node:events";
import { createServer, request as requests } from "node:http";

import { answers } from "./pages.mjs";

/** Starts it. `proxyIs` names the proxy, which is started later, since it must know this origin. */
export async function startsFront() {
  const own = await answers();
  let proxy;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://front");
    const answer = own.get(pathname);
    if (answer) {
      // A bundle has a hash in its name; a page is asked for each time.
      const cache = pathname.includes(".") ? "public, max-age=31536000, immutable" : "no-cache";
      response.writeHead(200, { "content-type": answer.type, "content-encoding": "br", "cache-control": cache, "content-length": answer.body.length });
      return response.end(answer.body);
    }
    if (pathname.startsWith("/bench/")) {
      // What Adyen's library sends to Adyen.
      return response.writeHead(200, { "content-type": "application/json" }).end("{}");
    }
    const { method, headers } = request;
    const behind = requests(new URL(request.url, proxy), { method, headers: { ...headers, host: new URL(proxy).host } }, (answered) => {
      response.writeHead(answered.statusCode, answered.headers);
      answered.pipe(response);
    });
    behind.on("error", () => response.destroy());
    response.on("close", () => behind.destroy());
    request.pipe(behind);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    proxyIs: (origin) => (proxy = origin),
    stops() {
      server.close();
      server.closeAllConnections();
    },
  };
}
