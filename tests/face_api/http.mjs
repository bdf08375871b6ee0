// Requests as they are written here: nothing is normalised on the way, neither paths nor bodies.
import { request as httpRequest } from "node:http";
import { connect } from "node:net";

// The answer: {status, headers, raw, text, json?}. `body` is a string, a Buffer, or a list of them, which is
// sent chunked.
export function send(url, method, path, { headers = {}, body = null } = {}) {
  const { hostname, port } = new URL(url);
  const chunked = Array.isArray(body);
  const all = { ...headers };
  if (body !== null && !chunked) all["Content-Length"] = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers: all, agent: false }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(answerOf(response, Buffer.concat(parts)));
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("error", reject);
    if (chunked) body.forEach((part) => request.write(part));
    request.end(chunked ? undefined : (body ?? undefined));
  });
}

function answerOf(response, raw) {
  const answer = { status: response.statusCode, headers: response.headers, raw, text: raw.toString("utf8") };
  if (/^application\/(problem\+)?json/.test(response.headers["content-type"] ?? "") && raw.length > 0) {
    answer.json = JSON.parse(answer.text);
  }
  return answer;
}

// Bytes as they are, over a connection of their own; what came back until the peer closed it.
export function sendRaw(url, bytes) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const parts = [];
    socket.on("data", (part) => parts.push(part));
    socket.on("error", (error) => (parts.length > 0 ? undefined : reject(error)));
    socket.on("close", () => {
      const text = Buffer.concat(parts).toString("latin1");
      resolve({ text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0) });
    });
  });
}
