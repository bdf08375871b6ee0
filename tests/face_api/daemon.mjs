// Starts the program (LIVENESSD_BINARY) on ports of its own choosing and ends what it started, by process id.
// A daemon that dies by itself fails whoever waits for it; one that does not end in time is killed.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { tapped } from "../openapi/tapped.mjs";

const binary = process.env.LIVENESSD_BINARY;
// Tokens, digests and image hashes: nothing that any log may hold.
const secrets = /eyJ[\w-]{20}|[0-9A-F]{64}|the-(upstream-)?key|the-secret|an?-(app|operator|backend)-token/;
const READY_MS = 20000;
const END_MS = 20000;

// What the caller's shell says about livenessd is not for these: unknown names are refused.
function environment(more) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(LIVENESSD|FACE)_/.test(name));
  return { ...Object.fromEntries(kept), ...more };
}

class Daemon {
  constructor(args, env) {
    if (!binary) throw new Error("LIVENESSD_BINARY names no program");
    this.lines = [];
    this.said = "";
    // it ends with its parent, however that ends
    this.child = spawn("setpriv", ["--pdeathsig", "KILL", "--", binary, ...args], {
      env: environment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stderr.setEncoding("utf8").on("data", (text) => {
      this.said += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on("error", (error) => resolve({ error }));
      this.child.on("close", (code, signal) => resolve({ code, signal }));
    });
    this.ready = this.#ready(args);
  }

  #ready(args) {
    return new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`livenessd ${args.join(" ")}: ${why}\n${this.said}`));
      const timer = setTimeout(() => fail("not ready in time"), READY_MS);
      createInterface({ input: this.child.stdout }).on("line", (line) => {
        this.lines.push(line);
        if (!line.startsWith('{"event":"ready"')) return;
        clearTimeout(timer);
        resolve(JSON.parse(line));
      });
      this.ended.then((end) => {
        clearTimeout(timer);
        fail(`ended: ${JSON.stringify(end)}`);
      });
    });
  }

  // SIGTERM, and its exit code.
  async end() {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), END_MS);
    this.child.kill("SIGTERM");
    const { code } = await this.ended;
    clearTimeout(timer);
    return code;
  }
}

async function started(args, env) {
  const daemon = new Daemon(args, env);
  daemon.addresses = await daemon.ready;
  after(async () => {
    const code = await daemon.end();
    if (code !== 0) throw new Error(`livenessd ${args[0]} ended with ${code}\n${daemon.said}`);
    const telling = daemon.lines.find((line) => secrets.test(line));
    if (telling) throw new Error(`livenessd ${args[0]} logs a secret: ${telling}`);
  });
  return daemon;
}

// The emulator alone. Its base address is `url`; `key` is null where any will do.
export async function startEmulator({ args = [], key = null, env = {} } = {}) {
  const daemon = await started(
    ["emulate", "--listen", "127.0.0.1:0", ...args],
    key ? { LIVENESSD_EMULATOR_KEY: key, ...env } : env,
  );
  return { daemon, key, url: `http://${daemon.addresses.emulator}` };
}

// The server, asking an emulator as if it were the Face API. `settings` are lines "section.key=value".
// Secrets go by files: `secrets` are {setting: text}, by default the emulator's key.
export async function startServer(
  emulator,
  { settings = [], secrets = { "upstream.key": emulator.key ?? "any" } } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "livenessd-"));
  const files = Object.entries(secrets).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return `${name}_file=${file}`;
  });
  const args = ["serve"];
  const all = [
    "http.listen=127.0.0.1:0",
    "admin.listen=127.0.0.1:0",
    `upstream.endpoint=${emulator.url}`,
    `store.path=${join(folder, "livenessd.db")}`,
    "keys.generate=true",
    "upstream.rate=1000000",
    "limits.enabled=false",
    ...files,
    ...settings,
  ];
  for (const setting of all) args.push("--set", setting);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const daemon = await started(args, {}).catch((error) => {
    remove();
    throw error;
  });
  after(remove); // hooks run in order: the daemon has ended by then
  return {
    daemon,
    folder,
    url: await tapped(`http://${daemon.addresses.http}`),
    admin: `http://${daemon.addresses.admin}`,
  };
}
