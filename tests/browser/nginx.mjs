/** nginx before a proxy, below a path, as an operator would put it there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { until } from "./until.mjs";

/** An address that is free now, for a server that cannot choose one. */
export async function freeAddress() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  await once(server.close(), "close");
  return `127.0.0.1:${port}`;
}

/** Starts nginx at an address, with its defaults and the proxy at `/kvitt`. */
export async function startsNginx(address, to) {
  const folder = await mkdtemp(join(tmpdir(), "kvitt-nginx-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n");
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
access_log off;
${temporary}
server {
listen ${address};
location /kvitt/ { proxy_pass ${to}/; }
}
}
`,
  );
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", "nginx.conf"], { env, stdio: "ignore" });
  const url = `http://${address}/kvitt`;
  await until("nginx", () => fetch(`${url}/healthz`).then(({ ok }) => ok, () => false));
  return {
    url,
    async stops() {
      child.kill();
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
