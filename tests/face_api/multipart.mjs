// multipart/form-data as real clients write it. Each sender gives {type, body} for [name, text] fields, an
// optional image {name, bytes}, and JSON parts {name, value}; the differences are what a parser has to take.
import { randomBytes, randomUUID } from "node:crypto";

// Each describes how its kind of client writes a text part, a file part, and the rest.
const senders = {
  "Azure's JavaScript client": {
    boundary: () => `----AzSDKFormBoundary${randomUUID()}`,
    text: (name) => [
      "content-type: text/plain; charset=UTF-8",
      `content-disposition: form-data; name="${name}"`,
    ],
    file: (name) => [
      "content-type: application/octet-stream",
      `content-disposition: form-data; name="${name}"`,
    ],
    tail: "\r\n\r\n",
  },
  "the Kotlin sample": {
    boundary: () => randomUUID(),
    text: (name) => [
      "Content-Type: application/json; charset=UTF-8",
      `Content-Disposition: form-data; name=${name}`,
    ],
    file: (name) => [
      `Content-Disposition: form-data; name=${name}; filename=VerifyImage`,
      "Content-Type: application/octet-stream",
      "Content-Transfer-Encoding: binary",
    ],
    tail: "\r\n",
    chunked: true,
  },
  "the Swift sample": {
    boundary: () => `Boundary-${randomUUID().toUpperCase()}`,
    text: (name) => [
      "Content-Type: text/plain; charset=utf-8",
      `Content-Disposition: form-data; name="${name}"`,
    ],
    file: (name) => [
      "Content-Type: application/octet-stream",
      `Content-Disposition: form-data; name="${name}"; filename="VerifyImage"`,
    ],
    tail: "\r\n",
  },
  ".NET": {
    boundary: () => randomUUID(),
    quoted: true,
    text: (name) => [
      "Content-Type: text/plain; charset=utf-8",
      `Content-Disposition: form-data; name=${name}`,
    ],
    file: (name) => [
      "Content-Type: image/png",
      `Content-Disposition: form-data; name=${name}; filename=face.png; filename*=utf-8''face.png`,
    ],
    tail: "\r\n",
  },
  curl: {
    boundary: () => `------------------------${randomBytes(8).toString("hex")}`,
    text: (name) => [`Content-Disposition: form-data; name="${name}"`],
    file: (name) => [
      `Content-Disposition: form-data; name="${name}"; filename="face.png"`,
      "Content-Type: image/png",
    ],
    tail: "\r\n",
  },
  "Node's fetch": {
    boundary: () => `----formdata-undici-0${String(Math.floor(Math.random() * 1e11)).padStart(11, "0")}`,
    text: (name) => [`Content-Disposition: form-data; name="${name}"`],
    file: (name) => [
      `Content-Disposition: form-data; name="${name}"; filename="blob"`,
      "Content-Type: application/octet-stream",
    ],
    tail: "\r\n",
  },
};

export const senderNames = Object.keys(senders);

function parts(sender, { fields, image, jsonParts }) {
  const all = Object.entries(fields).map(([name, value]) => [sender.text(name), String(value)]);
  for (const { name, value, filename, type = "application/json" } of jsonParts) {
    const file = filename ? `; filename="${filename}"` : "";
    const head = [`Content-Disposition: form-data; name="${name}"${file}`];
    if (type) head.push(`Content-Type: ${type}`);
    all.push([head, typeof value === "string" ? value : JSON.stringify(value)]);
  }
  if (image) all.push([sender.file(image.name ?? "verifyImage"), image.bytes]);
  return all;
}

// What goes into send(): {headers, body}. `jsonParts` are {name, value, filename?, type?}.
export function form({ sender: name = "curl", fields = {}, image = null, jsonParts = [] }) {
  const sender = senders[name];
  const boundary = sender.boundary();
  const pieces = [];
  for (const [head, content] of parts(sender, { fields, image, jsonParts })) {
    pieces.push(
      Buffer.from(`--${boundary}\r\n${head.join("\r\n")}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from("\r\n"),
    );
  }
  pieces.push(Buffer.from(`--${boundary}--${sender.tail}`));
  const type = sender.quoted ? `"${boundary}"` : boundary;
  return {
    headers: { "Content-Type": `multipart/form-data; boundary=${type}` },
    body: sender.chunked ? pieces : Buffer.concat(pieces),
  };
}

const beginnings = {
  jpeg: Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  gif: Buffer.from("GIF89a"),
  bmp: Buffer.from("BM"),
};

export const imageKinds = Object.keys(beginnings);

// A picture as far as its first bytes go, with CRLFs and dashes inside: what could be taken for a boundary.
export function picture(kind = "jpeg", size = 4096) {
  const bytes = Buffer.alloc(size, "\r\n--");
  (beginnings[kind] ?? Buffer.from("no picture")).copy(bytes);
  return bytes;
}
