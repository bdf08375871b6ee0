// The document as tests need it: as it is, and a stricter one that answers are held against.
import { readFileSync } from "node:fs";

export const file = new URL("../../server/web/openapi.json", import.meta.url);
export const document = JSON.parse(readFileSync(file, "utf8"));
export const methods = ["get", "post", "put", "patch", "delete"];

// What a $ref of the document points to; anything else itself.
export function resolved(value) {
  if (!value?.$ref) return value;
  const names = value.$ref.slice(2).split("/");
  return resolved(names.reduce((at, name) => at[name.replaceAll("~1", "/").replaceAll("~0", "~")], document));
}

// {path, method, operation} of all of them.
export function operations() {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({ path, method, item, operation: item[method] })),
  );
}

// The names of schemas that requests lead to: clients may send more than these say.
function requested() {
  const found = new Set();
  const follow = (value) => {
    if (!value || typeof value !== "object") return;
    const name = /^#\/components\/schemas\/(.*)$/.exec(value.$ref ?? "")?.[1];
    if (name && !found.has(name)) {
      found.add(name);
      follow(document.components.schemas[name]);
    }
    Object.values(value).forEach(follow);
  };
  for (const { operation } of operations()) follow(operation.requestBody);
  return found;
}

function close(schema) {
  if (!schema || typeof schema !== "object") return;
  if (schema.properties && !("additionalProperties" in schema)) schema.additionalProperties = false;
  Object.values(schema).forEach(close);
}

// In it answers have no member that is not named, and nothing is left to `default`. With a media type, of answers
// that may be of this or others only this is left.
export function strict(mediaType) {
  const copy = structuredClone(document);
  const open = requested();
  for (const [name, schema] of Object.entries(copy.components.schemas)) if (!open.has(name)) close(schema);
  for (const { content } of Object.values(copy.components.responses)) {
    if (mediaType in content) for (const type of Object.keys(content)) if (type !== mediaType) delete content[type];
  }
  for (const item of Object.values(copy.paths)) {
    for (const method of methods) delete item[method]?.responses.default;
  }
  return copy;
}
