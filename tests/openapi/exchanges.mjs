// HTTP/1.1 as it passes by: makes exchanges of the bytes of a connection's two directions. What is no HTTP ends
// the reading, never the connection: who listens is not who talks.
const BODY_MAX = 8 * 1024 * 1024;

// One direction. `begin(head)` is told of each message as soon as its head is there, and `end(message)` once it
// is whole; `begin` says which body it has: {length}, {chunked}, {rest}.
class Direction {
  #pieces = []; // that have come since the bytes were last put together
  #size = 0;
  #needed = 0; // how many there have to be before it is worth looking again
  #bytes = Buffer.alloc(0);
  #message = null;
  #lost = false;

  constructor(begin, end) {
    this.begin = begin;
    this.end = end;
  }

  take(bytes) {
    if (this.#lost) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#bytes.length + this.#size < this.#needed) return;
    this.#join();
    try {
      while (this.#step());
    } catch {
      this.#lost = true;
    }
  }

  #join() {
    this.#bytes = Buffer.concat([this.#bytes, ...this.#pieces]);
    this.#pieces = [];
    this.#size = 0;
    this.#needed = 0;
  }

  // False: more has to come, up to `bytes` in all.
  #waitFor(bytes) {
    this.#needed = bytes;
    return false;
  }

  // The peer has closed: a body that ends with the connection is whole now.
  close() {
    this.#join();
    if (this.#message?.body.rest) this.#finish(this.#bytes);
  }

  #step() {
    if (!this.#message) return this.#head();
    const { body } = this.#message;
    if (body.rest) return this.#waitFor(Infinity);
    return body.chunked ? this.#chunk() : this.#plain(body.length);
  }

  #head() {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first, ...lines] = this.#bytes.subarray(0, end).toString("latin1").split("\r\n");
    this.#bytes = this.#bytes.subarray(end + 4);
    const headers = lines.map((line) => {
      const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line);
      return [name.toLowerCase(), value];
    });
    const message = { first, headers, whole: false, content: Buffer.alloc(0) };
    message.body = this.begin(message);
    if (message.body) this.#message = message; // null: an interim answer
    return true;
  }

  #plain(length) {
    if (this.#bytes.length < length) return this.#waitFor(length);
    const content = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    this.#finish(content);
    return true;
  }

  #chunk() {
    const line = this.#bytes.indexOf("\r\n");
    if (line < 0) return false;
    const size = parseInt(this.#bytes.subarray(0, line).toString("latin1"), 16);
    if (!(size >= 0)) throw new Error("no chunk");
    if (this.#bytes.length < line + 2 + size + 2) return this.#waitFor(line + 2 + size + 2);
    const message = this.#message;
    const piece = this.#bytes.subarray(line + 2, line + 2 + size);
    this.#bytes = this.#bytes.subarray(line + 2 + size + 2);
    if (size === 0) this.#finish(message.content);
    else if (message.content.length < BODY_MAX) message.content = Buffer.concat([message.content, piece]);
    return true;
  }

  #finish(content) {
    const message = this.#message;
    this.#message = null;
    message.content = content;
    message.whole = true;
    this.end(message);
  }
}

function header(message, name) {
  return message.headers.find(([other]) => other === name)?.[1];
}

function bodyOf(message, otherwise) {
  if (/chunked/i.test(header(message, "transfer-encoding") ?? "")) return { chunked: true };
  const length = header(message, "content-length");
  return length === undefined ? otherwise : { length: Number(length) };
}

// The reader of a connection: told(exchange) for each {request, answer}, both {first, headers, content, whole}.
export function reader(told) {
  const waiting = [];
  const requests = new Direction(
    (message) => {
      if (!/^[A-Z]+ \S+ HTTP\/1\.[01]$/.test(message.first)) throw new Error("no request");
      waiting.push(message);
      return bodyOf(message, { length: 0 });
    },
    () => {},
  );
  const answers = new Direction(
    (message) => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(message.first)[1]);
      message.status = status;
      if (status < 200) return null;
      message.request = waiting.shift();
      const none = status === 204 || status === 304 || message.request?.first.startsWith("HEAD ");
      return none ? { length: 0 } : bodyOf(message, { rest: true });
    },
    (answer) => answer.request && told({ request: answer.request, answer }),
  );
  return { requests, answers };
}
