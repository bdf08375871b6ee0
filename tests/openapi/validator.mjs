// Judges exchanges by prism, as its validating proxy does: requests, answers and credentials against the document.
// Only the forwarding is not prism's: it would decode binary bodies as text, join cookies and follow what it parsed
// instead of what was sent.
import { parse } from "parse-multipart-data";
import { createInstance, getHttpOperationsFromSpec } from "@stoplight/prism-http";
import { document, methods, resolved, strict } from "./document.mjs";

const silent = { info() {}, warn() {}, error() {}, debug() {}, trace() {}, success() {}, child: () => silent };
// Of the connection, or of CORS, which the document speaks of as a whole.
const ofAll = /^(date|connection|keep-alive|content-(length|type)|transfer-encoding|vary|access-control-.*)$/;
const unrouted = [400, 404, 405, 413, 417, 431];

// What the server takes although the document does not offer it: old clients send it, new ones should not.
const lenient = [
  [/^request\.body\.livenessOperationMode: .* allowed values/, "modes in any case"],
  [/^request\.body\.\w+: .* must be boolean/, "booleans as texts"],
  [/^request\.body: .* required property '(Action|parameters)'/, "names of parts in any case"],
];

// A segment of a template, and the document's own spelling of what stands there; undefined: something else.
function spelledPart(name, part, item) {
  const same = (word) => word.toLowerCase() === part.toLowerCase();
  if (!name.startsWith("{")) return same(name) ? name : undefined;
  const parameters = methods.flatMap((method) => item[method]?.parameters ?? []).map(resolved);
  const words = parameters.find((each) => each.in === "path" && `{${each.name}}` === name)?.schema.enum;
  return words ? words.find(same) : part;
}

// The document's own spelling of a path, as cases, repeated slashes and one at the end do not matter to the server;
// null when the document has no such path.
function spelled(path) {
  const parts = path.split("/").filter((part) => part !== "");
  let best = null;
  for (const [template, item] of Object.entries(document.paths)) {
    const names = template.split("/").slice(1);
    if (names.length !== parts.length) continue;
    const words = names.map((name, i) => spelledPart(name, parts[i], item));
    const literal = names.filter((name) => !name.startsWith("{")).length;
    if (!words.includes(undefined) && (!best || literal > best.literal)) best = { words, literal };
  }
  return best && `/${best.words.join("/")}`;
}

// The same of a path below `http.base_path`.
function belowBase(path) {
  const below = path.split("/").filter((part) => part !== "").slice(1);
  return spelled(`/${below.join("/")}`) ?? spelled(`/${below.slice(1).join("/")}`);
}

// Names of parts as prism's reader of forms wants them.
const quoted = (line) => line.replace(/\b(name|filename)=([^";\s]+)/g, '$1="$2"');

// Forms that prism's reader gives up on are judged by their answers alone.
function isReadable(message, text) {
  const [, boundary] = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(headersOf(message)["content-type"] ?? "") ?? [];
  if (!boundary) return true;
  try {
    parse(Buffer.from(text), boundary);
    return true;
  } catch {
    return false;
  }
}

function contentOf(message) {
  if (message.content.length === 0) return undefined;
  const type = message.headers.find(([name]) => name === "content-type")?.[1] ?? "";
  const text = message.content.toString("utf8");
  if (/^multipart\//.test(type)) return text.replace(/^(content-disposition:.*)$/gim, quoted);
  if (!/^application\/(\w+\+)?json/.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function headersOf(message) {
  const found = {};
  for (const [name, value] of message.headers) found[name] = name in found ? `${found[name]},${value}` : value;
  return found;
}

function queryOf(search) {
  const found = {};
  for (const [name, value] of search) found[name] = value;
  return found;
}

const words = (where) => (problem) => `${[where, ...(problem.path ?? [])].join(".")}: ${problem.message}`;

export class Validator {
  seen = new Map(); // "METHOD path" of operations: statuses
  #operations;
  #ofProblems; // prism takes every JSON for any other

  static async create() {
    const validator = new Validator();
    validator.#operations = await getHttpOperationsFromSpec(strict("application/json"));
    validator.#ofProblems = await getHttpOperationsFromSpec(strict("application/problem+json"));
    return validator;
  }

  // What is wrong with the exchange, in words.
  async check({ request, answer }) {
    const [, method, target] = /^(\S+) (\S+)/.exec(request.first);
    if (!methods.includes(method.toLowerCase()) || !target.startsWith("/")) return [];
    const url = new URL(`http://host${target.startsWith("//") ? target.replace(/^\/+/, "/") : target}`);
    const path = spelled(url.pathname) ?? (unrouted.includes(answer.status) ? null : belowBase(url.pathname));
    const found = path
      ? await this.#judge(method.toLowerCase(), path, url, request, answer)
      : this.#unrouted(answer);
    return found.map((problem) => `${method} ${target.split("?")[0]} ${answer.status}: ${problem}`);
  }

  #unrouted(answer) {
    return unrouted.includes(answer.status) ? [] : ["no such operation in the document"];
  }

  async #judge(method, path, url, request, answer) {
    const headers = headersOf(request);
    const input = { method, url: { path, query: queryOf(url.searchParams) }, headers, body: contentOf(request) };
    const output = { statusCode: answer.status, headers: headersOf(answer), body: contentOf(answer) };
    let operation = null;
    const validateRequest = isReadable(request, input.body);
    const config = { isProxy: true, validateRequest, validateResponse: true, checkSecurity: true, errors: false };
    const forward = (data, upstream, proxy, resource) => () => async () => {
      operation = resource;
      return { _tag: "Right", right: output };
    };
    const prism = createInstance({ ...config, upstream: new URL("http://host") }, { logger: silent, forward });
    const isProblem = output.headers["content-type"] === "application/problem+json";
    const result = await prism.request(input, isProblem ? this.#ofProblems : this.#operations)();
    if (!operation) return this.#unrouted(answer);
    this.#remember(operation, answer.status);
    const { validations } = result.right;
    return [
      ...validations.output.map(words("answer")),
      ...this.#unknownHeaders(operation, answer),
      ...(answer.status < 400 ? this.#refusable(validations.input, request) : []),
    ];
  }

  // Requests that were taken though the document forbids them.
  #refusable(problems, request) {
    if (!request.whole) return [];
    return problems.map(words("request")).filter((text) => !lenient.some(([pattern]) => pattern.test(text)));
  }

  #unknownHeaders(operation, answer) {
    const known = operation.responses.find(({ code }) => code === String(answer.status))?.headers ?? [];
    const names = new Set(known.map(({ name }) => name.toLowerCase()));
    return answer.headers
      .map(([name]) => name)
      .filter((name) => !ofAll.test(name) && !names.has(name))
      .map((name) => `answer.header.${name}: not in the document`);
  }

  #remember(operation, status) {
    const name = `${operation.method.toUpperCase()} ${operation.path}`;
    this.seen.set(name, new Set([...(this.seen.get(name) ?? []), status]));
  }
}


