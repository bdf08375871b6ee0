// Connections of apps: bytes as their HTTP stacks write them, and answers read by their framing, so that one
// connection serves several requests, as it does there.
import { connect } from "node:net";

const LF = "\r\n";

// The bytes of a request; `headers` are "Name: value", in the order and spelling of their sender.
export function head(method, path, headers) {
  return Buffer.from([`${method} ${path} HTTP/1.1`, ...headers, "", ""].join(LF), "latin1");
}

// The pieces of a chunked body, each to be written by itself: `size` bytes a chunk at most.
export function chunked(body, size) {
  const pieces = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    pieces.push(Buffer.concat([Buffer.from(part.length.toString(16) + LF), part, Buffer.from(LF)]));
  }
  return [...pieces, Buffer.from(`0${LF}${LF}`)];
}

// A form's body: parts are [header lines, content], written in that order.
export function formBody(boundary, parts, end = LF) {
  const pieces = parts.flatMap(([lines, content]) => [
    Buffer.from(`--${boundary}${LF}${lines.map((line) => line + LF).join("")}${LF}`),
    Buffer.from(content),
    Buffer.from(LF),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--${end}`)]);
}

// The whole answer at the beginning of the bytes, with its length; undefined while some is missing.
function answerIn(bytes) {
  const end = bytes.indexOf(LF + LF);
  if (end < 0) return undefined;
  const [statusLine, ...lines] = bytes.toString("latin1", 0, end).split(LF);
  const pairs = lines.map((line) => /^([^:]+): *(.*)$/.exec(line));
  const headers = Object.fromEntries(pairs.map(([, name, value]) => [name.toLowerCase(), value]));
  const length = Number(headers["content-length"] ?? 0);
  const total = end + 4 + length;
  if (headers["transfer-encoding"])
    throw new Error("a chunked answer, which none of these clients was seen with");
  if (bytes.length < total) return undefined;
  const text = bytes.toString("utf8", end + 4, total);
  return { status: Number(statusLine.split(" ")[1]), headers, text, total };
}

const isJson = ({ headers, text }) => /^application\/json/.test(headers["content-type"] ?? "") && text !== "";

export class Wire {
  #socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.unref(); // a test that fails leaves it behind
    const more = () => this.#wake();
    this.#socket.on("data", (part) => {
      this.#bytes = Buffer.concat([this.#bytes, part]);
      more();
    });
    // a server that refuses a body midway may reset the connection; what it said before counts
    this.#socket.on("error", more).on("close", more);
  }

  // Writes the pieces one after the other, without waiting for the server; its answer.
  async send(...pieces) {
    for (const piece of pieces) this.write(piece);
    return this.#answer();
  }

  write(piece) {
    this.#socket.write(piece);
  }

  async #answer() {
    for (;;) {
      const answer = answerIn(this.#bytes);
      if (answer) {
        this.#bytes = this.#bytes.subarray(answer.total);
        return isJson(answer) ? { ...answer, json: JSON.parse(answer.text) } : answer;
      }
      if (this.#socket.closed) throw new Error(`closed without an answer: ${this.#bytes.toString("latin1")}`);
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  // Nothing more is sent; resolves when the peer has closed as well.
  async end() {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.end();
    await closed;
  }

  // Breaks off, as an app that is killed.
  kill() {
    this.#socket.resetAndDestroy();
  }
}

// One request over a connection of its own.
export async function once(url, ...pieces) {
  const wire = new Wire(url);
  const answer = await wire.send(...pieces);
  wire.kill();
  return answer;
}
