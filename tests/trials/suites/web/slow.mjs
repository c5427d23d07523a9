// A way to the server that is slow where a walk wants it to be: what is quick on one machine is late on another, and must not be lost.
import { createServer, request } from "node:http";
import { connect } from "node:net";

/**
 * Listens before the server. The live line opens `lineMs` late, and the first answer to the path `hold` waits, as the server gave
 * it, until it is let go: `held` says that it is there, and `release` lets it go.
 */
export async function slowed(target, { lineMs = 0, hold = null }) {
  const { hostname, port } = new URL(target);
  let held, release;
  const holding = new Promise((done) => (held = done));
  const released = new Promise((done) => (release = done));
  let wanted = hold;
  const server = createServer((from, to) => {
    const mine = wanted !== null && from.url.split("?")[0] === wanted;
    if (mine) wanted = null;
    const up = request({ hostname, port, path: from.url, method: from.method, headers: from.headers }, async (answer) => {
      const parts = mine ? await answer.toArray() : null;
      if (parts) {
        held();
        await released;
      }
      to.writeHead(answer.statusCode, answer.rawHeaders);
      if (parts) to.end(Buffer.concat(parts));
      else answer.pipe(to);
    });
    up.on("error", () => to.destroy());
    from.pipe(up);
  });
  server.on("upgrade", (from, socket, head) => setTimeout(() => {
    const up = connect(Number(port), hostname, () => {
      const lines = from.rawHeaders.reduce((text, part, at) => text + part + (at % 2 ? "\r\n" : ": "), `GET ${from.url} HTTP/1.1\r\n`);
      up.write(`${lines}\r\n`);
      up.write(head);
      up.pipe(socket).pipe(up);
    });
    for (const [one, other] of [[up, socket], [socket, up]]) one.on("error", () => other.destroy()).on("close", () => other.destroy());
  }, lineMs));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => {
    release();
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, held: holding, release, close };
}
