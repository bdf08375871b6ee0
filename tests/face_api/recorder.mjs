// Stands between the server and the emulator, hands everything through and keeps what was asked.
import { createServer, request as httpRequest } from "node:http";
import { after } from "node:test";

// {url, key, calls}: calls are {method, path, headers, body} in the order they came.
export async function recorderOf(emulator) {
  const { hostname, port } = new URL(emulator.url);
  const calls = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const { method, url: path, headers } = request;
      const body = Buffer.concat(parts);
      calls.push({ method, path, headers, body });
      const onward = httpRequest({ hostname, port, method, path, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, key: emulator.key, calls };
}

// The parts of a form as {name: {head, text}}, in order.
export function partsOf({ headers, body }) {
  const boundary = /boundary="?([^";]+)"?/.exec(headers["content-type"])[1];
  const pieces = body.toString("latin1").split(`--${boundary}`).slice(1, -1);
  return Object.fromEntries(
    pieces.map((piece) => {
      const end = piece.indexOf("\r\n\r\n");
      const head = piece.slice(2, end);
      return [/name="?([^";\r\n]+)"?/i.exec(head)[1], { head, text: piece.slice(end + 4, -2) }];
    }),
  );
}
