/** A web site of the tests: what a shop's own server would send. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

/**
 * Starts a site on a free port. Returns its origin.
 *
 * @param answer what to answer for a path and a request: `{ body, type, headers, status }`; 204 for none
 * @param {string} [upstream] the origin of a server that gets the web sockets
 */
export async function site(answer, upstream) {
  const server = createServer(async (request, response) => {
    const { body, type = "text/html; charset=utf-8", headers, status = 200 } = (await answer(new URL(request.url, "http://shop").pathname, request)) ?? {};
    response.writeHead(body === undefined ? 204 : status, { "content-type": type, ...headers });
    response.end(body);
  });
  if (upstream) server.on("upgrade", (request, socket) => passOn(request, socket, upstream));
  // The server must not keep the process alive after the tests.
  server.unref();
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** Connects a web socket with the server behind the site. */
function passOn(request, socket, upstream) {
  const behind = connect(new URL(upstream).port, "127.0.0.1");
  const headers = Array.from({ length: request.rawHeaders.length / 2 }, (_, at) => request.rawHeaders.slice(2 * at, 2 * at + 2).join(": "));
  behind.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  behind.pipe(socket).pipe(behind);
  for (const end of [behind, socket]) end.on("error", () => end.destroy()).unref();
}

/** The names of the guides: those of the proxy, and of the shop. */
const PROXY = "https://pay.shop.example";
const SHOP = "https://shop.example";

/** A text in which the guides' names are those of this proxy and this shop. */
export const named = (text, proxy, shop) => text.replaceAll(PROXY, proxy).replaceAll(SHOP, shop);
