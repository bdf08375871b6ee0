// A page in a browser, as far as servers notice: which origin asks, cookies, preflights, and what scripts get to
// see of answers from elsewhere. Headers are those of browsers, forms are Node's, which are written like theirs.

// Without asking first, a page may send these only.
const simpleMethods = ["GET", "HEAD", "POST"];
const simpleTypes = /^(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\b/i;
const simpleHeaders = ["accept", "accept-language", "content-language"];
const shownHeaders = ["cache-control", "content-language", "content-length", "content-type", "expires"];

const listOf = (text) => (text ?? "").split(",").map((word) => word.trim().toLowerCase());
const needsLeave = ([name, value]) =>
  name === "content-type" ? !simpleTypes.test(value) : !simpleHeaders.includes(name);

export class Page {
  // `origin` is the page's own. What it asks of its own origin goes to `server`, as through a development
  // server that passes /api on.
  constructor(server, origin = server) {
    this.server = server;
    this.origin = origin;
    this.cookies = new Map(); // of its own origin: the others are of other sites
    this.asked = []; // "POST /path" of all that went out
    this.status = 0; // of the last answer, whether scripts may see it or not
    this.extra = {}; // headers that the page adds to everything, beyond its sample
  }

  async fetch(where, { method = "GET", headers = {}, body } = {}) {
    const url = new URL(where, this.origin);
    const wanted = new Headers({ ...headers, ...this.extra });
    if (url.origin !== this.origin) return this.#fetchElsewhere(url, method, wanted, body);
    wanted.set("sec-fetch-site", "same-origin");
    if (this.cookies.size > 0)
      wanted.set("cookie", [...this.cookies].map((pair) => pair.join("=")).join("; "));
    const answer = await this.#send(new URL(url.pathname + url.search, this.server), method, wanted, body);
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      this.cookies.set(name, value);
    }
    return answer;
  }

  async #send(url, method, headers, body) {
    this.asked.push(`${method} ${url.pathname}`);
    if (method !== "GET" || headers.get("sec-fetch-site") !== "same-origin")
      headers.set("origin", this.origin);
    const answer = await fetch(url, { method, headers, body });
    this.status = answer.status;
    return answer;
  }

  async #fetchElsewhere(url, method, wanted, body) {
    const unusual = [...wanted].filter(needsLeave).map(([name]) => name);
    if (!simpleMethods.includes(method) || unusual.length > 0) await this.#askLeave(url, method, unusual);
    wanted.set("sec-fetch-site", "cross-site");
    const answer = await this.#send(url, method, wanted, body);
    this.#mustShare(answer);
    const shown = [...shownHeaders, ...listOf(answer.headers.get("access-control-expose-headers"))];
    return new Response(answer.body, {
      status: answer.status,
      headers: [...answer.headers].filter(([name]) => shown.includes(name)),
    });
  }

  async #askLeave(url, method, unusual) {
    const headers = new Headers({ "sec-fetch-site": "cross-site", "access-control-request-method": method });
    if (unusual.length > 0) headers.set("access-control-request-headers", unusual.sort().join(","));
    const answer = await this.#send(url, "OPTIONS", headers);
    this.#mustShare(answer);
    const methods = listOf(`${simpleMethods},${answer.headers.get("access-control-allow-methods")}`);
    const names = listOf(answer.headers.get("access-control-allow-headers"));
    const refused = unusual.find((name) => !names.includes(name));
    if (!answer.ok || !methods.includes(method.toLowerCase()) || refused)
      throw new TypeError(
        `Failed to fetch: the preflight says ${answer.status} and not ${refused ?? method}`,
      );
  }

  #mustShare(answer) {
    const allowed = answer.headers.get("access-control-allow-origin");
    if (allowed !== this.origin) throw new TypeError(`Failed to fetch: shared with ${allowed}`);
  }
}
